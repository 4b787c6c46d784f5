"""A device's past as series for a chart: silence stays visible as a gap, never as a line."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from devices.capabilities import Function
from devices.models import Device, DeviceCommand
from devices.selectors.history import ReadingPoint, readings_between
from devices.selectors.past import points_between

POINTS = 480
# Beyond so many periods without a reading the line is broken.
MISSED = 3
Value = Callable[[ReadingPoint], float | None]


@dataclass(frozen=True, slots=True)
class Span:
    """How far back a trend goes."""

    key: str
    label: str
    length: timedelta


@dataclass(frozen=True, slots=True)
class Quantity:
    """What a trend shows: its series as (key, label, role, value)."""

    key: str
    label: str
    unit: str
    series: tuple[tuple[str, str, str, Value], ...]


SPANS: Mapping[str, Span] = {
    span.key: span
    for span in (
        Span("15m", "15 min", timedelta(minutes=15)),
        Span("1h", "1 h", timedelta(hours=1)),
        Span("6h", "6 h", timedelta(hours=6)),
        Span("1d", "1 day", timedelta(days=1)),
        Span("7d", "7 days", timedelta(days=7)),
        Span("30d", "30 days", timedelta(days=30)),
    )
}
FIRST_SPAN = SPANS["15m"]
QUANTITIES: Mapping[str, Quantity] = {
    quantity.key: quantity
    for quantity in (
        Quantity(
            "power", "Power", "kW, kvar",
            (
                ("p", "Active power, kW", "actual", lambda r: _kilo(r.active_power_w)),
                ("q", "Reactive power, kvar", "second", lambda r: _kilo(r.reactive_power_var)),
            ),
        ),
        Quantity("voltage", "Voltage", "V", (("v", "Voltage", "actual", lambda r: r.voltage_v),)),
        Quantity(
            "frequency", "Frequency", "Hz",
            (("hz", "Frequency", "actual", lambda r: r.frequency_hz),),
        ),
        Quantity(
            "charge", "State of charge", "%",
            (("soc", "State of charge", "actual", lambda r: r.state_of_charge_pct),),
        ),
    )
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Series:
    """One line of a trend."""

    key: str
    label: str
    role: str
    values: Sequence[float | None]


@dataclass(frozen=True, slots=True)
class Trend:
    """Columns for a chart; None in a column is a gap."""

    from_at: datetime
    at: datetime
    quantity: Quantity
    x: Sequence[datetime]
    series: Sequence[Series]

    def columns(self) -> dict[str, Any]:
        """What the chart reads; see docs/ui.md."""
        return {
            "unit": self.quantity.unit,
            "now": self.at.timestamp(),
            "from": self.from_at.timestamp(),
            "y": None,
            "x": [moment.timestamp() for moment in self.x],
            "series": [
                {"key": one.key, "label": one.label, "role": one.role, "values": list(one.values)}
                for one in self.series
            ],
        }


def quantities_for(device: Device) -> list[Quantity]:
    """What is worth a chart: a battery's charge stands where others show the frequency."""
    last = "charge" if device.kind == Device.Kind.BATTERY else "frequency"
    return [QUANTITIES[key] for key in ("power", "voltage", last)]


def trend_of(device: Device, quantity: Quantity, span: Span, at: datetime) -> Trend:
    from_at = at - span.length
    # The frequency is not rolled up.
    between = readings_between if quantity.key == "frequency" else points_between
    points = between(device.pk, from_at, at, POINTS)
    gap_after_s = MISSED * max(
        span.length.total_seconds() / POINTS, settings.READING_PERIOD_S, device.poll_period_s
    )
    rows = with_gaps(points, gap_after_s)
    x = [moment for moment, _ in rows]
    series = [
        Series(key, label, role, [None if point is None else value(point) for _, point in rows])
        for key, label, role, value in quantity.series
    ]
    shown = [one for one in series if any(value is not None for value in one.values)]
    if quantity.key == "power" and x:
        shown += _limits(device, x, from_at, at)
    return Trend(from_at, at, quantity, x, shown)


def with_gaps(
    points: Sequence[ReadingPoint], gap_after_s: float
) -> list[tuple[datetime, ReadingPoint | None]]:
    """The points, with an empty one between those that lie too far apart."""
    rows: list[tuple[datetime, ReadingPoint | None]] = []
    for point in points:
        if rows:
            silence = point.at - rows[-1][0]
            if silence.total_seconds() > gap_after_s:
                rows.append((rows[-1][0] + silence / 2, None))
        rows.append((point.at, point))
    return rows


def _limits(
    device: Device, x: Sequence[datetime], from_at: datetime, to_at: datetime
) -> list[Series]:
    """What verified commands held its power to, as a dashed line where one was in force."""
    held = DeviceCommand.objects.filter(
        device=device,
        function__in=[Function.LIMIT_ACTIVE_POWER, Function.SET_ACTIVE_POWER],
        is_release=False,
        verified_at__isnull=False,
        verified_at__lt=to_at,
        expires_at__gt=from_at,
    ).values_list("verified_at", "ended_at", "value_w")
    times = [(begun, ended or to_at, value_w) for begun, ended, value_w in held if begun]
    if not times:
        return []
    values = [
        min((w / 1_000 for begun, ended, w in times if w is not None and begun <= at < ended),
            default=None)
        for at in x
    ]  # fmt: skip
    return [Series("held", "Held to, kW", "limit", values)]


def _kilo(value: float | None) -> float | None:
    return None if value is None else value / 1_000
