"""The holding registers of one device, in engineering units and as bytes."""

import math
from dataclasses import dataclass, field

from simulators.maps.definitions import Layout, Point

ILLEGAL_ADDRESS = 2
ILLEGAL_VALUE = 3
Range = tuple[float, float]


@dataclass(slots=True)
class Registers:
    """A device's register image over a shared layout, with the range each setting accepts."""

    layout: Layout
    image: bytearray | memoryview
    ranges: dict[tuple[int, str], Range] = field(default_factory=dict)

    @classmethod
    def of(cls, layout: Layout) -> "Registers":
        """Registers that stand for themselves, not as a row of a bank."""
        return cls(layout, bytearray(layout.image))

    def set(self, model: int, name: str, value: float | None) -> None:
        """Store a value in engineering units; None means *not implemented*."""
        if (model, name) in self.layout.cut:
            return
        point = self.layout.points[model, name]
        if point.packer is None:
            raise TypeError(f"{name} of model {model} is text")
        if point.kind == "float32":
            point.packer.pack_into(
                self.image, 2 * point.offset, math.nan if value is None else value
            )
            return
        raw = point.absent if value is None else round(value * point.multiplier)
        if value is not None:
            raw = min(max(raw, point.lowest), point.highest)
        point.packer.pack_into(self.image, 2 * point.offset, raw)

    def set_many(self, model: int, values: dict[str, float | None]) -> None:
        for name, value in values.items():
            self.set(model, name, value)

    def restrict(self, model: int, name: str, low: float, high: float) -> None:
        """Refuse writes of this setting outside low..high."""
        self.ranges[model, name] = (low, high)

    def set_text(self, model: int, name: str, text: str) -> None:
        point = self.layout.points[model, name]
        size = 2 * point.size
        self.image[2 * point.offset : 2 * point.offset + size] = text.encode()[:size].ljust(
            size, b"\0"
        )

    def get(self, model: int, name: str) -> float | None:
        point = self.layout.points.get((model, name))
        if point is None or point.packer is None:
            return None
        raw: float = point.packer.unpack_from(self.image, 2 * point.offset)[0]
        return None if raw == point.absent else raw / point.multiplier

    def number(self, model: int, name: str, default: float = 0.0) -> float:
        value = self.get(model, name)
        return default if value is None else value

    def read(self, offset: int, count: int) -> bytes | None:
        """Return the registers as bytes, or None outside the map."""
        if offset < 0 or offset + count > self.layout.size:
            return None
        return bytes(self.image[2 * offset : 2 * (offset + count)])

    def write(self, offset: int, words: bytes) -> tuple[int, list[Point]]:
        """Write all or nothing; return the Modbus exception (0 = accepted) and the points."""
        count = len(words) // 2
        if offset < 0 or offset + count > self.layout.size:
            return ILLEGAL_ADDRESS, []
        points: list[Point] = []
        at = offset
        while at < offset + count:
            point = self.layout.by_offset.get(at)
            if point is None or point.offset != at or at + point.size > offset + count:
                return ILLEGAL_VALUE, []
            start = 2 * (at - offset)
            if not self._accepts(point, words[start : start + 2 * point.size]):
                return ILLEGAL_VALUE, []
            points.append(point)
            at += point.size
        self.put(offset, words)
        return 0, points

    def put(self, offset: int, words: bytes) -> None:
        self.image[2 * offset : 2 * offset + len(words)] = words

    def break_firmware(self) -> None:
        """Show what a failed update leaves: another version, scale factors that cannot be."""
        for (model, _), point in self.layout.points.items():
            if point.kind == "sunssf" and point.packer and model != 1:
                point.packer.pack_into(self.image, 2 * point.offset, 99)
        if (1, "Vr") in self.layout.points:
            self.set_text(1, "Vr", "0.0.0-failed")

    def mend(self, version: str) -> None:
        """Undo what a failed update left."""
        for point in self.layout.points.values():
            if point.kind == "sunssf":
                start = 2 * point.offset
                self.image[start : start + 2] = self.layout.image[start : start + 2]
        if (1, "Vr") in self.layout.points:
            self.set_text(1, "Vr", version)

    def is_locked(self, point: Point) -> bool:
        """Tell whether a point belongs to a curve that its device says is read-only."""
        group = point.name.partition(".")[0]
        flag = self.layout.points.get((point.model, f"{group}.ReadOnly"))
        return flag is not None and self.get(point.model, flag.name) == 1

    def copy_group(self, model: int, source: str, target: str) -> None:
        """Copy all registers of one group of a model to its neighbour of the same shape."""
        points = self.layout.points
        names = [name for m, name in points if m == model and name.startswith(f"{source}.")]
        for name in names:
            here, there = points[model, name], points[model, target + name.removeprefix(source)]
            size = 2 * here.size
            words = self.image[2 * here.offset : 2 * here.offset + size]
            self.image[2 * there.offset : 2 * there.offset + size] = words

    def _accepts(self, point: Point, words: bytes) -> bool:
        if not point.writable or self.is_locked(point):
            return False
        if point.packer is None:
            return point.kind == "string"
        raw: int = point.packer.unpack(words)[0]
        current: int = point.packer.unpack_from(self.image, 2 * point.offset)[0]
        if point.absent in {raw, current}:
            return False
        if point.symbols and raw not in point.symbols:
            return False
        allowed = self.ranges.get((point.model, point.name))
        if allowed is None:
            return True
        slack = 0.5 / point.multiplier
        return allowed[0] - slack <= raw / point.multiplier <= allowed[1] + slack
