"""Which alarms there are, and where."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q, QuerySet

from devices.models import Alarm
from devices.selectors.policy import policy
from devices.statuses import ALARM_ACTIVE, ALARM_ANNOUNCED, ALARM_PRIORITIES, AlarmStatus

URGENT_FIRST = ("priority", "-raised_at", "-pk")
NEWEST_FIRST = ("-raised_at", "-pk")
# What each tab of the list shows; the words are the tab's.
SHOWN = {
    "active": "Active",
    "shelved": "Shelved",
    "chattering": "Chattering",
    "standing": "Standing",
    "history": "History",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmFilter:
    """What somebody looks for; what is empty filters nothing."""

    show: str = "active"
    priority: int | None = None
    kind: str = ""
    feeder_id: int | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class PriorityCount:
    """How many alarms of a priority are before the operators."""

    level: int
    label: str
    count: int


def alarms() -> "QuerySet[Alarm]":
    return Alarm.objects.select_related(
        "device__zone", "device__usage_point__location", "feeder", "command"
    ).order_by(*NEWEST_FIRST)


def open_alarms() -> "QuerySet[Alarm]":
    """Everything that is not over, members of groups and the shelved too."""
    return alarms().exclude(status=AlarmStatus.CLEARED).order_by(*URGENT_FIRST)


def announced_alarms() -> "QuerySet[Alarm]":
    """What operators have before them, groups folded: the most urgent first, then the newest."""
    return (
        alarms()
        .filter(status__in=ALARM_ANNOUNCED, group__isnull=True)
        .exclude(status=AlarmStatus.CLEARED)
        .order_by(*URGENT_FIRST)
    )


def members_of(group: Alarm) -> "QuerySet[Alarm]":
    return alarms().filter(group=group).order_by(*URGENT_FIRST)


def search_alarms(wanted: AlarmFilter, at: datetime) -> "QuerySet[Alarm]":
    """The rows of one tab. A search looks into groups too, so nothing hides in a fold."""
    found = _tab(wanted.show, at)
    if wanted.show in {"active", "standing"} and not wanted.text:
        found = found.filter(group__isnull=True)
    if wanted.priority is not None:
        found = found.filter(priority=wanted.priority)
    if wanted.kind:
        found = found.filter(kind=wanted.kind)
    if wanted.feeder_id is not None:
        found = found.filter(feeder_id=wanted.feeder_id)
    for word in wanted.text.split():
        found = found.filter(
            Q(message__icontains=word)
            | Q(place__icontains=word)
            | Q(feeder__name__icontains=word)
            | Q(device__serial_number__icontains=word)
            | Q(device__manufacturer__icontains=word)
            | Q(device__model__icontains=word)
            | Q(device__zone__name__icontains=word)
            | Q(device__usage_point__location__street__icontains=word)
        )
    return found


def _tab(show: str, at: datetime) -> "QuerySet[Alarm]":
    if show == "history":
        return alarms()
    if show == "shelved":
        return alarms().filter(status=AlarmStatus.SHELVED).order_by("shelved_until", "pk")
    if show == "chattering":
        return (
            open_alarms()
            .filter(chattering_since__isnull=False)
            .order_by("-chattering_since", "-pk")
        )
    active = alarms().filter(status__in=ALARM_ANNOUNCED).exclude(status=AlarmStatus.CLEARED)
    if show == "standing":
        before = at - timedelta(hours=policy().standing_after_h)
        return active.filter(status__in=ALARM_ACTIVE, raised_at__lt=before).order_by(
            "raised_at", "pk"
        )
    return active.order_by(*URGENT_FIRST)


def counts_by_tab(at: datetime) -> dict[str, int]:
    """How many rows each tab has without filters, but the history, which only grows."""
    before = at - timedelta(hours=policy().standing_after_h)
    top = Q(group__isnull=True)
    return Alarm.objects.exclude(status=AlarmStatus.CLEARED).aggregate(
        active=Count("pk", filter=top & Q(status__in=ALARM_ANNOUNCED)),
        shelved=Count("pk", filter=Q(status=AlarmStatus.SHELVED)),
        chattering=Count("pk", filter=Q(chattering_since__isnull=False)),
        standing=Count("pk", filter=top & Q(status__in=ALARM_ACTIVE, raised_at__lt=before)),
    )


def counts_by_priority() -> list[PriorityCount]:
    """Announced alarms by priority, with zeros."""
    rows = dict(announced_alarms().order_by().values_list("priority").annotate(count=Count("pk")))
    return [
        PriorityCount(level, label, rows.get(level, 0)) for level, label in ALARM_PRIORITIES.items()
    ]


def place_words(alarm: Alarm) -> str:
    """Where it is, in words; asks the rows that `alarms()` brings along."""
    if alarm.device is not None:
        zone, point = alarm.device.zone.name.upper(), alarm.device.usage_point
        if alarm.place.startswith("service "):
            return f"{zone}, {point.location.street} (meter {point.meter_number})"
        return f"{zone}, {alarm.device.serial_number}, {point.location.street}"
    if alarm.place.startswith(("endpoint ", "zone ")):
        kind, _, name = alarm.place.partition(" ")
        return f"Gateway {name}" if kind == "endpoint" else f"Zone {name}"
    return f"Feeder {alarm.feeder.name}" if alarm.feeder is not None else alarm.place.capitalize()
