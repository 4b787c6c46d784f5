"""Controls whose set-point, timer and enable stand in neighbouring registers."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

from typing_extensions import override

from devices.capabilities import (
    Compare,
    ControlRequest,
    ControlState,
    OutOfRange,
    RegisterWrite,
    WritePlan,
)
from devices.parameters import Parameters
from devices.sunspec.controls.control import Control, Wanted
from devices.sunspec.quirks.quirk import Quirks
from devices.sunspec.settings import Settings

NO_TIMER = "the device has no reversion timer for this: only a later command ends it"
NO_RAMP = "the device has no ramp time for this: it moves at its own rate"


class BlockControl(Control):
    """One write carries everything, unless the model keeps parts of it elsewhere.

    `points` are written together; `before` are further runs of neighbouring points that a model
    keeps apart, and which are written first. `needed` must be implemented beside `enable`.
    """

    points: ClassVar[tuple[str, ...]]
    before: ClassVar[tuple[tuple[str, ...], ...]] = ()
    enable: ClassVar[str]
    needed: ClassVar[tuple[str, ...]] = ()
    timer: ClassVar[str] = ""
    remaining: ClassVar[str] = ""
    ramp: ClassVar[str] = ""
    on: ClassVar[int] = 1
    off: ClassVar[int] = 0
    timer_counts_down: ClassVar[bool] = False
    toggles: ClassVar[bool] = True

    @abstractmethod
    def wanted(self, settings: Settings, request: ControlRequest) -> Wanted:
        """Raw values for the request."""

    @abstractmethod
    def held(self, settings: Settings) -> tuple[float | None, Parameters | None]:
        """What the device's registers ask it to do: a value in W, parameters, or neither."""

    @override
    def lacks(self, settings: Settings) -> str | None:
        if not settings.has(self.model, self.enable, *self.needed):
            return ""
        runs = (*self.parts(settings), self.points_for(settings))
        if not all(settings.reaches(self.model, *run) for run in runs):
            return ""
        return self.unscaled(settings, *self.needed)

    def parts(self, settings: Settings) -> tuple[tuple[str, ...], ...]:
        """The runs of points that stand apart; what a device needs may depend on what it is."""
        return self.before

    def switches(self, settings: Settings) -> tuple[tuple[str, ...], ...]:
        """The runs that hold an enable: a release writes all of them, and nothing else."""
        return (self.points_for(settings),)

    def points_for(self, settings: Settings) -> tuple[str, ...]:
        """The run of neighbouring points that is written together."""
        return self.points

    @override
    def plan(self, settings: Settings, quirks: Quirks, request: ControlRequest) -> WritePlan:
        wanted = self.wanted(settings, request) if request.enable else Wanted()
        has_timer = bool(self.timer) and settings.has(self.model, self.timer)
        values = {**wanted.values, **self._switch(request), **self._times(settings, request)}
        return WritePlan(
            request=request,
            writes=self._writes(settings, quirks, request, values),
            value_w=wanted.value_w,
            reverts_in_device=request.enable and request.reversion_s > 0 and has_timer,
            notes=(*wanted.notes, *self._notes(request, has_timer=has_timer)),
            parameters=wanted.parameters,
        )

    def _switch(self, request: ControlRequest) -> dict[str, int]:
        return {self.enable: self.on if request.enable else self.off}

    def _times(self, settings: Settings, request: ControlRequest) -> dict[str, int]:
        """Time-out, ramp, and no window: a window would delay by a random time."""
        values: dict[str, int] = {}
        if self.timer and settings.has(self.model, self.timer):
            size = settings.held[self.model].points[self.timer].size
            if not 0 <= request.reversion_s < (1 << 16 * size) - 1:
                raise OutOfRange(f"the device's timer cannot hold {request.reversion_s} s")
            values[self.timer] = request.reversion_s if request.enable else 0
        window = self.timer.replace("RvrtTms", "WinTms")
        if window != self.timer and window in self.points_for(settings):
            values[window] = 0
        if self.ramp:
            values[self.ramp] = request.ramp_s or 0
        return values

    def _notes(self, request: ControlRequest, *, has_timer: bool) -> tuple[str, ...]:
        notes = [NO_TIMER] if request.reversion_s and request.enable and not has_timer else []
        if request.ramp_s and not self.ramp:
            notes.append(NO_RAMP)
        return tuple(notes)

    def _writes(
        self,
        settings: Settings,
        quirks: Quirks,
        request: ControlRequest,
        values: dict[str, int],
    ) -> tuple[RegisterWrite, ...]:
        points = self.points_for(settings)
        compare: dict[str, Compare] = {}
        if self.timer_counts_down and self.timer:
            compare[self.timer] = Compare.COUNTS_DOWN
        if not request.enable:
            # Off is off: what the other registers of the block say does not matter then.
            runs = self.switches(settings)
            compare = {n: Compare.IGNORED for run in runs for n in run if n not in self.enables}
            return tuple(self._write(settings, run, values, compare) for run in runs)
        first = tuple(self._write(settings, part, values, compare) for part in self.parts(settings))
        if self.toggles and quirks.toggle_enable and settings.raw(self.model, self.enable):
            off = settings.write(self.model, (self.enable,), {self.enable: self.off}, {})
            first += (RegisterWrite(off.addr, off.registers, (Compare.IGNORED,)),)
        return (*first, self._write(settings, points, values, compare))

    @property
    def enables(self) -> tuple[str, ...]:
        return (self.enable,)

    def _write(
        self,
        settings: Settings,
        names: tuple[str, ...],
        values: dict[str, int],
        compare: dict[str, Compare],
    ) -> RegisterWrite:
        enable = next((name for name in self.enables if name in names), "")
        return settings.write(self.model, names, values, compare, enable=enable)

    @override
    def state(self, settings: Settings) -> ControlState:
        value_w, parameters = self.held(settings)
        runs = (*self.parts(settings), self.points_for(settings))
        return ControlState(
            function=self.function,
            enabled=self.is_on(settings),
            value_w=value_w,
            reversion_remaining_s=(
                settings.number(self.model, self.remaining) if self.remaining else None
            ),
            raw=tuple(r for run in runs for r in settings.registers(self.model, run)),
            parameters=parameters,
        )

    def is_on(self, settings: Settings) -> bool:
        return bool(settings.raw(self.model, self.enable))
