"""Active alarms as the console lists them."""

from datetime import datetime, timedelta

from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from derms.ui.console import AlarmList, AlarmRow
from derms.ui.formats import number
from devices.models import Alarm
from devices.selectors import alarms, open_alarms
from devices.statuses import AlarmStatus

SHOWN = 12
LABELS = {1: "Critical", 2: "High", 3: "Medium", 4: "Low"}
HOUR = timedelta(hours=1)
TEN_MINUTES_S = 600


def alarm_list(at: datetime, *, url: str) -> AlarmList:
    standing = open_alarms()
    total = standing.count()
    rows = [_row(alarm) for alarm in standing[:SHOWN]]
    return AlarmList(
        url=url,
        rows=rows,
        total=total,
        per_10_min=_per_10_min(at),
        last="" if total else _last(),
    )


def _row(alarm: Alarm) -> AlarmRow:
    return AlarmRow(
        id=alarm.pk,
        priority=alarm.priority,
        priority_label=LABELS[alarm.priority],
        raised_at=alarm.raised_at,
        message=alarm.get_kind_display(),
        place=place_of(alarm),
        value=_quantity(alarm.value, alarm.unit),
        limit=_quantity(alarm.limit, alarm.unit),
        is_acknowledged=alarm.acknowledged_at is not None
        and alarm.status == AlarmStatus.ACKNOWLEDGED,
        acknowledged_by=alarm.acknowledged_by,
        acknowledge_url=_acknowledge_url(alarm),
    )


def _acknowledge_url(alarm: Alarm) -> str:
    try:
        return reverse("operations_alarm_acknowledge", args=[alarm.pk])
    except NoReverseMatch:
        return ""


def place_of(alarm: Alarm) -> str:
    if alarm.device is not None:
        return f"{alarm.device.zone.name.upper()}, {alarm.device.serial_number}"
    return alarm.feeder.name if alarm.feeder is not None else alarm.message


def _quantity(value: float | None, unit: str) -> str:
    return "" if value is None else f"{number(value, 3 if unit == 'pu' else 1)} {unit}".strip()


def _per_10_min(at: datetime) -> list[int]:
    counts = [0] * 6
    recent = alarms().filter(raised_at__gt=at - HOUR, raised_at__lte=at)
    for raised_at in recent.values_list("raised_at", flat=True):
        counts[5 - min(5, int((at - raised_at).total_seconds() // TEN_MINUTES_S))] += 1
    return counts


def _last() -> str:
    last = alarms().first()
    if last is None:
        return ""
    return (
        f"{last.get_kind_display()}, {place_of(last)}, {timezone.localtime(last.raised_at):%H:%M}"
    )
