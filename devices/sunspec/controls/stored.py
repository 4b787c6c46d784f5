"""What all controls with stored curves share: choosing a curve, checking it, reading it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from functools import cache
from typing import ClassVar

from typing_extensions import override

from devices.capabilities import ControlRequest, ControlState, OutOfRange
from devices.parameters import Curve, Parameters, ParametersRefused
from devices.sunspec.controls.block import NO_RAMP, NO_TIMER
from devices.sunspec.controls.control import Control
from devices.sunspec.settings import Settings

READ_ONLY = 1
READ_WRITE = 0


class StoredControl(Control):
    """A device stores several curves (or droops) and follows one of them.

    Points of a stored curve are named without their group: `field(2, "ActPt")` is `Crv_2.ActPt`.
    """

    group: ClassVar[str]
    how_many: ClassVar[str]
    enable: ClassVar[str]
    timer: ClassVar[str] = "RvrtTms"
    scaled: ClassVar[tuple[str, ...]]

    def field(self, index: int, name: str) -> str:
        return f"{self.group}_{index}.{name}"

    @cache  # noqa: B019 - controls live as long as the program
    def fields(self, index: int, names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(self.field(index, name) for name in names)

    def indices(self, settings: Settings) -> range:
        count = settings.raw(self.model, self.how_many) or 0
        held = settings.held.get(self.model)
        room = len(held.data) // 2 if held is not None else 0
        return range(1, min(count, room) + 1)

    def is_writable(self, settings: Settings, index: int) -> bool:
        flag = self.field(index, "ReadOnly")
        wanted = (flag, *(self.field(index, name) for name in self.scaled))
        return (
            settings.reaches(self.model, *wanted)
            and settings.raw(self.model, flag) != READ_ONLY
            and settings.reaches(self.model, *self.fields_of(settings, index))
        )

    @abstractmethod
    def fields_of(self, settings: Settings, index: int) -> tuple[str, ...]:
        """Every point of a stored curve that is read or written."""

    @abstractmethod
    def choose(self, settings: Settings, request: ControlRequest) -> int | None:
        """The stored curve to write into; None when all are read-only."""

    @abstractmethod
    def active(self, settings: Settings) -> int | None:
        """The stored curve that the device follows now; None when it follows none."""

    @abstractmethod
    def content(self, settings: Settings, index: int) -> Parameters | None:
        """A stored curve in the units of devices.parameters; None when it makes no sense."""

    @override
    def lacks(self, settings: Settings) -> str | None:
        if not settings.has(self.model, self.enable) or not self.indices(settings):
            return ""
        # From the end: the first is the active one, which most devices let nobody write.
        writable = next(
            (i for i in reversed(self.indices(settings)) if self.is_writable(settings, i)), None
        )
        if writable is None:
            return f"holds no curve in model {self.model} that may be written"
        return self.unscaled(settings, *(self.field(writable, n) for n in self.scaled))

    @override
    def state(self, settings: Settings) -> ControlState:
        index = self.active(settings)
        fields = self.fields_of(settings, index) if index is not None else ()
        known = [n for n in (self.enable, *fields) if settings.reaches(self.model, n)]
        return ControlState(
            function=self.function,
            enabled=self.is_on(settings) and index is not None,
            value_w=None,
            reversion_remaining_s=settings.number(self.model, "RvrtRem"),
            raw=tuple(r for name in known for r in settings.registers(self.model, (name,))),
            parameters=None if index is None else self.content(settings, index),
        )

    def is_on(self, settings: Settings) -> bool:
        return bool((settings.raw(self.model, self.enable) or 0) & 1)

    def timer_value(self, settings: Settings, request: ControlRequest) -> dict[str, int]:
        if not settings.has(self.model, self.timer):
            return {}
        size = settings.held[self.model].points[self.timer].size
        if not 0 <= request.reversion_s < (1 << 16 * size) - 1:
            raise OutOfRange(f"the device's timer cannot hold {request.reversion_s} s")
        return {self.timer: request.reversion_s if request.enable else 0}

    def notes(
        self, settings: Settings, request: ControlRequest, *, has_ramp: bool
    ) -> tuple[str, ...]:
        has_timer = settings.has(self.model, self.timer)
        notes = [NO_TIMER] if request.enable and request.reversion_s and not has_timer else []
        if request.ramp_s and not has_ramp:
            notes.append(NO_RAMP)
        return tuple(notes)

    def refuse_too_many(self, settings: Settings, curve: Curve, most: int) -> None:
        if len(curve.points) > most:
            raise OutOfRange(
                f"the device's curves have {most} points, and {len(curve.points)} were asked for"
            )


def curve_of(
    points: Sequence[tuple[float | None, float | None]], response_s: float | None
) -> Curve | None:
    """A curve from what registers hold; None when it is none."""
    whole = [(x, y) for x, y in points if x is not None and y is not None]
    if len(whole) != len(points):
        return None
    try:
        return Curve(tuple(whole), response_s)
    except ParametersRefused:
        return None
