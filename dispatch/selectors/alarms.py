"""Active alarms as the console lists them."""

from datetime import datetime, timedelta

from django.urls import reverse
from django.utils import timezone

from derms.ui.console import AlarmList, AlarmRow
from derms.ui.formats import number
from devices.models import Alarm
from devices.selectors import alarms, announced_alarms, announced_per_10_min
from devices.selectors import place_words as place_of
from devices.statuses import ALARM_PRIORITIES, AlarmStatus

SHOWN = 12
HOUR = timedelta(hours=1)


def alarm_list(at: datetime, *, url: str) -> AlarmList:
    standing = announced_alarms()
    total = standing.count()
    rows = [_row(alarm) for alarm in standing[:SHOWN]]
    return AlarmList(
        url=url,
        rows=rows,
        total=total,
        per_10_min=announced_per_10_min(at - HOUR, at),
        last="" if total else _last(),
    )


def _row(alarm: Alarm) -> AlarmRow:
    return AlarmRow(
        id=alarm.pk,
        priority=alarm.priority,
        priority_label=ALARM_PRIORITIES[alarm.priority],
        raised_at=alarm.raised_at,
        message=alarm.message if alarm.is_group else alarm.get_kind_display(),
        place=place_of(alarm),
        value=_quantity(alarm.value, alarm.unit),
        limit=_quantity(alarm.limit, alarm.unit),
        is_acknowledged=alarm.acknowledged_at is not None
        and alarm.status == AlarmStatus.ACKNOWLEDGED,
        acknowledged_by=alarm.acknowledged_by,
        acknowledge_url=reverse("operations_alarm_acknowledge", args=[alarm.pk]),
        show_url=reverse("operations_alarm", args=[alarm.pk]),
    )


def _quantity(value: float | None, unit: str) -> str:
    return "" if value is None else f"{number(value, 3 if unit == 'pu' else 1)} {unit}".strip()


def _last() -> str:
    last = alarms().first()
    if last is None:
        return ""
    return (
        f"{last.get_kind_display()}, {place_of(last)}, {timezone.localtime(last.raised_at):%H:%M}"
    )
