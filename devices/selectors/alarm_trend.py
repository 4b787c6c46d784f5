"""The quantity that an alarm is about, around the time of the alarm."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from devices.models import Alarm
from devices.selectors.history import ReadingPoint, readings_between

BEFORE = AFTER = timedelta(minutes=30)
LONGEST = timedelta(hours=24)
POINTS = 360


@dataclass(frozen=True, slots=True)
class Shown:
    """Which quantity is drawn, in which unit."""

    label: str
    unit: str
    value: Callable[[ReadingPoint], float | None]


@dataclass(frozen=True, slots=True)
class AlarmTrend:
    """Columns for the chart; `limit` is in the unit shown, None where there is none."""

    label: str
    unit: str
    now: datetime
    points: tuple[tuple[datetime, float | None], ...]
    limit: float | None


POWER = Shown(
    "Active power", "kW", lambda p: None if p.active_power_w is None else p.active_power_w / 1000
)
VOLTAGE = Shown("Voltage", "V", lambda p: p.voltage_v)
FREQUENCY = Shown("Frequency", "Hz", lambda p: p.frequency_hz)
CHARGE = Shown("State of charge", "%", lambda p: p.state_of_charge_pct)
SHOWN = {
    "voltage_high": VOLTAGE,
    "voltage_low": VOLTAGE,
    "frequency_high": FREQUENCY,
    "frequency_low": FREQUENCY,
    "charge_high": CHARGE,
    "charge_low": CHARGE,
}


def shown_for(alarm: Alarm) -> Shown:
    return SHOWN.get(alarm.kind, POWER)


def trend_around(alarm: Alarm, at: datetime) -> AlarmTrend:
    """From half an hour before it was raised to half an hour after it returned, a day at most."""
    shown = shown_for(alarm)
    points: list[ReadingPoint] = []
    if alarm.device_id is not None:
        to_at = min(at, (alarm.returned_at or at) + AFTER)
        from_at = max(alarm.raised_at - BEFORE, to_at - LONGEST)
        points = readings_between(alarm.device_id, from_at, to_at, POINTS)
    return AlarmTrend(
        label=shown.label,
        unit=shown.unit,
        now=at,
        points=tuple((point.at, shown.value(point)) for point in points),
        limit=_limit(alarm, shown),
    )


def _limit(alarm: Alarm, shown: Shown) -> float | None:
    if alarm.limit is None or shown is POWER:
        return None
    if shown is VOLTAGE and alarm.device is not None:
        return alarm.limit / 100 * alarm.device.usage_point.nominal_voltage_v
    return alarm.limit
