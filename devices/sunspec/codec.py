"""Between register bytes and values: compiled decoders for polls, a complete one for looking."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache

from devices.capabilities import PointValue
from devices.sunspec.definitions import Group, Point, definition

# Register type: struct code and the raw value that means "not implemented".
INTEGERS: dict[str, tuple[str, int]] = {
    "int16": ("h", -0x8000),
    "sunssf": ("h", -0x8000),
    "uint16": ("H", 0xFFFF),
    "count": ("H", 0xFFFF),
    "enum16": ("H", 0xFFFF),
    "bitfield16": ("H", 0xFFFF),
    "acc16": ("H", 0),
    "int32": ("i", -0x80000000),
    "uint32": ("I", 0xFFFFFFFF),
    "enum32": ("I", 0xFFFFFFFF),
    "bitfield32": ("I", 0xFFFFFFFF),
    "acc32": ("I", 0),
    "int64": ("q", -0x8000000000000000),
    "uint64": ("Q", 0xFFFFFFFFFFFFFFFF),
    "acc64": ("Q", 0),
}
FLOATS = {"float32": "f", "float64": "d"}
SCALE_NOT_IMPLEMENTED = -0x8000
# Multiplier and divisor: 4998 / 100 is 49.98, 4998 * 0.01 is not.
SCALES: dict[int, tuple[int, int]] = {
    exponent: (10**exponent, 1) if exponent >= 0 else (1, 10**-exponent)
    for exponent in range(-10, 11)
}

Value = int | float | None


def nothing(point: Point) -> int | None:
    """The raw value by which a device says that it does not implement an integer point.

    An accumulator at 0 is "not accumulated"; a mandatory one cannot be missing, so its 0 is the
    count of a device that has not counted yet.
    """
    if point.mandatory and point.type.startswith("acc"):
        return None
    return INTEGERS[point.type][1]


@dataclass(frozen=True, slots=True)
class ScaleFault:
    """A scale factor that leaves implemented points without a value."""

    scale_factor: str
    raw: int
    points: tuple[str, ...]

    @property
    def out_of_range(self) -> bool:
        return self.raw != SCALE_NOT_IMPLEMENTED

    def words(self) -> str:
        what = f"is {self.raw}, outside -10..10" if self.out_of_range else "is not implemented"
        return f"{self.scale_factor} {what}, so {', '.join(self.points)} cannot be told"


Decoded = tuple[tuple[Value, ...], tuple[ScaleFault, ...]]


@dataclass(frozen=True, slots=True)
class Decoder:
    """Decodes the wanted points of one model out of a block that starts at register `first`.

    `decode(data, at)` takes the bytes of a reply and where in them register `first` lies.
    """

    first: int
    count: int
    wanted: tuple[str, ...]
    decode: Callable[[bytes, int], Decoded]


@cache
def decoder(model_id: int, wanted: tuple[str, ...], length: int) -> Decoder:
    """Compile a decoder; points beyond the device's model length come out as None."""
    known = definition(model_id)
    if known is None:
        raise KeyError(f"SunSpec defines no model {model_id}")
    registers = length + 2
    points = [known.point(name) for name in wanted]
    there = [point for point in points if point.offset + point.size <= registers]
    factors = {
        point.scale_factor: known.point(point.scale_factor)
        for point in there
        if isinstance(point.scale_factor, str)
    }
    readable = {name: factor for name, factor in factors.items() if factor.offset < registers}
    fields = sorted([*there, *readable.values()], key=lambda point: point.offset)
    fields = [p for i, p in enumerate(fields) if i == 0 or p.name != fields[i - 1].name]
    if not fields:
        return Decoder(0, 0, wanted, lambda _data, _at: ((None,) * len(wanted), ()))
    first = fields[0].offset
    last = fields[-1].offset + fields[-1].size
    decode = _compile(fields, points, set(readable), first)
    return Decoder(first, last - first, wanted, decode)


