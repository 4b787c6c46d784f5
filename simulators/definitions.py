"""Register layouts compiled from SunSpec's own model definitions, as pysunspec2 bundles them."""

import json
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

MARKER = b"SunS"
_FORMATS = {1: ">H", 2: ">I", 4: ">Q"}
# How many times a model's groups repeat, by the name of the counting point; (model, name, times).
Sizes = tuple[tuple[int, str, int], ...]
_SIGNED_FORMATS = {1: ">h", 2: ">i", 4: ">q"}
_SIGNED = ("int16", "int32", "int64", "sunssf")
_ACCUMULATORS = ("acc16", "acc32", "acc64")


@dataclass(frozen=True, slots=True)
class Point:
    """One point of a model: where it lies, how it is packed and what may be written to it."""

    model: int
    name: str
    offset: int
    size: int
    kind: str
    writable: bool
    multiplier: float
    symbols: frozenset[int]
    packer: struct.Struct | None
    lowest: int
    highest: int
    absent: int


@dataclass(frozen=True, slots=True)
class Layout:
    """Every point of a chain of models, by (model, name); offsets count from the SunS marker."""

    points: dict[tuple[int, str], Point]
    by_offset: dict[int, Point]
    size: int
    image: bytes


@cache
def definition(model: int) -> dict[str, Any]:
    path = files("sunspec2").joinpath("models", "json", f"model_{model}.json")
    group: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))["group"]
    return group


def _rows(
    group: dict[str, Any], times: dict[str, int], prefix: str = ""
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every point under its name; those of a repeating group as `Crv_2.Pt_1.V`."""
    for row in group["points"]:
        yield prefix + row["name"], row
    for inner in group.get("groups", []):
        counted_by = inner.get("count", 1)
        if counted_by == 1:
            yield from _rows(inner, times, f"{prefix}{inner['name']}.")
            continue
        if counted_by == 0:
            counted_by = "NCrv" if "NCrv" in times else "N"
        for number in range(1, times[counted_by] + 1):
            yield from _rows(inner, times, f"{prefix}{inner['name']}_{number}.")


def _limits(kind: str, size: int) -> tuple[int, int, int]:
    """Lowest and highest value and the raw number that means *not implemented*."""
    bits = 16 * size
    if kind in _SIGNED:
        return -(1 << (bits - 1)) + 1, (1 << (bits - 1)) - 1, -(1 << (bits - 1))
    if kind in _ACCUMULATORS:
        return 0, (1 << bits) - 1, 0
    return 0, (1 << bits) - 2, (1 << bits) - 1


def _point(
    model: int, name: str, row: dict[str, Any], offset: int, scales: dict[str, int | None]
) -> Point:
    kind, size, factor = row["type"], row["size"], row.get("sf")
    exponent = scales.get(factor, 0) if isinstance(factor, str) else factor
    lowest, highest, absent = _limits(kind, size)
    form = None
    if kind not in {"string", "pad"}:
        form = struct.Struct((_SIGNED_FORMATS if kind in _SIGNED else _FORMATS)[size])
    return Point(
        model=model,
        name=name,
        offset=offset,
        size=size,
        kind=kind,
        writable=row.get("access") == "RW",
        multiplier=10.0 ** -(exponent or 0),
        symbols=frozenset(s["value"] for s in row.get("symbols", []) if kind.startswith("enum")),
        packer=form,
        lowest=lowest,
        highest=highest,
        absent=absent,
    )


def _first_value(
    point: Point, length: int, scales: dict[str, int | None], times: dict[str, int]
) -> int:
    if point.name == "ID":
        return point.model
    if point.name == "L":
        return length
    if point.kind == "sunssf":
        exponent = scales.get(point.name)
        return point.absent if exponent is None else exponent
    return times.get(point.name, point.absent)


@cache
def layout(
    models: tuple[int, ...],
    scales: tuple[tuple[int, str, int | None], ...],
    common_length: int = 66,
    sizes: Sizes = (),
) -> Layout:
    """Lay the models out one after another; everything starts as *not implemented*."""
    image = bytearray(MARKER)
    points: dict[tuple[int, str], Point] = {}
    for model in models:
        own_scales = {name: exponent for m, name, exponent in scales if m == model}
        times = {name: number for m, name, number in sizes if m == model}
        rows = list(_rows(definition(model), times))
        if model == 1 and common_length == 65:
            rows = [row for row in rows if row[0] != "Pad"]
        length = sum(row["size"] for _, row in rows) - 2
        for name, row in rows:
            point = _point(model, name, row, len(image) // 2, own_scales)
            points[model, name] = point
            if point.packer is None:
                image += b"\x80\x00" if point.kind == "pad" else bytes(2 * point.size)
            else:
                image += point.packer.pack(_first_value(point, length, own_scales, times))
    image += b"\xff\xff\x00\x00"
    by_offset = {p.offset + i: p for p in points.values() for i in range(p.size)}
    return Layout(points, by_offset, len(image) // 2, bytes(image))
