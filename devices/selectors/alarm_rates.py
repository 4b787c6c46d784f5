"""How many alarms came, when, and which come most (ISA-18.2, EEMUA 191)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Count, Max

from devices.models import Alarm, AlarmStatusChange
from devices.selectors.alarms import alarms
from devices.statuses import ALARM_PRIORITIES, AlarmStatus

# An alarm counts each time it is put before an operator; members of a group do not, the group does.
ANNOUNCED = """
select date_bin('10 minutes', c.at, %(from)s) as bucket, count(*)
from devices_alarmstatuschange c join devices_alarm a on a.id = c.alarm_id
where c.new_status = 'unacknowledged' and c.at >= %(from)s and c.at < %(to)s
  and a.group_id is null
group by 1
"""
TEN_MINUTES = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Frequent:
    """One cause at one place, and how often it was raised."""

    alarm: Alarm
    raises: int
    share_pct: float


@dataclass(frozen=True, slots=True)
class Share:
    """How much of all alarms has one priority."""

    level: int
    label: str
    count: int
    share_pct: float


def announced_per_10_min(from_at: datetime, to_at: datetime) -> list[int]:
    """Announcements in consecutive ten minutes from `from_at` on, the oldest first."""
    counts = [0] * max(0, round((to_at - from_at) / TEN_MINUTES))
    with connection.cursor() as cursor:
        cursor.execute(ANNOUNCED, {"from": from_at, "to": to_at})
        for bucket, count in cursor.fetchall():
            place = int((bucket - from_at) / TEN_MINUTES)
            if place < len(counts):
                counts[place] = count
    return counts


def most_frequent(from_at: datetime, to_at: datetime, most: int = 10) -> list[Frequent]:
    """Who cries most: often a few places make most of the load."""
    raised = AlarmStatusChange.objects.filter(
        new_status=AlarmStatus.UNACKNOWLEDGED,
        old_status__in=["", AlarmStatus.RETURNED],
        at__gte=from_at,
        at__lt=to_at,
    )
    total = raised.count()
    rows = list(
        raised.values("alarm__kind", "alarm__cause", "alarm__place")
        .annotate(raises=Count("pk"), newest=Max("alarm_id"))
        .order_by("-raises", "-newest")[:most]
    )
    found = alarms().in_bulk([row["newest"] for row in rows])
    return [
        Frequent(found[row["newest"]], row["raises"], 100 * row["raises"] / total) for row in rows
    ]


def shares_by_priority(from_at: datetime, to_at: datetime) -> list[Share]:
    rows = dict(
        Alarm.objects.filter(raised_at__gte=from_at, raised_at__lt=to_at, group__isnull=True)
        .values_list("priority")
        .annotate(count=Count("pk"))
    )
    total = sum(rows.values()) or 1
    return [
        Share(level, label, rows.get(level, 0), 100 * rows.get(level, 0) / total)
        for level, label in ALARM_PRIORITIES.items()
    ]