def _compile(
    fields: list[Point], points: list[Point], factors: set[str], first: int
) -> Callable[[bytes, int], Decoded]:
    """Write the decoder as source, as dataclasses do: one unpack, one expression a point."""
    unpack = struct.Struct(_layout(fields, first)).unpack_from
    names = {field.name for field in fields}
    lines = ["def decode(data, at):"]
    lines.append(f"    {' '.join(f'r_{field.name},' for field in fields)} = unpack(data, at)")
    lines += [f"    k_{name} = scale(r_{name})" for name in sorted(factors)]
    values = [_expression(point, factors) if point.name in names else "None" for point in points]
    lines.append(f"    values = ({' '.join(f'{value},' for value in values)})")
    if factors:
        lost = " or ".join(f"k_{name} is None" for name in sorted(factors))
        raws = " ".join(f"r_{field.name}," for field in fields)
        lines.append(f"    if {lost}:")
        lines.append(f"        return values, explain(({raws}))")
    lines.append("    return values, ()")

    def explain(raws: tuple[Value, ...]) -> tuple[ScaleFault, ...]:
        by_name = {field.name: raw for field, raw in zip(fields, raws, strict=True)}
        return _scale_faults(points, by_name)

    scope: dict[str, object] = {"unpack": unpack, "scale": SCALES.get, "explain": explain}
    exec("\n".join(lines), scope)  # noqa: S102 - the source comes from SunSpec's definitions only
    return scope["decode"]  # type: ignore[return-value]  # made by the lines above


def _layout(fields: list[Point], first: int) -> str:
    layout, at = ">", first
    for field in fields:
        if field.offset > at:
            layout += f"{2 * (field.offset - at)}x"
        code = INTEGERS[field.type][0] if field.type in INTEGERS else FLOATS[field.type]
        layout += code
        at = field.offset + field.size
    return layout


def _expression(point: Point, factors: set[str]) -> str:
    raw = f"r_{point.name}"
    if point.type in FLOATS:
        # Neither NaN nor an infinity times zero is zero.
        return f"({raw} if {raw} * 0.0 == 0.0 else None)"
    missing = "False" if nothing(point) is None else f"{raw} == {nothing(point)}"
    factor = point.scale_factor
    if factor is None:
        return f"(None if {missing} else {raw})"
    if isinstance(factor, int):
        times, over = SCALES[factor]
        return f"(None if {missing} else {raw} * {times} / {over})"
    if factor not in factors:
        return "None"
    scale = f"k_{factor}"
    return f"(None if {missing} or {scale} is None else {raw} * {scale}[0] / {scale}[1])"


def _scale_faults(points: list[Point], raws: dict[str, Value]) -> tuple[ScaleFault, ...]:
    """Name the scale factors that cost an implemented point its value."""
    lost: dict[str, list[str]] = {}
    for point in points:
        factor = point.scale_factor
        if not isinstance(factor, str) or raws.get(factor) in SCALES:
            continue
        raw = raws.get(point.name)
        if raw is not None and raw != INTEGERS[point.type][1]:
            lost.setdefault(factor, []).append(point.name)
    return tuple(
        ScaleFault(factor, int(raws.get(factor) or SCALE_NOT_IMPLEMENTED), tuple(names))
        for factor, names in sorted(lost.items())
    )


def decode_model(
    model_id: int, data: bytes, missing: frozenset[int] = frozenset()
) -> tuple[dict[str, PointValue], tuple[str, ...]]:
    """Decode everything of a model from its ID register on, as far as the bytes go.

    `missing` are registers whose bytes are no answer of the device: their points become None.

    Points of groups are named `curve_1.V1`, `Crv_2.Pt_3.V`, `PFWInj.PF`; the others as SunSpec
    names them. The second value holds sentences about what could not be told.
    """
    known = definition(model_id)
    if known is None:
        return {}, (f"SunSpec defines no model {model_id}",)
    walk = _Walk(data, missing)
    walk.group(known.top, 0, "", {})
    flags = [f"model {model_id}: {fault.words()}" for fault in walk.faults]
    if missing:
        flags.append(f"model {model_id}: the device refuses {len(missing)} of its registers")
    if walk.short:
        flags.append(f"model {model_id} ends before {walk.short}")
    return walk.values, tuple(flags)


