"""Energy by quarters of an hour, with what the silences between them held (DV-4, CS-10)."""

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from typing import Any, NamedTuple, TypeVar

from django.db import connection

T = TypeVar("T", bound=tuple[Any, ...])
QUARTER_S = 15 * 60
# A silence that ended later than this after the span is not looked for.
LONGEST_SILENCE = timedelta(days=45)

# One row a device, its columns as text of arrays: a statement reads thousands of quarters, and
# JSON reads them several times faster than as many rows.
COUNTED = """
select device_id,
       array_agg(at_s) filter (where is_quarter)::text,
       array_agg(energy_injected_wh) filter (where is_quarter)::text,
       array_agg(energy_absorbed_wh) filter (where is_quarter)::text,
       array_agg(covered_s) filter (where is_quarter)::text,
       json_agg(json_build_array(
           extract(epoch from silent_from), extract(epoch from silent_to),
           silent_power_w is not null,
           coalesce(silent_injected_wh, greatest(silent_power_w, 0) * silent_s / 3600),
           coalesce(silent_absorbed_wh, greatest(-silent_power_w, 0) * silent_s / 3600)))
           filter (where silent_from is not null)::text
from (select *, extract(epoch from begins_at)::bigint as at_s,
             covered_s > 0 and begins_at < %(ends_at)s as is_quarter,
             extract(epoch from silent_to - silent_from)::float8 as silent_s
      from devices_rollup_quarter_hour
      where device_id = any(%(devices)s) and begins_at >= %(begins_at)s and begins_at < %(behind)s
        and (begins_at < %(ends_at)s or silent_from < %(ends_at)s)
      order by device_id, begins_at) q
group by device_id
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
    return counted_as(Counted._make, device_ids, begins_at, ends_at)


def counted_as(
    make: Callable[[Sequence[Any]], T],
    device_ids: Iterable[int],
    begins_at: datetime,
    ends_at: datetime,
) -> dict[int, list[T]]:
    """As `counted_energy`, each stretch made by the caller from the fields of Counted."""
    devices = list(device_ids)
    found: dict[int, list[T]] = {device: [] for device in devices}
    facts: dict[str, Any] = {
        "devices": devices,
        "begins_at": begins_at,
        "ends_at": ends_at,
        "behind": ends_at + LONGEST_SILENCE,
    }
    moments = _Moments()
    with connection.cursor() as cursor:
        cursor.execute(COUNTED, facts)
        for device, *columns, silences in cursor.fetchall():
            stretches = found[device] = _quarters(make, moments, *map(_array, columns))
            stretches += [make(one) for one in map(_stretch, json.loads(silences or "[]")) if one]
            stretches.sort(key=_BEGINS)
    return found


_BEGINS: Callable[[tuple[Any, ...]], datetime] = itemgetter(0)


def _array(text: str | None) -> list[Any]:
    """A PostgreSQL array of numbers; a float is written so that it is read back exactly."""
    if text is None:
        return []
    found: list[Any] = json.loads(f"[{text[1:-1]}]".replace("NULL", "null"))
    return found


class _Moments(dict[int, datetime]):
    """Seconds of the epoch as moments, each made once: quarters join, and devices share them."""

    def __missing__(self, seconds: int) -> datetime:
        moment = self[seconds] = datetime.fromtimestamp(seconds, UTC)
        return moment


def _quarters(
    make: Callable[[Sequence[Any]], T],
    moments: _Moments,
    at_s: list[int],
    injected_wh: list[float | None],
    absorbed_wh: list[float | None],
    heard_s: list[float],
) -> list[T]:
    begins = [moments[one] for one in at_s]
    ends = [moments[one + QUARTER_S] for one in at_s]
    return list(map(make, zip(begins, ends, injected_wh, absorbed_wh, heard_s, strict=True)))


def _stretch(silence: list[Any]) -> tuple[Any, ...] | None:
    begins_s, ends_s, is_heard, injected_wh, absorbed_wh = silence
    if ends_s is None or (injected_wh is None and absorbed_wh is None):
        return None
    begins_at, ends_at = (datetime.fromtimestamp(one, UTC) for one in (begins_s, ends_s))
    heard_s = (ends_at - begins_at).total_seconds() if is_heard else 0.0
    return begins_at, ends_at, injected_wh, absorbed_wh, heard_s
