"""One machine as its Modbus map shows it: registers, controls and their timers."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from simulators.fleet import DeviceSpec
from simulators.maps.bank import Bank
from simulators.maps.definitions import Layout, Oddities, Point
from simulators.maps.keeping import restore, snapshot
from simulators.maps.registers import ILLEGAL_ADDRESS, ILLEGAL_VALUE, Registers
from simulators.personalities import Personality
from simulators.physics.noise import draw
from simulators.physics.plant import Plant

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
    interrupted: Callable[["Device"], None] | None = None
    takes_s: Callable[["Device"], float] | None = None
    lasts_s: Callable[["Device"], float] | None = None
    counts: Callable[["Device"], bool] | None = None
    refuses: Callable[["Device"], str] | None = None


class Controls:
    """The controls a map has, and which of them a point belongs to."""

    def __init__(self, controls: tuple[Control, ...], models: frozenset[int]) -> None:
        self.all = tuple(control for control in controls if control.model in models)
        self.named = {control.name: control for control in self.all}
        self.by_point: dict[tuple[int, str], tuple[Control, ...]] = {}
        for control in self.all:
            for name in control.points:
                place = (control.model, name)
                self.by_point[place] = (*self.by_point.get(place, ()), control)


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

    def layout(self, spec: DeviceSpec, oddities: Oddities) -> Layout: ...

    def describe(self, spec: DeviceSpec, registers: Registers) -> None: ...

    def render(self, bank: Bank, plant: Plant) -> None: ...


@dataclass(slots=True)
class Device:
    """One unit: its row of a bank, what was asked of it, and what is due when."""

    index: int
    spec: DeviceSpec
    face: Face
    bank: Bank
    registers: Registers
    personality: Personality
    started: float
    controls: Controls
    delivered: bytes = b""
    deadlines: dict[str, float] = field(default_factory=dict)
    writes: int = 0
    was_set: bool = False
    beats: dict[int, float] = field(default_factory=dict)
    said: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    @property
    def is_local(self) -> bool:
        """Whether its switch stands at local: then it does nothing a remote client asks."""
        return any(self.registers.get(model, "LocRemCtl") == 1 for model in (715, 802))

    def say(self, event: str, **facts: Any) -> None:
        """Leave a line for the journal."""
        self.said.append((event, facts))

    def read(self, offset: int, count: int, plant: Plant) -> bytes | None:
        """Return the registers as bytes, or None where the map refuses."""
        if self.bank.fresh != plant.steps:
            self.bank.refresh(plant)
        for model, first, last in self.personality.refused_reads:
            start = self.registers.layout.points.get((model, "ID"))
            if start and offset <= start.offset + last and offset + count > start.offset + first:
                return None
        return self.registers.read(offset, count)

    def count_down(self, t: float) -> None:
        """Show the time left of every timer that has a register for it."""
        for name in self.deadlines:
            self._show_remaining(self.controls.named[name], t)

    def write(self, offset: int, words: bytes, plant: Plant, t: float) -> tuple[int, list[Event]]:
        """Accept or refuse a write (0 = accepted) and return what has to happen later."""
        before = bytes(self.registers.image[2 * offset : 2 * offset + len(words)])
        exception, points = self.registers.write(offset, words)
        if exception:
            return exception, []
        if self.is_local and any((p.model, p.name) not in HEARD_WHEN_LOCAL for p in points):
            return self._stay_local(offset, before)
        for control in self._touched(points):
            if control.refuses and (reason := control.refuses(self)):
                self.registers.put(offset, before)
                self.say("refused", reason=reason)
                return ILLEGAL_VALUE, []
        return 0, self.act_on(points, plant, t)

    def _stay_local(self, offset: int, before: bytes) -> tuple[int, list[Event]]:
        """Take nothing over; most machines acknowledge it all the same."""
        self.registers.put(offset, before)
        self.say("ignored", reason="the switch stands at local")
        return (ILLEGAL_ADDRESS if self.personality.when_local == "refuse" else 0), []

    def act_on(self, points: list[Point], plant: Plant, t: float) -> list[Event]:
        """Let every control take over what its points say now; returns what is due later."""
        self.writes += 1
        self.was_set = True
        events: list[Event] = []
        for control in self._touched(points):
            events += self._carry_out(control, plant, t)
        return events

    def _touched(self, points: list[Point]) -> list[Control]:
        found: dict[str, Control] = {}
        for point in points:
            for control in self.controls.by_point.get((point.model, point.name), ()):
                found[control.name] = control
        return list(found.values())

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
        self._show_remaining(control, t)
        wait = self._wait_s(control, plant)
        if wait:
            events.append(Event(t + wait, self.spec.key, control.name, is_reversion=False))
        else:
            control.apply(self, plant, t)
        return events

    def _wait_s(self, control: Control, plant: Plant) -> float:
        wait = control.takes_s(self) if control.takes_s else 0.0
        window = self.registers.number(control.model, control.window) if control.window else 0.0
        if window:
            wait += window * draw(plant.fleet.seed, self.spec.key, control.name, self.writes)
        return wait

    def _show_remaining(self, control: Control, t: float) -> None:
        left = max(self.deadlines.get(control.name, t) - t, 0.0)
        if control.remaining:
            self.registers.set(control.model, control.remaining, left)
        elif self.personality.counts_down and control.timeout and left:
            self.registers.set(control.model, control.timeout, left)

    def happen(self, event: Event, plant: Plant, t: float) -> bool:
        """Do what was due; false when a later write has made the event void."""
        control = self.controls.named[event.control]
        if event.is_reversion:
            if self.deadlines.get(control.name) != event.at:
                return False
            del self.deadlines[control.name]
            if control.revert:
                control.revert(self, plant, t)
            self._show_remaining(control, t)
        control.apply(self, plant, t)
        return True

    def kept_settings(self) -> dict[str, Any]:
        """What it would keep without power, and which of it a timer was running for."""
        return snapshot(self.registers) | {"timed": list(self.deadlines)}

    def start_with(self, kept: dict[str, Any], plant: Plant, t: float) -> None:
        """Start after an interruption: kept settings in force, timers and set-points lost."""
        self.registers.put(0, self.delivered)
        restore(self.registers, kept)
        self.deadlines.clear()
        self.beats.clear()
        self.was_set, self.started = True, t
        for control in self.controls.all:
            if control.name in kept["timed"] and control.revert:
                control.revert(self, plant, t)
            self._show_remaining(control, t)
            if control.interrupted:
                control.interrupted(self)
        for control in self.controls.all:
            control.apply(self, plant, t)

    def power_cycle(self, plant: Plant, t: float) -> None:
        """Off and on again at once."""
        self.start_with(self.kept_settings(), plant, t)
        plant.settings.service.wait(self.index)
        self.say("restarted")
