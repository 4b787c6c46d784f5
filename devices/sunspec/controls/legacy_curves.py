"""Curves of the older family (126, 132, 134): stored ones, of which ActCrv names the active."""

from __future__ import annotations

from functools import cache
from typing import ClassVar

from typing_extensions import override

from devices.capabilities import (
    Compare,
    ControlRequest,
    Function,
    NotSupported,
    RegisterWrite,
    WritePlan,
)
from devices.parameters import Curve, Parameters
from devices.sunspec.controls.control import asked_for, share_of
from devices.sunspec.controls.stored import StoredControl, curve_of
from devices.sunspec.quirks.quirk import Quirks
from devices.sunspec.settings import Settings

HEAD = ("ActCrv", "ModEna", "WinTms", "RvrtTms", "RmpTms")
MOST_POINTS = 20


class LegacyCurve(StoredControl):
    """The head carries curve, enable and timer in one write, after the curve's own points."""

    group = "curve"
    how_many = "NCrv"
    enable = "ModEna"
    x: ClassVar[str]
    y: ClassVar[str]
    response: ClassVar[str]
    first: ClassVar[tuple[str, ...]] = ("ActPt", "DeptRef")
    dept_ref: ClassVar[int | None]

    @cache  # noqa: B019 - controls live as long as the program
    def names(self, points: int) -> tuple[str, ...]:
        numbered = (f"{axis}{i}" for i in range(1, points + 1) for axis in (self.x, self.y))
        return (*self.first, *numbered)

    @override
    def fields_of(self, settings: Settings, index: int) -> tuple[str, ...]:
        used = settings.raw(self.model, self.field(index, "ActPt")) or 0
        return self.fields(index, self.names(min(used, self._most(settings))))

    def _most(self, settings: Settings) -> int:
        return min(settings.raw(self.model, "NPt") or 0, MOST_POINTS)

    @override
    def lacks(self, settings: Settings) -> str | None:
        if not settings.has(self.model, "ActCrv") or not settings.reaches(self.model, *HEAD):
            return ""
        return super().lacks(settings)

    @override
    def active(self, settings: Settings) -> int | None:
        index = settings.raw(self.model, "ActCrv") or 0
        return index if index in self.indices(settings) else None

    @override
    def choose(self, settings: Settings, request: ControlRequest) -> int | None:
        """The active one when it already holds what is asked, else another than the active one."""
        writable = [i for i in self.indices(settings) if self.is_writable(settings, i)]
        active = self.active(settings)
        if active is not None and active in writable and self._holds(settings, active, request):
            return active
        return next(iter((*(i for i in writable if i != active), *writable)), None)

    def _holds(self, settings: Settings, index: int, request: ControlRequest) -> bool:
        filled = self._fill(settings, index, asked_for(request, Curve))
        return all(settings.raw(self.model, name) == raw for name, raw in filled.items())

    @override
    def plan(self, settings: Settings, quirks: Quirks, request: ControlRequest) -> WritePlan:
        if not request.enable:
            off = settings.write(self.model, (self.enable,), {self.enable: 0}, enable=self.enable)
            return WritePlan(request, (off,), None, reverts_in_device=False)
        asked = asked_for(request, Curve)
        self.refuse_too_many(settings, asked, self._most(settings))
        index = self.choose(settings, request)
        if index is None:
            raise NotSupported(f"the device holds no curve in model {self.model} to write into")
        filled = self._fill(settings, index, asked)
        return WritePlan(
            request=request,
            writes=(
                *self._curve_writes(settings, index, filled, len(asked.points)),
                self._head_write(settings, index, request),
            ),
            value_w=None,
            reverts_in_device=request.reversion_s > 0 and settings.has(self.model, self.timer),
            notes=self._all_notes(settings, index, request, asked),
            parameters=self._rounded(settings, index, filled, asked),
        )

    def _curve_writes(
        self, settings: Settings, index: int, filled: dict[str, int], points: int
    ) -> tuple[RegisterWrite, ...]:
        names = tuple(self.field(index, name) for name in self.names(points))
        writes = [settings.write(self.model, names, filled, always=names)]
        single = [name for name in filled if name not in names]
        writes += [settings.write(self.model, (name,), filled) for name in single]
        return tuple(writes)

    def _head_write(self, settings: Settings, index: int, request: ControlRequest) -> RegisterWrite:
        values = {"ActCrv": index, "ModEna": 1, "WinTms": 0, "RmpTms": request.ramp_s or 0}
        values |= self.timer_value(settings, request)
        compare = {self.timer: Compare.COUNTS_DOWN}
        return settings.write(self.model, HEAD, values, compare, enable=self.enable)

    def _all_notes(
        self, settings: Settings, index: int, request: ControlRequest, asked: Curve
    ) -> tuple[str, ...]:
        notes = self.notes(settings, request, has_ramp=settings.has(self.model, "RmpTms"))
        if asked.response_s and not settings.has(self.model, self.field(index, self.response)):
            notes += ("the device has no response time for this curve",)
        return notes

    def _fill(self, settings: Settings, index: int, asked: Curve) -> dict[str, int]:
        values = {self.field(index, "ActPt"): len(asked.points)}
        if self.dept_ref is not None:
            values[self.field(index, "DeptRef")] = self.dept_ref
        for i, (x, y) in enumerate(asked.points, 1):
            for axis, value in ((self.x, x), (self.y, y)):
                name = self.field(index, f"{axis}{i}")
                values[name] = self.to_raw(settings, name, value, nearest=True)
        response = self.field(index, self.response)
        if asked.response_s is not None and settings.has(self.model, response):
            values[response] = self.to_raw(settings, response, asked.response_s, nearest=True)
        return values

    def _rounded(
        self, settings: Settings, index: int, filled: dict[str, int], asked: Curve
    ) -> Parameters | None:
        points = [
            (self._value(settings, index, f"{self.x}{i}", filled),
             self._value(settings, index, f"{self.y}{i}", filled))
            for i in range(1, len(asked.points) + 1)
        ]  # fmt: skip
        response = self.field(index, self.response)
        held = filled.get(response)
        response_s = None if held is None else self.from_raw(settings, response, held)
        return curve_of(points, response_s)

    def _value(self, settings: Settings, index: int, name: str, filled: dict[str, int]) -> float:
        full = self.field(index, name)
        return self.from_raw(settings, full, filled[full])

    @override
    def content(self, settings: Settings, index: int) -> Parameters | None:
        used = settings.raw(self.model, self.field(index, "ActPt")) or 0
        if used > self._most(settings):
            return None
        reference = settings.raw(self.model, self.field(index, "DeptRef"))
        points = []
        for i in range(1, used + 1):
            x = settings.number(self.model, self.field(index, f"{self.x}{i}"))
            y = settings.number(self.model, self.field(index, f"{self.y}{i}"))
            points.append((x, None if y is None else self._to_percent(settings, y, reference)))
        return curve_of(points, settings.number(self.model, self.field(index, self.response)))

    def _to_percent(self, settings: Settings, y: float, reference: int | None) -> float | None:
        return y if reference == self.dept_ref else None


