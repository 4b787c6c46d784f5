"""Registers of all devices that share a layout, as one matrix written a model at a time.

One row is one device. Measurements are put in for the whole bank at once, and only when somebody
reads one of its devices after a step of the physics.
"""

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from simulators.fleet import BATTERY
from simulators.maps.definitions import Layout, Point
from simulators.personalities import Personality
from simulators.physics.arrays import Floats, Integers

if TYPE_CHECKING:
    from simulators.maps.device import Device
    from simulators.physics.plant import Plant

Values = Mapping[str, "Floats | float | None"]
Words16 = NDArray[np.uint16]


class _Writer:
    """Where the named points of one model lie and how they are packed, worked out once."""

    def __init__(self, points: list[Point]) -> None:
        self.points = points
        self.size = points[0].size
        self.columns = np.array([[p.offset + k for k in range(p.size)] for p in points])
        self.multiplier = np.array([p.multiplier for p in points])[:, None]
        self.lowest = np.array([float(p.lowest) for p in points])[:, None]
        self.highest = np.array([float(p.highest) for p in points])[:, None]
        self.absent = np.array([float(p.absent) for p in points])[:, None]

    def pack(self, values: Floats) -> NDArray[np.uint64]:
        """Raw numbers of (points, devices); NaN is *not implemented*."""
        scaled = values * self.multiplier
        np.rint(scaled, out=scaled)
        missing = np.isnan(scaled)
        np.clip(scaled, self.lowest, self.highest, out=scaled)
        if missing.any():
            scaled = np.where(missing, self.absent, scaled)
        raw: NDArray[np.uint64] = scaled.astype(np.int64).view(np.uint64)
        return raw


class Bank:
    """The devices of one layout."""

    def __init__(self, layout: Layout, rows: Integers) -> None:
        self.layout, self.rows = layout, rows
        self.image: Words16 = np.zeros((rows.size, layout.size), dtype=">u2")
        self.devices: list[Device] = []
        self.fresh = -1
        self._alarms: Integers = np.zeros(rows.size, dtype=np.int64)
        self._writers: dict[tuple[int, tuple[str, ...]], list[tuple[_Writer, list[str]]]] = {}

    @cached_property
    def bytes(self) -> memoryview:
        """All rows one after another."""
        return memoryview(self.image.view(np.uint8).reshape(-1).data)

    def row(self, place: int) -> memoryview:
        width = 2 * self.layout.size
        return self.bytes[place * width : (place + 1) * width]

    @property
    def is_storage(self) -> bool:
        return self.devices[0].spec.kind == BATTERY

    @property
    def personality(self) -> Personality:
        return self.devices[0].personality

    @property
    def first_model(self) -> int:
        """The model after the common one."""
        return next(model for model, _ in self.layout.points if model != 1)

    def holds(self, model: int, name: str) -> bool:
        return (model, name) in self.layout.points

    def has(self, model: int) -> bool:
        return (model, "ID") in self.layout.points

    def alarms(self) -> Integers:
        """Alarm bits that somebody made stand, one number for each device."""
        return self._alarms

    def refresh(self, plant: "Plant") -> None:
        """Bring the measurements up to the present step."""
        self.fresh = plant.steps
        self._alarms = plant.settings.alarms[self.rows]
        self.devices[0].face.render(self, plant)
        for device in self.devices:
            if device.deadlines:
                device.count_down(plant.t)

    def put(self, model: int, values: Values) -> None:
        """Store values in engineering units, one for each device or one for all of them."""
        names = tuple(values)
        if (model, names) not in self._writers:
            self._writers[model, names] = self._compile(model, names)
        for writer, own in self._writers[model, names]:
            given = np.empty((len(own), self.rows.size))
            for k, name in enumerate(own):
                value = values[name]
                given[k] = np.nan if value is None else value
            if writer.points[0].kind == "float32":
                self._put_floats(writer, given)
            else:
                self._put_words(writer, writer.pack(given))

    def put_counters(self, model: int, values: Mapping[str, Floats]) -> None:
        """Store energy counters; they wrap as the registers do."""
        for name, value in values.items():
            if (model, name) in self.layout.cut:
                continue
            point = self.layout.points[model, name]
            if point.kind == "float32":
                self.put(model, {name: value})
                continue
            raw = np.floor(value * point.multiplier) % float(point.highest + 1)
            self._put_words(_Writer([point]), raw.astype(np.uint64)[None, :])

    def raw(self, model: int, name: str) -> Integers:
        """What one register of a model holds in each device."""
        held: Integers = self.image[:, self.layout.points[model, name].offset].astype(np.int64)
        return held

    def _compile(self, model: int, names: tuple[str, ...]) -> list[tuple[_Writer, list[str]]]:
        kinds: dict[tuple[int, bool], list[str]] = {}
        for name in names:
            if (model, name) not in self.layout.cut:
                point = self.layout.points[model, name]
                kinds.setdefault((point.size, point.kind == "float32"), []).append(name)
        points = self.layout.points
        return [(_Writer([points[model, n] for n in own]), own) for own in kinds.values()]

    def _put_words(self, writer: _Writer, raw: NDArray[np.uint64]) -> None:
        for k in range(writer.size):
            shift = np.uint64(16 * (writer.size - 1 - k))
            self.image[:, writer.columns[:, k]] = (raw >> shift).astype(np.uint16).T

    def _put_floats(self, writer: _Writer, values: Floats) -> None:
        words = values.astype(">f4").view(">u2").reshape(len(values), self.rows.size, 2)
        for k in range(2):
            self.image[:, writer.columns[:, k]] = words[:, :, k].T
