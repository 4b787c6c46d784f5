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
    # Points that a shortened model has lost.
    cut: frozenset[tuple[int, str]] = frozenset()


@dataclass(frozen=True, slots=True)
class Oddities:
    """In what a map departs from its models' definitions."""

    common_length: int = 66
    missing_scale_factors: tuple[tuple[int, str], ...] = ()
    # Registers a model is longer or shorter than defined, L included.
    length_changes: tuple[tuple[int, int], ...] = ()
    # Models of the maker's own, by id and length, at the end of the chain.
    vendor_models: tuple[tuple[int, int], ...] = ()


PLAIN = Oddities()


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
    if kind == "float32":
        return 0, 0, 0
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
    if kind == "float32":
        form = struct.Struct(">f")
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
    sizes: Sizes = (),
    oddities: Oddities = PLAIN,
) -> Layout:
    """Lay the models out one after another; everything starts as *not implemented*."""
    image = bytearray(MARKER)
    points: dict[tuple[int, str], Point] = {}
    cut: set[tuple[int, str]] = set()
    for model in models:
        own_scales = {name: exponent for m, name, exponent in scales if m == model}
        times = {name: number for m, name, number in sizes if m == model}
        words, own = _lay_out(model, len(image) // 2, own_scales, times, oddities)
        for point in own:
            if point.offset + point.size > (len(image) + len(words)) // 2:
                cut.add((model, point.name))
            else:
                points[model, point.name] = point
        image += words
    for model, length in oddities.vendor_models:
        image += struct.pack(">HH", model, length)
        image += b"".join(struct.pack(">H", 257 * k % 0xFFFF) for k in range(length))
    image += b"\xff\xff\x00\x00"
    by_offset = {p.offset + i: p for p in points.values() for i in range(p.size)}
    return Layout(points, by_offset, len(image) // 2, bytes(image), frozenset(cut))


def _lay_out(
    model: int,
    offset: int,
    scales: dict[str, int | None],
    times: dict[str, int],
    oddities: Oddities,
) -> tuple[bytes, list[Point]]:
    """The registers of one model and its points, those beyond a shortened end included."""
    rows = list(_rows(definition(model), times))
    if model == 1 and oddities.common_length == 65:
        rows = [row for row in rows if row[0] != "Pad"]
    change = dict(oddities.length_changes).get(model, 0)
    length = sum(row["size"] for _, row in rows) - 2 + change
    shown = scales | {n: None for m, n in oddities.missing_scale_factors if m == model}
    image, points = bytearray(), []
    for name, row in rows:
        point = _point(model, name, row, offset + len(image) // 2, scales)
        points.append(point)
        if point.packer is None:
            image += b"\x80\x00" if point.kind == "pad" else bytes(2 * point.size)
        elif point.kind == "float32":
            image += b"\x7f\xc0\x00\x00"
        else:
            image += point.packer.pack(_first_value(point, length, shown, times))
    size = 2 * (length + 2)
    return bytes(image[:size]).ljust(size, b"\xff"), points
