"""One device through time, gaps and all, as finely as the span allows (DV-4)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.conf import settings
from django.db import connection

from devices.models import Device, Resolution
from devices.selectors.resolutions import TABLES, Reach, intervals, reach, resolution_for

# As in the roll-ups: readings further apart are a gap.
CLOSE_S = 10.0

ROLLED_UP = """
select begins_at, begins_at, covered_s, count, good_count, power_mean_w, power_min_w, power_max_w,
       reactive_power_mean_var, voltage_mean_v, voltage_min_v, voltage_max_v,
       state_of_charge_last_pct, energy_injected_wh, energy_absorbed_wh,
       is_injected_counted, is_absorbed_counted
from {table}
where device_id = %(device)s and begins_at >= %(begins_at)s and begins_at < %(ends_at)s
"""
# Each reading holds until the next one, if that comes soon enough.
READ = """
select at, following, 0, 1, is_good::int, w, w, w, var, v, v, v, charge, null, null, null, null
from (
    select measured_at as at, active_power_w as w, reactive_power_var as var, voltage_v as v,
           state_of_charge_pct as charge, quality = 'good' as is_good,
           lead(measured_at) over pairs as following
    from devices_reading
    where device_id = %(device)s and measured_at >= %(begins_at)s and measured_at < %(ends_at)s
      and quality <> 'bad'
    window pairs as (order by measured_at)
) said order by at
"""


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
    if ends_at <= begins_at:
        return Series(chosen, [], None)
    if chosen is Resolution.RAW:
        return Series(chosen, _read(device_id, begins_at, ends_at), None)
    return _rolled_up(device_id, begins_at, ends_at, chosen, known)


def _rolled_up(
    device_id: int, begins_at: datetime, ends_at: datetime, resolution: Resolution, known: Reach
) -> Series:
    complete_until = known.complete_until[resolution]
    if complete_until is None:
        return Series(resolution, [], None)
    spans = list(intervals(resolution, begins_at, min(ends_at, complete_until), known.zone))
    if not spans:
        return Series(resolution, [], complete_until)
    facts = {"device": device_id, "begins_at": spans[0][0], "ends_at": spans[-1][1]}
    statement = ROLLED_UP.format(table=TABLES[resolution])
    found = {row[0]: row for row in _rows(statement, facts)}
    points = [
        Interval(begin, end, *found[begin][2:]) if begin in found else Interval(begin, end)
        for begin, end in spans
    ]
    return Series(resolution, points, complete_until)


def _read(device_id: int, begins_at: datetime, ends_at: datetime) -> list[Interval]:
    """The readings themselves; a gap is an interval of its own, without values."""
    close_s = _close_s(device_id)
    points: list[Interval] = []
    for row in _rows(READ, {"device": device_id, "begins_at": begins_at, "ends_at": ends_at}):
        at, following = row[0], row[1]
        until = following or at
        held_s = (until - at).total_seconds()
        if held_s <= close_s:
            points.append(Interval(at, until, held_s, *row[3:]))
        else:
            points += [Interval(at, at, 0.0, *row[3:]), Interval(at, until)]
    return points


def _close_s(device_id: int) -> float:
    polled = Device.objects.filter(pk=device_id).values_list("poll_period_s", flat=True).first()
    return max(CLOSE_S, 3 * settings.READING_PERIOD_S, 3 * (polled or 0))


def _rows(statement: str, facts: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, facts)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
