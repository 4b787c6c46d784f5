"""Energy by quarters of an hour, with what the silences between them held (DV-4, CS-10)."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from django.db import connection

QUARTER_S = 15 * 60
# A silence that ended later than this after the span is not looked for.
LONGEST_SILENCE = timedelta(days=45)

COUNTED = """
select device_id, extract(epoch from begins_at)::bigint, covered_s,
       energy_injected_wh, energy_absorbed_wh,
       silent_from, silent_to, silent_power_w is not null as is_heard,
       coalesce(silent_injected_wh, greatest(silent_power_w, 0) * silent_s / 3600),
       coalesce(silent_absorbed_wh, greatest(-silent_power_w, 0) * silent_s / 3600)
from (select *, extract(epoch from silent_to - silent_from)::float8 as silent_s
      from devices_rollup_quarter_hour) q
where device_id = any(%(devices)s) and begins_at >= %(begins_at)s and begins_at < %(behind)s
  and (begins_at < %(ends_at)s or silent_from < %(ends_at)s)
order by device_id, begins_at
"""


class Counted(NamedTuple):
    """What a device injected and absorbed in a stretch of time; None where nobody knows.

    `heard_s` of it there were readings close together. A silence over the end of a quarter is a
    stretch of its own, with `heard_s` 0 and what the counters moved meanwhile; so are readings of
    long intervals, as heard. Both may reach beyond the span asked for.
    """

    begins_at: datetime
    ends_at: datetime
    injected_wh: float | None
    absorbed_wh: float | None
    heard_s: float


def counted_energy(
    device_ids: Iterable[int], begins_at: datetime, ends_at: datetime
) -> dict[int, list[Counted]]:
    """Quarters of an hour and silences of each device, in order of time."""
    devices = list(device_ids)
    found: dict[int, list[Counted]] = {device: [] for device in devices}
    facts: dict[str, Any] = {
        "devices": devices,
        "begins_at": begins_at,
        "ends_at": ends_at,
        "behind": ends_at + LONGEST_SILENCE,
    }
    ends_s, moments = ends_at.timestamp(), _Moments()
    with connection.cursor() as cursor:
        cursor.execute(COUNTED, facts)
        # Thousands of rows a statement: whole seconds are read in a tenth of the time of dates.
        for device, at_s, heard_s, injected, absorbed, *silence in cursor.fetchall():
            if at_s < ends_s and heard_s:
                begins, ends = moments[at_s], moments[at_s + QUARTER_S]
                found[device].append(Counted(begins, ends, injected, absorbed, heard_s))
            if silence[0] is not None and (stretch := _stretch(*silence)):
                found[device].append(stretch)
    for stretches in found.values():
        stretches.sort(key=lambda one: one.begins_at)
    return found


class _Moments(dict[int, datetime]):
    """Seconds of the epoch as moments, each made once: quarters join, and devices share them."""

    def __missing__(self, seconds: int) -> datetime:
        moment = self[seconds] = datetime.fromtimestamp(seconds, UTC)
        return moment


def _stretch(
    begins_at: datetime | None,
    ends_at: datetime | None,
    is_heard: bool,  # noqa: FBT001  a column
    injected_wh: float | None,
    absorbed_wh: float | None,
) -> Counted | None:
    if begins_at is None or ends_at is None or (injected_wh is None and absorbed_wh is None):
        return None
    heard_s = (ends_at - begins_at).total_seconds() if is_heard else 0.0
    return Counted(begins_at, ends_at, injected_wh, absorbed_wh, heard_s)
