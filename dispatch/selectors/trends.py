"""Sums over many devices through time, for pictures."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

# The mean of each device in a bucket, then the sum: a device read twice counts once.
SUMS = """
with means as (
    select device_id, date_bin(make_interval(secs => %(bucket_s)s), measured_at, %(from)s) as at,
           avg(active_power_w) as power_w
    from devices_reading
    where device_id = any(%(devices)s) and measured_at >= %(from)s and measured_at < %(to)s
      and quality <> 'bad' and active_power_w is not null
    group by 1, 2
)
select at, sum(power_w), count(*) from means group by at order by at
"""
# A sum of fewer than this share of the devices would show a fall that was none.
ENOUGH = 0.6


@dataclass(frozen=True, slots=True)
class SumPoint:
    """The sum over devices from `at` on; None where too few were heard."""

    at: datetime
    power_w: float | None


def power_sums(
    device_ids: Collection[int], from_at: datetime, to_at: datetime, bucket_s: float
) -> list[SumPoint]:
    """Buckets in from_at..to_at; one without any reading is there too, as None."""
    if not device_ids:
        return []
    facts: dict[str, Any] = {
        "devices": list(device_ids), "from": from_at, "to": to_at, "bucket_s": bucket_s,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(SUMS, facts)
        rows = {at: (power_w, count) for at, power_w, count in cursor.fetchall()}
    most = max((count for _, count in rows.values()), default=0)
    points = []
    moment = from_at
    while moment < to_at:
        power_w, count = rows.get(moment, (None, 0))
        points.append(SumPoint(moment, power_w if count >= ENOUGH * most else None))
        moment += timedelta(seconds=bucket_s)
    return points
