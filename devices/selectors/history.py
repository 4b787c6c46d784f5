"""A device's past, thinned to what a picture can show (DV-4)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

# The bucket's own first instant keeps its place in time whatever was asked around it.
THINNED = """
select date_bin(make_interval(secs => %(bucket_s)s), measured_at, %(from)s) as at,
       avg(active_power_w), avg(reactive_power_var), avg(voltage_v), avg(frequency_hz),
       avg(state_of_charge_pct), count(*),
       bool_and(quality = 'good')
from devices_reading
where device_id = %(device)s and measured_at >= %(from)s and measured_at < %(to)s
group by 1 order by 1
"""


@dataclass(frozen=True, slots=True)
class ReadingPoint:
    """The mean of `count` readings from `at` on; a missing bucket is a gap."""

    at: datetime
    active_power_w: float | None
    reactive_power_var: float | None
    voltage_v: float | None
    frequency_hz: float | None
    state_of_charge_pct: float | None
    count: int
    is_good: bool


def readings_between(
    device_id: int, from_at: datetime, to_at: datetime, max_points: int = 1000
) -> list[ReadingPoint]:
    """Readings in from_at..to_at (end exclusive), averaged into at most `max_points` buckets."""
    span_s = (to_at - from_at).total_seconds()
    if span_s <= 0 or max_points < 1:
        return []
    facts: dict[str, Any] = {
        "device": device_id,
        "from": from_at,
        "to": to_at,
        "bucket_s": max(1.0, span_s / max_points),
    }
    with connection.cursor() as cursor:
        cursor.execute(THINNED, facts)
        return [ReadingPoint(*row) for row in cursor.fetchall()]
