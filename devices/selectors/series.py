"""One device through time, gaps and all, as finely as the span allows (DV-4)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice, starmap
from typing import Any, NamedTuple

from django.conf import settings
from django.db import connection

from devices.models import Device, Resolution
from devices.selectors.columns import reading_columns
from devices.selectors.resolutions import TABLES, Reach, intervals, reach, resolution_for

# As in the roll-ups: readings further apart are a gap.
CLOSE_S = 10.0

ROLLED_UP = """
select begins_at, covered_s, count, good_count, power_mean_w, power_min_w, power_max_w,
       reactive_power_mean_var, voltage_mean_v, voltage_min_v, voltage_max_v,
       state_of_charge_last_pct, energy_injected_wh, energy_absorbed_wh,
       is_injected_counted, is_absorbed_counted
from {table}
where device_id = %(device)s and begins_at >= %(begins_at)s and begins_at < %(ends_at)s
"""
COUNTED = """
select count(*) from {table}
where device_id = %(device)s and {time} >= %(begins_at)s and {time} < %(ends_at)s
"""
# So many intervals, or readings of so long, are in memory at a time.
AT_ONCE = 10_000
READ_AT_ONCE = timedelta(hours=6)
READ = (
    "is_good", "active_power_w", "reactive_power_var", "voltage_v", "state_of_charge_pct",
    "interval_s",
)  # fmt: skip


class _Said(NamedTuple):
    """One reading."""

    at: datetime
    is_good: float | None
    power_w: float | None
    reactive_power_var: float | None
    voltage_v: float | None
    state_of_charge_pct: float | None
    interval_s: float | None


class Interval(NamedTuple):
    """What one device did from `begins_at` to `ends_at`; None where nothing was heard.

    `covered_s` is how much of it was heard. Energies are the device's counters where
    `is_..._counted`, else power over time.
    """

    begins_at: datetime
    ends_at: datetime
    covered_s: float = 0.0
    reading_count: int = 0
    good_count: int = 0
    power_w: float | None = None
    power_min_w: float | None = None
    power_max_w: float | None = None
    reactive_power_var: float | None = None
    voltage_v: float | None = None
    voltage_min_v: float | None = None
    voltage_max_v: float | None = None
    state_of_charge_pct: float | None = None
    energy_injected_wh: float | None = None
    energy_absorbed_wh: float | None = None
    is_injected_counted: bool | None = None
    is_absorbed_counted: bool | None = None

    @property
    def covered_share(self) -> float:
        length_s = (self.ends_at - self.begins_at).total_seconds()
        return min(1.0, self.covered_s / length_s) if length_s else 0.0

    @property
    def good_share(self) -> float | None:
        return self.good_count / self.reading_count if self.reading_count else None


@dataclass(frozen=True, slots=True)
class Series:
    """Intervals without a hole between them; after `complete_until` none is known yet."""

    resolution: Resolution
    points: list[Interval]
    complete_until: datetime | None


def device_series(
    device_id: int,
    begins_at: datetime,
    ends_at: datetime,
    resolution: Resolution | None = None,
) -> Series:
    """Every interval that overlaps the span, and is over; without a resolution the best one."""
    known = reach()
    chosen = resolution or resolution_for(begins_at, ends_at, known)
    points = list(_intervals(device_id, begins_at, ends_at, chosen, known))
    return Series(chosen, points, known.complete_until.get(chosen))


def intervals_of(
    device_id: int, begins_at: datetime, ends_at: datetime, resolution: Resolution
) -> Iterator[Interval]:
    """The same, however many they are: a piece at a time is asked for."""
    return _intervals(device_id, begins_at, ends_at, resolution, reach())


def heard_count(
    device_id: int, begins_at: datetime, ends_at: datetime, resolution: Resolution
) -> int:
    """How many intervals of the span something was heard in."""
    time = "measured_at" if resolution is Resolution.RAW else "begins_at"
    table = TABLES.get(resolution, "devices_reading")
    statement = COUNTED.format(table=table, time=time)
    facts = {"device": device_id, "begins_at": begins_at, "ends_at": ends_at}
    return int(_rows(statement, facts)[0][0])


def _intervals(
    device_id: int, begins_at: datetime, ends_at: datetime, resolution: Resolution, known: Reach
) -> Iterator[Interval]:
    if resolution is Resolution.RAW:
        yield from _held(_said(device_id, begins_at, ends_at), _close_s(device_id))
        return
    complete_until = known.complete_until[resolution]
    if complete_until is None:
        return
    spans = intervals(resolution, begins_at, min(ends_at, complete_until), known.zone)
    while piece := list(islice(spans, AT_ONCE)):
        yield from _rolled_up(device_id, piece, resolution)


def _rolled_up(
    device_id: int, spans: Sequence[tuple[datetime, datetime]], resolution: Resolution
) -> Iterator[Interval]:
    facts = {"device": device_id, "begins_at": spans[0][0], "ends_at": spans[-1][1]}
    statement = ROLLED_UP.format(table=TABLES[resolution])
    found = {row[0]: row for row in _rows(statement, facts)}
    for begin, end in spans:
        told = found.get(begin)
        yield Interval(begin, end, *told[1:]) if told else Interval(begin, end)


def _said(device_id: int, begins_at: datetime, ends_at: datetime) -> Iterator[_Said]:
    while begins_at < ends_at:
        until = min(begins_at + READ_AT_ONCE, ends_at)
        read = reading_columns(device_id, begins_at, until, READ)
        columns = (read.values[name] for name in READ)
        yield from starmap(_Said, zip(read.moments(), *columns, strict=True))
        begins_at = until


def _held(said: Iterator[_Said], close_s: float) -> Iterator[Interval]:
    """Each reading until the next one; a gap is an interval of its own, without values."""
    last = next(said, None)
    while last is not None:
        following = next(said, None)
        until = following.at if following else last.at
        # A meter's file says itself how long before its time a reading stands for.
        stood_s = 1.5 * (following.interval_s or 0) if following else 0
        if (until - last.at).total_seconds() <= max(close_s, stood_s):
            yield _reading(last, until)
        else:
            yield _reading(last, last.at)
            yield Interval(last.at, until)
        last = following


def _reading(said: _Said, until: datetime) -> Interval:
    return Interval(
        begins_at=said.at,
        ends_at=until,
        covered_s=(until - said.at).total_seconds(),
        reading_count=1,
        good_count=int(said.is_good or 0),
        power_w=said.power_w,
        power_min_w=said.power_w,
        power_max_w=said.power_w,
        reactive_power_var=said.reactive_power_var,
        voltage_v=said.voltage_v,
        voltage_min_v=said.voltage_v,
        voltage_max_v=said.voltage_v,
        state_of_charge_pct=said.state_of_charge_pct,
    )


def _close_s(device_id: int) -> float:
    polled = Device.objects.filter(pk=device_id).values_list("poll_period_s", flat=True).first()
    return max(CLOSE_S, 3 * settings.READING_PERIOD_S, 3 * (polled or 0))


def _rows(statement: str, facts: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, facts)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
