"""Sums over many devices through time, for pictures."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from derms.lib.units import W_PER_KW
from devices.models import Device
from dispatch.selectors.dispatches import dispatches
from groups.models import DERGroup
from groups.selectors import roster
from groups.selectors.status import ders_by_group

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
MOST_POINTS = 720
SHORTEST_BUCKET_S = 10.0
# A longer silence is drawn as a gap, a shorter one is the time between two readings.
LONGEST_HOLE = timedelta(minutes=7)


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


def trend_of_system(from_at: datetime, to_at: datetime) -> dict[str, Any]:
    """All DER, and what the meters take; columns as the chart reads them."""
    known = roster().device_ids()
    meters = list(
        Device.objects.filter(active_to=None, kind=Device.Kind.METER).values_list("pk", flat=True)
    )
    bucket_s = _bucket_s(from_at, to_at)
    output = power_sums(known, from_at, to_at, bucket_s)
    lines = [series("output", "DER output", "actual", output)]
    if meters:
        taken = power_sums(meters, from_at, to_at, bucket_s)
        lines.append(series("load", "Net load at meters", "second", taken, sign=-1))
    return columns(output, lines, to_at)


def trend_of_group(group: DERGroup, from_at: datetime, to_at: datetime) -> dict[str, Any]:
    """One group's sum, and what was asked of it."""
    der_ids = ders_by_group([group.pk], to_at)[group.pk]
    output = power_sums(roster(der_ids).device_ids(), from_at, to_at, _bucket_s(from_at, to_at))
    lines = [
        series(f"g{group.pk}", group.name, "actual", output),
        {
            "key": "asked",
            "label": "Asked",
            "role": "command",
            "values": _asked(group, output),
        },
    ]
    return columns(output, lines, to_at)


def _asked(group: DERGroup, points: Sequence[SumPoint]) -> list[float | None]:
    if not points:
        return []
    orders = [
        (one.executed_at, one.ended_at or one.ends_at, one.target_w)
        for one in dispatches().filter(
            group=group, executed_at__lte=points[-1].at, ends_at__gte=points[0].at
        )
        if one.executed_at is not None
    ]
    return [
        next(
            (w / W_PER_KW for begins, ends, w in orders if begins <= point.at < ends),
            None,
        )
        for point in points
    ]


def _bucket_s(from_at: datetime, to_at: datetime) -> float:
    return max(SHORTEST_BUCKET_S, (to_at - from_at).total_seconds() / MOST_POINTS)


def series(
    key: str, label: str, role: str, points: Sequence[SumPoint], *, sign: int = 1
) -> dict[str, Any]:
    values = [
        None if point.power_w is None else round(sign * point.power_w / W_PER_KW, 3)
        for point in points
    ]
    return {"key": key, "label": label, "role": role, "values": values}


def columns(
    points: Sequence[SumPoint], lines: list[dict[str, Any]], to_at: datetime
) -> dict[str, Any]:
    """What the chart reads; buckets in which nobody was heard are left out where that is short."""
    measured = [line["values"] for line in lines if line["role"] != "command"]
    kept = _kept([any(at is not None for at in row) for row in zip(*measured, strict=True)], points)
    return {
        "unit": "kW",
        "now": to_at.timestamp(),
        "y": None,
        "x": [round(points[place].at.timestamp(), 3) for place in kept],
        "series": [{**line, "values": [line["values"][place] for place in kept]} for line in lines],
    }


def _kept(is_heard: Sequence[bool], points: Sequence[SumPoint]) -> list[int]:
    """The places that were heard, and one silent place in each gap that is long."""
    kept: list[int] = []
    for place in (place for place, heard in enumerate(is_heard) if heard):
        if kept and points[place].at - points[kept[-1]].at > LONGEST_HOLE:
            kept.append(kept[-1] + 1)
        kept.append(place)
    return kept
