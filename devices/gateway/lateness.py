"""A note beside readings that are stored late: what was made without them is made again (DV-4)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import psycopg

from devices.models import LATE_S

# By the database's clock, which is one for all workers, and after the readings: whoever waits for
# transactions that were running at a moment then knows of all that this one will show.
IS_LATE = "select %s < clock_timestamp() - make_interval(secs => %s)"
NOTE = """
insert into devices_latespan (device_id, from_at, to_at)
select * from unnest(%s::bigint[], %s::timestamptz[], %s::timestamptz[])
"""


def note_late(cursor: psycopg.Cursor[Any], rows: Sequence[tuple[Any, ...]]) -> None:
    """Note from when to when each device's readings are, if the oldest of all is late."""
    if not rows:
        return
    cursor.execute(IS_LATE, [min(row[1] for row in rows), LATE_S])
    if cursor.fetchone() != (True,):
        return
    spans: dict[int, tuple[datetime, datetime]] = {}
    for device_id, measured_at, *_ in rows:
        first, last = spans.get(device_id, (measured_at, measured_at))
        spans[device_id] = min(first, measured_at), max(last, measured_at)
    firsts, lasts = zip(*spans.values(), strict=True)
    cursor.execute(NOTE, [list(spans), list(firsts), list(lasts)])
