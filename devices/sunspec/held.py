"""One model's registers as last read."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field

from devices.capabilities import ModelAt
from devices.sunspec.codec import FLOATS
from devices.sunspec.layout import Counts, Place, count_points, layout


@dataclass(frozen=True, slots=True)
class Held:
    """The bytes from the ID register on; `missing` are those registers that were refused."""

    model: ModelAt
    data: bytes
    missing: frozenset[int] = frozenset()
    counts: Counts = field(init=False, compare=False)
    points: Mapping[str, Place] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        model_id, length = self.model.id, self.model.length
        fixed = layout(model_id, length)
        counts = tuple(
            (name, self.integer(fixed[name]) or 0)
            for name in count_points(model_id)
            if name in fixed
        )
        object.__setattr__(self, "counts", counts)
        object.__setattr__(self, "points", layout(model_id, length, counts) if counts else fixed)

    def of(self, place: Place) -> bytes:
        """A point's bytes; none where the device refuses them or its model ends before."""
        if self.missing and not self.missing.isdisjoint(range(place.offset, place.end)):
            return b""
        data = self.data[2 * place.offset : 2 * place.end]
        return data if len(data) == 2 * place.size else b""

    def integer(self, place: Place) -> int | None:
        """The unscaled value of an integer point; None when the device does not implement it."""
        data = self.of(place)
        if not data or not place.is_integer:
            return None
        value = int.from_bytes(data, "big", signed=place.is_signed)
        return None if value == place.nothing else value

    def decimal(self, place: Place) -> float | None:
        """The value of a floating-point point."""
        data = self.of(place)
        if not data:
            return None
        value: float = struct.unpack(">" + FLOATS[place.type], data)[0]
        return value if value * 0.0 == 0.0 else None


def registers_in(data: bytes) -> tuple[int, ...]:
    return struct.unpack(f">{len(data) // 2}H", data)
