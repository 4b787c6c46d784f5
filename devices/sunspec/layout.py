"""Where every point of a device's model stands, repeated groups included."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from devices.sunspec.codec import INTEGERS, nothing
from devices.sunspec.definitions import Group, Point, definition

Counts = tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Place:
    """One point of a model; `offset` and `size` count registers from the model's ID register.

    `nothing` is the raw value of a point that is not implemented, None for what is no integer.
    """

    name: str
    type: str
    offset: int
    size: int
    scale_factor: str | int | None
    is_integer: bool
    is_signed: bool
    nothing: int | None

    @property
    def end(self) -> int:
        return self.offset + self.size


@lru_cache(maxsize=1024)
def layout(model_id: int, length: int, counts: Counts = ()) -> Mapping[str, Place]:
    """Every point that lies within a model of this length, by its full name.

    Names are those of `decode_model`: `PFWInj.PF`, `curve_1.V1`, `Crv_2.Pt_3.V`. `counts` says how
    often the groups that repeat by a point stand there; devices of one kind share the result.
    """
    known = definition(model_id)
    if known is None:
        return {}
    registers = length + 2
    placed = _places(known.top, 0, "", dict(counts), registers)
    return {place.name: place for place in placed if place.end <= registers}


@lru_cache(maxsize=256)
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
) -> list[Place]:
    """The group's points at their places, those of inner groups behind them."""
    placed = [_place(point, start, prefix) for point in group.points]
    at = placed[-1].end if placed else start
    for inner in group.groups:
        for name in _names(inner, at, counts, registers):
            if at >= registers:
                return placed
            placed += _places(inner, at, f"{prefix}{name}.", counts, registers)
            at = placed[-1].end
    return placed


def _place(point: Point, start: int, prefix: str) -> Place:
    is_integer = point.type in INTEGERS
    return Place(
        name=prefix + point.name,
        type=point.type,
        offset=start + point.offset,
        size=point.size,
        scale_factor=point.scale_factor,
        is_integer=is_integer,
        is_signed=is_integer and INTEGERS[point.type][0].islower(),
        nothing=nothing(point) if is_integer else None,
    )


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
