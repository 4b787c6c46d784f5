"""One machine as its Modbus map shows it: registers, controls and their timers."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any, NamedTuple, Protocol

from simulators.definitions import Layout, Point
from simulators.fleet import DeviceSpec
from simulators.noise import draw
from simulators.plant import Plant
from simulators.registers import ILLEGAL_VALUE, Registers

# A switch at local does not stop the controller from being heard.
HEARD_WHEN_LOCAL = frozenset(((715, "ControllerHb"), (715, "AlarmReset"), (802, "CtrlHb")))


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """One control function: which points belong to it, what it does and how it reverts.

    `begin` happens with the write, `apply` after `takes_s` (or the random wait of `window`).
    `refuses` gives the reason why what was just written cannot be taken over; a write that does
    not count leaves even the timer alone.
    """

    name: str
    model: int
    points: frozenset[str]
    apply: Callable[["Device", Plant, float], None]
    is_active: Callable[[Registers], bool] | None = None
    revert: Callable[["Device", Plant, float], None] | None = None
    timeout: str | None = None
    remaining: str | None = None
    window: str | None = None
    begin: Callable[["Device"], None] | None = None
    takes_s: float = 0.0
    lasts_s: Callable[["Device"], float] | None = None
    counts: Callable[["Device"], bool] | None = None
    refuses: Callable[["Device"], str] | None = None


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
    started: float = 0.0
    alarms: int = 0
    controls: tuple[Control, ...] = ()
    beats: dict[int, float] = field(default_factory=dict)
    said: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    @classmethod
    def of(cls, index: int, spec: DeviceSpec, face: Face, t: float = 0.0) -> "Device":
        registers = Registers(face.layout(spec))
        face.describe(spec, registers)
        controls = _controls_of(face.controls, frozenset(m for m, _ in registers.layout.points))
        return cls(index, spec, face, registers, started=t, controls=controls)

    @property
    def is_local(self) -> bool:
        """Whether its switch stands at local: then it does nothing a remote client asks."""
        return any(
            self.registers.get(model, "LocRemCtl") == 1
            for model in (715, 802)
            if (model, "LocRemCtl") in self.registers.layout.points
        )

    def say(self, event: str, **facts: Any) -> None:
        """Leave a line for the journal."""
        self.said.append((event, facts))

    def read(self, offset: int, count: int, plant: Plant) -> bytes | None:
        if self.rendered != plant.steps:
            self.refresh(plant)
        return self.registers.read(offset, count)

    def refresh(self, plant: Plant) -> None:
        self.face.render(self, plant)
        for control in self.controls:
            if control.remaining:
                left = self.deadlines.get(control.name, plant.t) - plant.t
                most = self.registers.number(control.model, control.timeout or control.remaining)
                self.registers.set(control.model, control.remaining, min(max(left, 0.0), most))
        self.rendered = plant.steps

    def write(self, offset: int, words: bytes, plant: Plant, t: float) -> tuple[int, list[Event]]:
        """Accept or refuse a write (0 = accepted) and return what has to happen later."""
        before = bytes(self.registers.image[2 * offset : 2 * offset + len(words)])
        exception, points = self.registers.write(offset, words)
        if exception:
            return exception, []
        touched = self._touched(points)
        reasons = [reason for c in touched if c.refuses and (reason := c.refuses(self))]
        if self.is_local and any((p.model, p.name) not in HEARD_WHEN_LOCAL for p in points):
            # Acknowledged and not carried out: what a client must find out by reading back.
            self.registers.put(offset, before)
            self.say("ignored", reason="the switch stands at local")
            return 0, []
        if reasons:
            self.registers.put(offset, before)
            self.say("refused", reason=reasons[0])
            return ILLEGAL_VALUE, []
        return 0, self.act_on(points, plant, t)

    def act_on(self, points: list[Point], plant: Plant, t: float) -> list[Event]:
        """Let every control take over what its points say now; returns what is due later."""
        self.writes += 1
        self.rendered = -1
        events: list[Event] = []
        for control in self._touched(points):
            events += self._carry_out(control, plant, t)
        return events

    def _touched(self, points: list[Point]) -> list[Control]:
        return [c for c in self.controls if any(_belongs(point, c) for point in points)]

    def _carry_out(self, control: Control, plant: Plant, t: float) -> list[Event]:
        events: list[Event] = []
        if control.counts and not control.counts(self):
            return events
        self.deadlines.pop(control.name, None)
        if control.begin:
            control.begin(self)
        timeout = self.registers.number(control.model, control.timeout) if control.timeout else 0.0
        if control.lasts_s:
            timeout = control.lasts_s(self)
        if timeout and control.is_active and control.is_active(self.registers):
            self.deadlines[control.name] = t + timeout
            events.append(Event(t + timeout, self.spec.key, control.name, is_reversion=True))
        window = self.registers.number(control.model, control.window) if control.window else 0.0
        wait = control.takes_s
        if window:
            wait += window * draw(plant.fleet.seed, self.spec.key, control.name, self.writes)
        if wait:
            events.append(Event(t + wait, self.spec.key, control.name, is_reversion=False))
        else:
            control.apply(self, plant, t)
        return events

    def happen(self, event: Event, plant: Plant, t: float) -> bool:
        """Do what was due; false when a later write has made the event void."""
        control = next(c for c in self.controls if c.name == event.control)
        if event.is_reversion:
            if self.deadlines.get(control.name) != event.at:
                return False
            del self.deadlines[control.name]
            if control.revert:
                control.revert(self, plant, t)
        self.rendered = -1
        control.apply(self, plant, t)
        return True


@cache
def _controls_of(controls: tuple[Control, ...], models: frozenset[int]) -> tuple[Control, ...]:
    return tuple(control for control in controls if control.model in models)


def _belongs(point: Point, control: Control) -> bool:
    return point.model == control.model and point.name in control.points
