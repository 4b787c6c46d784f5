"""Where every point of a device's model stands, repeated groups included."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache

from devices.sunspec.definitions import Group, Point, definition

Counts = tuple[tuple[str, int], ...]


@lru_cache(maxsize=1024)
def layout(model_id: int, length: int, counts: Counts = ()) -> Mapping[str, Point]:
    """Every point that lies within a model of this length, by its full name.

    Names are those of `decode_model`: `PFWInj.PF`, `curve_1.V1`, `Crv_2.Pt_3.V`. Offsets count from
    the model's ID register. `counts` says how often the groups that repeat by a point stand there;
    devices of one kind share the result. Scale factors keep the names of their own group.
    """
    known = definition(model_id)
    if known is None:
        return {}
    registers = length + 2
    placed = _places(known.top, 0, "", dict(counts), registers)
    return {point.name: point for point, _ in placed if point.offset + point.size <= registers}


def count_points(model_id: int) -> tuple[str, ...]:
    """The points that say how often a group of this model stands there."""
    known = definition(model_id)
    return tuple(dict.fromkeys(_count_points(known.top))) if known is not None else ()


def _count_points(group: Group) -> Iterator[str]:
    for inner in group.groups:
        if isinstance(inner.count, str):
            yield inner.count
        yield from _count_points(inner)


def _places(
    group: Group, start: int, prefix: str, counts: Mapping[str, int], registers: int
) -> list[tuple[Point, int]]:
    """The group's points with absolute offsets, each with the register behind the group so far."""
    at = start
    placed: list[tuple[Point, int]] = []
    for point in group.points:
        at = start + point.offset + point.size
        placed.append((replace(point, name=prefix + point.name, offset=start + point.offset), at))
    for inner in group.groups:
        for name in _names(inner, at, counts, registers):
            if at >= registers:
                return placed
            members = _places(inner, at, f"{prefix}{name}.", counts, registers)
            placed += members
            at = members[-1][1]
    return placed


def _names(group: Group, at: int, counts: Mapping[str, int], registers: int) -> list[str]:
    if group.count == 1:
        return [group.name]
    if isinstance(group.count, str):
        times = counts.get(group.count, 0)
    elif group.count == 0:
        times = max(0, registers - at) // group.size if group.size else 0
    else:
        times = group.count
    return [f"{group.name}_{index}" for index in range(1, min(times, registers) + 1)]
