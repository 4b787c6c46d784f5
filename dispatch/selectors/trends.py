"""Sums over many devices through time, for pictures."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from derms.lib.units import W_PER_KW
from devices.models import Device, Resolution
from devices.selectors import bucket_for, sums_in_buckets
from dispatch.selectors.dispatches import dispatches
from groups.models import DERGroup
from groups.selectors import roster
from groups.selectors.status import ders_by_group

# A sum of fewer than this share of the devices would show a fall that was none.
ENOUGH = 0.6
MOST_POINTS = 720
SHORTEST_BUCKET = timedelta(seconds=10)
# A longer silence is drawn as a gap, a shorter one is the time between two readings.
LONGEST_HOLE = timedelta(minutes=7)


@dataclass(frozen=True, slots=True)
class SumPoint:
    """The sum over devices from `at` on; None where too few were heard."""

    at: datetime
    power_w: float | None


def power_sums(
    device_ids: Collection[int],
    from_at: datetime,
    to_at: datetime,
    bucket: timedelta,
    resolution: Resolution = Resolution.RAW,
) -> list[SumPoint]:
    """Buckets in from_at..to_at; one without any reading is there too, as None."""
    if not device_ids:
        return []
    found = sums_in_buckets(device_ids, from_at, to_at, bucket, resolution)
    most = max((heard for _, heard in found.values()), default=0)
    points = []
    moment = from_at
    while moment < to_at:
        power_w, heard = found.get(moment, (None, 0))
        points.append(SumPoint(moment, power_w if heard >= ENOUGH * most else None))
        moment += bucket
    return points


def trend_of_system(from_at: datetime, to_at: datetime) -> dict[str, Any]:
    """All DER, and what the meters take; columns as the chart reads them."""
    known = roster().device_ids()
    meters = list(
        Device.objects.filter(active_to=None, kind=Device.Kind.METER).values_list("pk", flat=True)
    )
    of = _buckets(len(known) + len(meters), from_at, to_at)
    output = power_sums(known, from_at, to_at, *of)
    lines = [series("output", "DER output", "actual", output)]
    if meters:
        taken = power_sums(meters, from_at, to_at, *of)
        lines.append(series("load", "Net load at meters", "second", taken, sign=-1))
    return columns(output, lines, to_at)


def trend_of_group(group: DERGroup, from_at: datetime, to_at: datetime) -> dict[str, Any]:
    """One group's sum, and what was asked of it."""
    der_ids = ders_by_group([group.pk], to_at)[group.pk]
    devices = roster(der_ids).device_ids()
    output = power_sums(devices, from_at, to_at, *_buckets(len(devices), from_at, to_at))
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


def _buckets(members: int, from_at: datetime, to_at: datetime) -> tuple[timedelta, Resolution]:
    wanted = max(SHORTEST_BUCKET, (to_at - from_at) / MOST_POINTS)
    return bucket_for(members, from_at, to_at, wanted)


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
        is_next = kept and place == kept[-1] + 1
        if kept and not is_next and points[place].at - points[kept[-1]].at > LONGEST_HOLE:
            kept.append(kept[-1] + 1)
        kept.append(place)
    return kept
