"""Many devices as one, through time: what those that were heard gave, and how many were (DV-4)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any, NamedTuple

from django.db import connection, transaction

from devices.models import Resolution
from devices.selectors.resolutions import TABLES, Reach, intervals, reach, resolution_for

SLOTS = range(96)
QUARTER_S = 900

# Without the type the list would be of small numbers, and be searched through for each row.
ROWS = """
select begins_at, sum(power_mean_w), sum(covered_s), sum(energy_injected_wh),
       sum(energy_absorbed_wh)
from {table}
where device_id = any(%(devices)s::bigint[])
  and begins_at >= %(begins_at)s and begins_at < %(ends_at)s
group by begins_at
"""
STRIPS = """
select day, {powers}, {covers} from devices_power_strip
where device_id = any(%(devices)s::bigint[]) and day >= %(first)s and day < %(behind)s
group by day
""".format(
    powers=", ".join(f"sum(p{slot:02})" for slot in SLOTS),
    covers=", ".join(f"sum(c{slot:02})" for slot in SLOTS),
)


class Sum(NamedTuple):
    """What those of the devices that were heard gave together; None where none was.

    `covered_share` is how much of all devices' time was heard: what is missing is not filled.
    Energies are told for days only.
    """

    begins_at: datetime
    ends_at: datetime
    power_w: float | None = None
    covered_share: float = 0.0
    energy_injected_wh: float | None = None
    energy_absorbed_wh: float | None = None


@dataclass(frozen=True, slots=True)
class Sums:
    """Intervals without a hole between them; after `complete_until` none is known yet."""

    resolution: Resolution
    points: list[Sum]
    complete_until: datetime | None


class _Found(NamedTuple):
    power_w: float | None
    covered_s: float
    injected_wh: float | None = None
    absorbed_wh: float | None = None


def group_series(
    device_ids: Collection[int],
    begins_at: datetime,
    ends_at: datetime,
    resolution: Resolution | None = None,
) -> Sums:
    """Every interval that overlaps the span and is over; readings are summed by the minute."""
    known = reach()
    chosen = resolution or resolution_for(begins_at, ends_at, known)
    if chosen is Resolution.RAW:
        chosen = Resolution.MINUTE
    complete_until = known.complete_until[chosen]
    if complete_until is None or not device_ids:
        return Sums(chosen, [], complete_until)
    spans = list(intervals(chosen, begins_at, min(ends_at, complete_until), known.zone))
    if not spans:
        return Sums(chosen, [], complete_until)
    found = _found(device_ids, spans[0][0], spans[-1][1], chosen, known)
    points = [_sum(begin, end, found.get(begin), len(set(device_ids))) for begin, end in spans]
    return Sums(chosen, points, complete_until)


def _sum(begin: datetime, end: datetime, found: _Found | None, members: int) -> Sum:
    if found is None or not found.covered_s:
        return Sum(begin, end)
    whole_s = members * (end - begin).total_seconds()
    return Sum(
        begin,
        end,
        found.power_w,
        min(1.0, found.covered_s / whole_s),
        found.injected_wh,
        found.absorbed_wh,
    )


def _found(
    device_ids: Collection[int],
    begins_at: datetime,
    ends_at: datetime,
    resolution: Resolution,
    known: Reach,
) -> dict[datetime, _Found]:
    facts: dict[str, Any] = {"devices": list(device_ids)}
    if resolution is not Resolution.QUARTER_HOUR:
        is_day = resolution is Resolution.DAY
        return _rows(facts, TABLES[resolution], begins_at, ends_at, is_day=is_day)
    # Whole days lie side by side; what follows them is still in rows.
    border = min(known.strips_until or begins_at, ends_at)
    found: dict[datetime, _Found] = {}
    if begins_at < border:
        found |= _strips(facts, begins_at, border)
    if border < ends_at:
        later = max(begins_at, border)
        found |= _rows(facts, TABLES[resolution], later, ends_at, is_day=False)
    return found


def _rows(
    facts: dict[str, Any], table: str, begins_at: datetime, ends_at: datetime, *, is_day: bool
) -> dict[datetime, _Found]:
    span = {"begins_at": begins_at, "ends_at": ends_at}
    return {
        begin: _Found(power_w, covered_s, *(energies if is_day else ()))
        for begin, power_w, covered_s, *energies in _asked(ROWS.format(table=table), facts | span)
    }


def _strips(facts: dict[str, Any], begins_at: datetime, border: datetime) -> dict[datetime, _Found]:
    first = begins_at.astimezone(UTC).date()
    behind = (border + timedelta(days=1) - timedelta(microseconds=1)).astimezone(UTC).date()
    found = {}
    for day, *values in _asked(STRIPS, facts | {"first": first, "behind": behind}):
        midnight = datetime.combine(day, time(), tzinfo=UTC)
        for slot, power_w, covered_s in zip(SLOTS, values[:96], values[96:], strict=True):
            at = midnight + timedelta(seconds=QUARTER_S * slot)
            if begins_at <= at < border:
                found[at] = _Found(power_w, covered_s)
    return found


def _asked(statement: str, facts: dict[str, Any]) -> list[tuple[Any, ...]]:
    with transaction.atomic(), connection.cursor() as cursor:
        # Compiling so many sums takes longer than adding up.
        cursor.execute("set local jit = off")
        cursor.execute(statement, facts)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