class _Walk:
    """One pass over a model's bytes, group by group."""

    def __init__(self, data: bytes, missing: frozenset[int]) -> None:
        self.data = data
        self.missing = missing
        self.values: dict[str, PointValue] = {}
        self.faults: list[ScaleFault] = []
        self.short = ""

    def group(self, group: Group, start: int, prefix: str, outer: dict[str, Value]) -> int:
        """Decode one group from register `start`; returns the register behind it."""
        raws: dict[str, Value] = {}
        for point in group.points:
            at = 2 * (start + point.offset)
            piece = self.data[at : at + 2 * point.size]
            if len(piece) < 2 * point.size:
                if point.type != "pad":
                    self.short = self.short or prefix + point.name
                continue
            if self.missing and not self.missing.isdisjoint(
                range(start + point.offset, start + point.offset + point.size)
            ):
                self.values[prefix + point.name] = None
            elif point.type in INTEGERS:
                raws[point.name] = struct.unpack(">" + INTEGERS[point.type][0], piece)[0]
            else:
                self.values[prefix + point.name] = _text_or_float(point, piece)
        scope = outer | raws
        for point in group.points:
            if point.name in raws:
                self.values[prefix + point.name] = self._value(
                    point, raws[point.name], scope, prefix
                )
        at = start + sum(point.size for point in group.points)
        for inner in group.groups:
            at = self._repeat(inner, at, prefix, scope)
        return at

    def _repeat(self, group: Group, start: int, prefix: str, scope: dict[str, Value]) -> int:
        at, left = start, len(self.data) // 2 - start
        if group.count == 1:
            return self.group(group, at, f"{prefix}{group.name}.", scope)
        times = scope.get(group.count) if isinstance(group.count, str) else group.count
        if group.count == 0:
            times = max(0, left) // group.size if group.size else 0
        for index in range(1, int(times or 0) + 1):
            if 2 * at >= len(self.data):
                self.short = self.short or f"{prefix}{group.name}_{index}"
                break
            at = self.group(group, at, f"{prefix}{group.name}_{index}.", scope)
        return at

    def _value(self, point: Point, raw: Value, scope: dict[str, Value], prefix: str) -> PointValue:
        if raw is None or raw == nothing(point):
            return None
        factor = point.scale_factor
        if factor is None:
            return raw
        exponent = factor if isinstance(factor, int) else scope.get(factor)
        scale = SCALES.get(int(exponent)) if exponent is not None else None
        if scale is None and raw == INTEGERS[point.type][1]:
            return None
        if scale is None:
            raw_factor = SCALE_NOT_IMPLEMENTED if exponent is None else int(exponent)
            self.faults.append(ScaleFault(str(factor), raw_factor, (prefix + point.name,)))
            return None
        return raw * scale[0] if scale[1] == 1 else raw / scale[1]


def _text_or_float(point: Point, piece: bytes) -> PointValue:
    if point.type in FLOATS:
        number: float = struct.unpack(">" + FLOATS[point.type], piece)[0]
        return number if math.isfinite(number) else None
    if point.type == "string":
        return text(piece)
    if point.type == "pad":
        return int.from_bytes(piece, "big")
    return _address(point, piece)


def _address(point: Point, piece: bytes) -> str | None:
    if point.type == "eui48":
        piece = piece[2:]
        return piece.hex(":").upper() if _is_address(piece) else None
    if not _is_address(piece):
        return None
    if point.type == "ipaddr":
        return ".".join(str(byte) for byte in piece)
    return piece.hex(":", 4).upper()


def _is_address(piece: bytes) -> bool:
    return any(piece) and piece != b"\xff" * len(piece)


def text(piece: bytes) -> str | None:
    """A string point: UTF-8 up to its padding, None when it holds nothing."""
    if not piece or piece[0] in {0x00, 0xFF} or piece[:2] == b"\x80\x00":
        return None
    return piece.rstrip(b"\0").decode("utf-8", errors="replace")


@lru_cache(maxsize=4096)
def encode(value: int, point_type: str) -> tuple[int, ...]:
    """The registers of an integer point; raises ValueError when it does not fit."""
    code = INTEGERS[point_type][0]
    try:
        packed = struct.pack(">" + code, value)
    except struct.error as fault:
        raise ValueError(f"{value} does not fit into {point_type}") from fault
    return struct.unpack(f">{len(packed) // 2}H", packed)


def normalise_power_factor(value: float | None) -> float | None:
    """Bring a power factor to -1..1: devices give it as a ratio or in percent, under one model.

    0.05 stays a ratio; anything beyond 1.1 can only be percent.
    """
    if value is None or abs(value) > 110.0:
        return None
    if abs(value) > 1.1:
        value /= 100.0
    return max(-1.0, min(1.0, value))
