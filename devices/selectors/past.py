"""Pictures of the past, from roll-ups where they say the same for less (DV-4)."""

from collections.abc import Collection
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from django.conf import settings
from django.db import connection

from devices.models import Resolution
from devices.selectors.history import ReadingPoint, readings_between
from devices.selectors.resolutions import LENGTHS, reach
from devices.selectors.series import Interval, device_series
from devices.selectors.sums import group_series

QUARTER = LENGTHS[Resolution.QUARTER_HOUR]
MINUTE = LENGTHS[Resolution.MINUTE]
# Adding up so many readings or minutes takes about a second.
MOST_ROWS = 1_000_000

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
# Buckets by what they hold: power and how many devices were heard.
Sums = dict[datetime, tuple[float, float]]


def points_between(
    device_id: int, from_at: datetime, to_at: datetime, max_points: int
) -> list[ReadingPoint]:
    """As `readings_between`, without frequency and by the quarter of an hour over long spans."""
    if to_at - from_at < max_points * QUARTER:
        return readings_between(device_id, from_at, to_at, max_points)
    series = device_series(device_id, from_at, to_at, Resolution.QUARTER_HOUR)
    points = [_point(one) for one in series.points if one.reading_count or one.covered_s]
    rest_from = max(from_at, series.complete_until or from_at)
    quarters = max(1, ceil((to_at - rest_from) / QUARTER))
    return points + readings_between(device_id, rest_from, to_at, quarters)


def _point(told: Interval) -> ReadingPoint:
    return ReadingPoint(
        at=told.begins_at,
        active_power_w=told.power_w,
        reactive_power_var=told.reactive_power_var,
        voltage_v=told.voltage_v,
        frequency_hz=None,
        state_of_charge_pct=told.state_of_charge_pct,
        count=told.reading_count,
        is_good=told.good_count == told.reading_count,
    )


def bucket_for(
    members: int, from_at: datetime, to_at: datetime, wanted: timedelta
) -> tuple[timedelta, Resolution]:
    """The shortest bucket from `wanted` on in which so many devices can be added up, and of what.

    Readings where they are kept and few enough; every line of a picture takes the same.
    """
    raw_from = reach().raw_from
    if raw_from is not None and from_at < raw_from:
        return max(wanted, QUARTER), Resolution.QUARTER_HOUR
    if wanted >= QUARTER:
        return wanted, Resolution.QUARTER_HOUR
    seconds = members * (to_at - from_at).total_seconds()
    if seconds / max(1.0, settings.READING_PERIOD_S) <= MOST_ROWS:
        return wanted, Resolution.RAW
    if seconds / MINUTE.total_seconds() <= MOST_ROWS:
        return max(wanted, MINUTE), Resolution.MINUTE
    return QUARTER, Resolution.QUARTER_HOUR


def sums_in_buckets(
    device_ids: Collection[int],
    from_at: datetime,
    to_at: datetime,
    bucket: timedelta,
    resolution: Resolution,
) -> Sums:
    """Sums by the begin of their bucket, counted from `from_at`; what was not heard is left out."""
    border = from_at
    found: Sums = {}
    if resolution is not Resolution.RAW:
        sums = group_series(device_ids, from_at, to_at, resolution)
        # Whole buckets only: the readings tell the one in which the roll-ups end.
        whole = ((sums.complete_until or from_at) - from_at) // bucket
        border = from_at + max(0, whole) * bucket
        parts: dict[datetime, list[tuple[float, float]]] = {}
        for one in sums.points:
            middle = one.begins_at + (one.ends_at - one.begins_at) / 2
            at = from_at + (middle - from_at) // bucket * bucket
            if one.power_w is not None and from_at <= at < min(border, to_at):
                parts.setdefault(at, []).append((one.power_w, one.covered_share))
        for at, told in parts.items():
            heard = sum(share for _, share in told)
            mean_w = sum(power_w * share for power_w, share in told) / heard
            found[at] = mean_w, heard / len(told) * len(device_ids)
    return found | _readings(device_ids, border, to_at, bucket) if border < to_at else found


def _readings(
    device_ids: Collection[int], from_at: datetime, to_at: datetime, bucket: timedelta
) -> Sums:
    facts: dict[str, Any] = {
        "devices": list(device_ids), "from": from_at, "to": to_at,
        "bucket_s": bucket.total_seconds(),
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(SUMS, facts)
        return {at: (power_w, count) for at, power_w, count in cursor.fetchall()}
