"""Energy between two moments, from the devices' own counters, with what is missing named."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection

from devices.selectors.resolutions import reach

# Each pair of neighbouring readings counts with the share of it that lies in the span, so the
# borders are interpolated. A counter that runs backwards (a new device, an overflow) counts as a
# gap, never as energy.
FROM_COUNTERS = """
with points as (
    select device_id, measured_at as at, energy_injected_wh as injected,
           energy_absorbed_wh as absorbed
    from devices_reading
    where device_id = any(%(devices)s) and measured_at >= %(first)s and measured_at <= %(last)s
      and quality <> 'bad' and (energy_injected_wh is not null or energy_absorbed_wh is not null)
), pairs as (
    select device_id, at,
           lag(at) over w as before,
           injected - lag(injected) over w as injected,
           absorbed - lag(absorbed) over w as absorbed
    from points window w as (partition by device_id order by at)
), shares as (
    select *,
           extract(epoch from least(at, %(to)s) - greatest(before, %(from)s))::float8 as inside_s,
           extract(epoch from at - before)::float8 as whole_s
    from pairs where before is not null and at > %(from)s and before < %(to)s and at > before
)
select device_id,
       sum(injected * inside_s / whole_s) filter (where injected >= 0),
       sum(absorbed * inside_s / whole_s) filter (where absorbed >= 0),
       sum(inside_s),
       coalesce(sum(inside_s) filter (
           where whole_s > %(gap_s)s or injected < 0 or absorbed < 0), 0),
       greatest(min(before), %(from)s), least(max(at), %(to)s)
from shares group by device_id
"""
MARGIN = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class EnergySpan:
    """What one device injected and absorbed; None where it has no such counter.

    `missing_s` is the time without any reading at its ends, `gap_s` the time inside in which
    readings were further apart than usual: its energy is known, its course is not.
    """

    device_id: int
    injected_wh: float | None
    absorbed_wh: float | None
    covered_from: datetime
    covered_to: datetime
    gap_s: float
    missing_s: float

    @property
    def net_wh(self) -> float | None:
        if self.injected_wh is None and self.absorbed_wh is None:
            return None
        return (self.injected_wh or 0.0) - (self.absorbed_wh or 0.0)


def energy_between(
    device_ids: Collection[int],
    from_at: datetime,
    to_at: datetime,
    *,
    gap_after_s: float | None = None,
) -> dict[int, EnergySpan]:
    """Energies in from_at..to_at; a device without two readings around the span is left out.

    Readings further apart than `gap_after_s` make a gap; by default three periods of storing.
    """
    span_s = (to_at - from_at).total_seconds()
    if span_s <= 0:
        return {}
    facts: dict[str, Any] = {
        "devices": list(device_ids),
        "from": from_at,
        "to": to_at,
        "first": from_at - MARGIN,
        "last": to_at + MARGIN,
        "gap_s": gap_after_s or 3 * settings.READING_PERIOD_S,
    }
    with connection.cursor() as cursor:
        cursor.execute(FROM_COUNTERS, facts)
        rows = cursor.fetchall()
    return {
        device: EnergySpan(
            device_id=device,
            injected_wh=injected,
            absorbed_wh=absorbed,
            covered_from=begins,
            covered_to=ends,
            gap_s=gap_s,
            missing_s=max(0.0, span_s - inside_s),
        )
        for device, injected, absorbed, inside_s, gap_s, begins, ends in rows
    }


OF_DAY = """
select device_id, energy_injected_wh, energy_absorbed_wh, covered_s from devices_rollup_day
where device_id = any(%(devices)s::bigint[]) and begins_at = %(begins_at)s
"""


def energy_of_day(
    device_ids: Collection[int],
    begins_at: datetime,
    ends_at: datetime,
    *,
    gap_after_s: float | None = None,
) -> dict[int, EnergySpan]:
    """Energies of one of the utility's days: from its roll-up once its readings are dropped."""
    raw_from = reach().raw_from
    if raw_from is None or begins_at >= raw_from:
        return energy_between(device_ids, begins_at, ends_at, gap_after_s=gap_after_s)
    facts: dict[str, Any] = {"devices": list(device_ids), "begins_at": begins_at}
    with connection.cursor() as cursor:
        cursor.execute(OF_DAY, facts)
        rows = cursor.fetchall()
    whole_s = (ends_at - begins_at).total_seconds()
    return {
        device: EnergySpan(
            device_id=device,
            injected_wh=injected,
            absorbed_wh=absorbed,
            covered_from=begins_at,
            covered_to=ends_at,
            gap_s=0.0,
            missing_s=max(0.0, whole_s - covered_s),
        )
        for device, injected, absorbed, covered_s in rows
    }