class VoltVar126(LegacyCurve):
    """Reactive power in percent of its setting, over voltage."""

    function = Function.VOLT_VAR
    model = 126
    x, y = "V", "VAr"
    response = "RmpTms"
    dept_ref = 2
    scaled = ("V1", "VAr1")
    of_w_max: ClassVar[int] = 1

    @override
    def _to_percent(self, settings: Settings, y: float, reference: int | None) -> float | None:
        if reference != self.of_w_max:
            return super()._to_percent(settings, y, reference)
        most = settings.var_injected_max if y >= 0 else settings.var_absorbed_max
        if settings.w_max is None or most is None:
            return None
        return round(share_of(y, settings.w_max) * 100 / most, 4)


class VoltWatt132(LegacyCurve):
    """Active power in percent of its setting, over voltage."""

    function = Function.VOLT_WATT
    model = 132
    x, y = "V", "W"
    response = "RmpPt1Tms"
    dept_ref = 1
    scaled = ("V1", "W1")


class FrequencyWatt134(LegacyCurve):
    """In percent of its own reference power, which is the active power setting by default."""

    function = Function.FREQUENCY_WATT
    model = 134
    x, y = "Hz", "W"
    response = "RmpPT1Tms"
    first = ("ActPt",)
    dept_ref = None
    scaled = ("Hz1", "W1")

    @override
    def _fill(self, settings: Settings, index: int, asked: Curve) -> dict[str, int]:
        values = super()._fill(settings, index, asked)
        snapshot = self.field(index, "SnptW")
        if settings.raw(self.model, snapshot):
            # With a snapshot the percentages would refer to the power when the event began.
            values[snapshot] = 0
        return values

    @override
    def _to_percent(self, settings: Settings, y: float, reference: int | None) -> float | None:
        return y
