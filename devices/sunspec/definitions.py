"""SunSpec's own model definitions, as offsets, sizes and scale-factor links."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

HEADER_REGISTERS = 2


@dataclass(frozen=True, slots=True)
class Point:
    """One point; `offset` counts registers from its group's start (at the top: the ID register)."""

    name: str
    type: str
    offset: int
    size: int
    scale_factor: str | int | None
    writable: bool
    mandatory: bool
    units: str
    symbols: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Group:
    """A group of points and further groups.

    `count` is how often it stands there: a number, the name of the point that says so, or 0 for
    as often as the model's length allows. `size` leaves out inner groups that repeat by a point.
    """

    name: str
    count: int | str
    points: tuple[Point, ...]
    groups: tuple[Group, ...]
    size: int


@dataclass(frozen=True, slots=True)
class ModelDefinition:
    """One information model as SunSpec defines it."""

    id: int
    label: str
    top: Group

    def point(self, name: str) -> Point:
        for point in self.top.points:
            if point.name == name:
                return point
        raise KeyError(f"model {self.id} has no point {name}")

    def fits(self, length: int) -> bool:
        """Tell whether a device's model length L is one this definition can have."""
        registers = length + HEADER_REGISTERS
        fixed = sum(point.size for point in self.top.points)
        last = self.top.points[-1]
        shortest = fixed - last.size if last.type == "pad" else fixed
        if not self.top.groups:
            return registers in {fixed, shortest}
        if registers < shortest:
            return False
        repeating = [group for group in self.top.groups if group.count == 0]
        if len(repeating) == 1 == len(self.top.groups):
            return (registers - fixed) % repeating[0].size == 0
        return True


@cache
def definition(model_id: int) -> ModelDefinition | None:
    """The definition of a model, or None for vendors' and unknown ones."""
    folder = resources.files("sunspec2.models").joinpath("json")
    file = folder.joinpath(f"model_{model_id}.json")
    if not file.is_file():
        return None
    group = json.loads(file.read_text(encoding="utf-8"))["group"]
    return ModelDefinition(model_id, str(group.get("label", group["name"])), _group(group))


def _group(source: dict[str, Any]) -> Group:
    points = tuple(_points(source["points"]))
    groups = tuple(_group(inner) for inner in source.get("groups", []))
    size = sum(point.size for point in points)
    size += sum(group.size * group.count for group in groups if isinstance(group.count, int))
    return Group(str(source["name"]), source.get("count", 1), points, groups, size)


def _points(source: list[dict[str, Any]]) -> Iterator[Point]:
    offset = 0
    for point in source:
        size = int(point["size"])
        yield Point(
            name=point["name"],
            type=point["type"],
            offset=offset,
            size=size,
            scale_factor=point.get("sf"),
            writable=point.get("access") == "RW",
            mandatory=point.get("mandatory") == "M",
            units=str(point.get("units", "")),
            symbols=tuple((s["name"], int(s["value"])) for s in point.get("symbols", [])),
        )
        offset += size
