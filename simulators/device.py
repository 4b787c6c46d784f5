"""One machine as its Modbus map shows it: registers, controls and their timers."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from simulators.definitions import Layout, Point
from simulators.fleet import DeviceSpec
from simulators.noise import draw
from simulators.plant import Plant
from simulators.registers import Registers


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """One control function: which points belong to it, what it does and how it reverts."""

    name: str
    model: int
    points: frozenset[str]
    apply: Callable[["Device", Plant, float], None]
    is_active: Callable[[Registers], bool] | None = None
    revert: Callable[[Registers], None] | None = None
    timeout: str | None = None
    remaining: str | None = None
    window: str | None = None


class Event(NamedTuple):
    """Something a device has to do by itself later."""

    at: float
    key: str
    control: str
    is_reversion: bool


class Face(Protocol):
    """A family of maps: how a machine of this kind shows itself to a Modbus client."""

    @property
    def controls(self) -> tuple[Control, ...]: ...

    def layout(self, spec: DeviceSpec) -> Layout: ...

    def describe(self, spec: DeviceSpec, registers: Registers) -> None: ...

    def render(self, device: "Device", plant: Plant) -> None: ...


@dataclass(slots=True)
class Device:
    """Registers of one endpoint; measurements are written into them only when somebody reads."""

    index: int
    spec: DeviceSpec
    face: Face
    registers: Registers
    deadlines: dict[str, float] = field(default_factory=dict)
    rendered: int = -1
    writes: int = 0

    @classmethod
    def of(cls, index: int, spec: DeviceSpec, face: Face) -> "Device":
        registers = Registers(face.layout(spec))
        face.describe(spec, registers)
        return cls(index, spec, face, registers)

    def read(self, offset: int, count: int, plant: Plant) -> bytes | None:
        if self.rendered != plant.steps:
            self.refresh(plant)
        return self.registers.read(offset, count)

    def refresh(self, plant: Plant) -> None:
        self.face.render(self, plant)
        for control in self.face.controls:
            if control.remaining:
                left = self.deadlines.get(control.name, plant.t) - plant.t
                most = self.registers.number(control.model, control.timeout or control.remaining)
                self.registers.set(control.model, control.remaining, min(max(left, 0.0), most))
        self.rendered = plant.steps

    def write(self, offset: int, words: bytes, plant: Plant, t: float) -> tuple[int, list[Event]]:
        """Accept or refuse a write (0 = accepted) and return what has to happen later."""
        exception, points = self.registers.write(offset, words)
        if exception:
            return exception, []
        self.writes += 1
        self.rendered = -1
        events: list[Event] = []
        for control in self.face.controls:
            if any(_belongs(point, control) for point in points):
                events += self._carry_out(control, plant, t)
        return 0, events

    def _carry_out(self, control: Control, plant: Plant, t: float) -> list[Event]:
        events = []
        self.deadlines.pop(control.name, None)
        timeout = self.registers.number(control.model, control.timeout) if control.timeout else 0
        if timeout and control.is_active and control.is_active(self.registers):
            self.deadlines[control.name] = t + timeout
            events.append(Event(t + timeout, self.spec.key, control.name, is_reversion=True))
        window = self.registers.number(control.model, control.window) if control.window else 0.0
        wait = window * draw(plant.fleet.seed, self.spec.key, control.name, self.writes)
        if wait:
            events.append(Event(t + wait, self.spec.key, control.name, is_reversion=False))
        else:
            control.apply(self, plant, t)
        return events

    def happen(self, event: Event, plant: Plant, t: float) -> bool:
        """Do what was due; false when a later write has made the event void."""
        control = next(c for c in self.face.controls if c.name == event.control)
        if event.is_reversion:
            if self.deadlines.get(control.name) != event.at:
                return False
            del self.deadlines[control.name]
            if control.revert:
                control.revert(self.registers)
        self.rendered = -1
        control.apply(self, plant, t)
        return True


def _belongs(point: Point, control: Control) -> bool:
    return point.model == control.model and point.name in control.points
