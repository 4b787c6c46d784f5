"""The curves and the droop of the 700 family, each with its points and references."""

from __future__ import annotations

from functools import cache
from typing import ClassVar

from typing_extensions import override

from devices.capabilities import ControlRequest, Function
from devices.parameters import Curve, Droop, Parameters, ParametersRefused
from devices.sunspec.controls.adopted import ACTIVE, AdoptedControl
from devices.sunspec.controls.control import asked_for, share_of
from devices.sunspec.controls.stored import curve_of
from devices.sunspec.settings import Settings


class AdoptedCurve(AdoptedControl):
    """A curve of points, its dependent values in percent of what `dept_ref` names."""

    group = "Crv"
    how_many = "NCrv"
    mandatory = ("ActPt", "DeptRef")
    x: ClassVar[str]
    y: ClassVar[str]
    head: ClassVar[tuple[tuple[str, ...], ...]]
    fixed: ClassVar[dict[str, int]] = {}
    dept_ref: ClassVar[int]

    @override
    @cache  # noqa: B019 - controls live as long as the program
    def parts(self, points: int) -> tuple[tuple[str, ...], ...]:
        names = tuple(f"Pt_{i}.{axis}" for i in range(1, points + 1) for axis in (self.x, self.y))
        return (*self.head, names)

    @override
    def fields_of(self, settings: Settings, index: int) -> tuple[str, ...]:
        room = settings.raw(self.model, "NPt") or 0
        used = settings.raw(self.model, self.field(index, "ActPt")) or 0
        return self.fields(index, self._flat(min(used, room)))

    @cache  # noqa: B019 - controls live as long as the program
    def _flat(self, points: int) -> tuple[str, ...]:
        return tuple(name for part in self.parts(points) for name in part)

    @override
    def asked(self, request: ControlRequest) -> tuple[Parameters, int]:
        curve = asked_for(request, Curve)
        return curve, len(curve.points)

    @override
    def fill(self, settings: Settings, index: int, asked: Parameters) -> dict[str, int]:
        assert isinstance(asked, Curve)  # noqa: S101 - `asked` gave it
        self.refuse_too_many(settings, asked, settings.raw(self.model, "NPt") or 0)
        values = {"ActPt": len(asked.points), "DeptRef": self.dept_ref, **self._fixed(settings)}
        for i, (x, y) in enumerate(asked.points, 1):
            for axis, value in ((self.x, x), (self.y, y)):
                name = f"Pt_{i}.{axis}"
                full = self.field(index, name)
                values[name] = self.to_raw(settings, full, value, nearest=True)
        if asked.response_s is not None and self._has_response(settings, index):
            full = self.field(index, "RspTms")
            values["RspTms"] = self.to_raw(settings, full, asked.response_s, nearest=True)
        return values

    def _fixed(self, settings: Settings) -> dict[str, int]:
        return dict(self.fixed)

    def _has_response(self, settings: Settings, index: int) -> bool:
        return settings.has(self.model, self.field(index, "RspTms"))

    @override
    def notes(
        self, settings: Settings, request: ControlRequest, *, has_ramp: bool
    ) -> tuple[str, ...]:
        notes = super().notes(settings, request, has_ramp=has_ramp)
        asked, _ = self.asked(request)
        index = self.choose(settings, request) or ACTIVE
        wants = isinstance(asked, Curve) and bool(asked.response_s)
        if wants and not self._has_response(settings, index):
            notes += ("the device has no response time for this curve",)
        return notes

    @override
    def rounded(
        self, settings: Settings, index: int, filled: dict[str, int], asked: Parameters
    ) -> Parameters | None:
        points = [
            tuple(
                self.from_raw(settings, self.field(index, f"Pt_{i}.{a}"), filled[f"Pt_{i}.{a}"])
                for a in (self.x, self.y)
            )
            for i in range(1, filled["ActPt"] + 1)
        ]
        response = None
        if "RspTms" in filled and self._has_response(settings, index):
            response = self.from_raw(settings, self.field(index, "RspTms"), filled["RspTms"])
        return curve_of([(x, y) for x, y in points], response)

    @override
    def content(self, settings: Settings, index: int) -> Parameters | None:
        used = settings.raw(self.model, self.field(index, "ActPt")) or 0
        if used > (settings.raw(self.model, "NPt") or 0):
            return None
        numbers = [
            (self._number(settings, index, i, self.x), self._number(settings, index, i, self.y))
            for i in range(1, used + 1)
        ]
        reference = settings.raw(self.model, self.field(index, "DeptRef"))
        points = [
            (x, None if y is None else self.to_percent(settings, y, reference)) for x, y in numbers
        ]
        return curve_of(points, settings.number(self.model, self.field(index, "RspTms")))

    def _number(self, settings: Settings, index: int, point: int, axis: str) -> float | None:
        return settings.number(self.model, self.field(index, f"Pt_{point}.{axis}"))

    def to_percent(self, settings: Settings, y: float, reference: int | None) -> float | None:
        """A dependent value in percent of what devices.parameters refers to."""
        return y if reference == self.dept_ref else None


class VarCurve(AdoptedCurve):
    """Reactive power in percent of its setting; other references are turned into that."""

    dept_ref = 1
    of_w_max: ClassVar[int] = 0
    of_va_max: ClassVar[int] = 3

    @override
    def to_percent(self, settings: Settings, y: float, reference: int | None) -> float | None:
        if reference == self.dept_ref:
            return y
        of = {self.of_w_max: settings.w_max, self.of_va_max: settings.va_max}.get(
            -1 if reference is None else reference
        )
        most = settings.var_injected_max if y >= 0 else settings.var_absorbed_max
        if of is None or most is None:
            return None
        return round(share_of(y, of) * 100 / most, 4)


class VoltVar705(VarCurve):
    """The reference voltage is the nominal one, and does not move by itself."""

    function = Function.VOLT_VAR
    model = 705
    mode_bit = 4
    x, y = "V", "Var"
    head = (("ActPt", "DeptRef", "Pri", "VRef"), ("VRefAutoEna", "VRefAutoTms", "RspTms"))
    scaled = ("Pt_1.V", "Pt_1.Var")
    kept = ("Pri", "VRefAutoTms", "RspTms")

    @override
    def _fixed(self, settings: Settings) -> dict[str, int]:
        nominal = self.to_raw(settings, self.field(ACTIVE, "VRef"), 100)
        return {"VRef": nominal, "VRefAutoEna": 0}


class VoltWatt706(AdoptedCurve):
    """Active power in percent of its setting, over voltage."""

    function = Function.VOLT_WATT
    model = 706
    mode_bit = 10
    x, y = "V", "W"
    head = (("ActPt", "DeptRef", "RspTms"),)
    dept_ref = 0
    scaled = ("Pt_1.V", "Pt_1.W")
    kept = ("RspTms",)


class WattVar712(VarCurve):
    """Reactive power over active power; this model has no response time."""

    function = Function.WATT_VAR
    model = 712
    mode_bit = 9
    x, y = "W", "Var"
    head = (("ActPt", "DeptRef", "Pri"),)
    scaled = ("Pt_1.W", "Pt_1.Var")
    kept = ("Pri",)

    @override
    def _has_response(self, settings: Settings, index: int) -> bool:
        return False


class Droop711(AdoptedControl):
    """Dead bands, droops and response time; the least power stays as the device has it."""

    function = Function.FREQUENCY_DROOP
    model = 711
    mode_bit = 5
    group = "Ctl"
    how_many = "NCtl"
    request = "AdptCtlReq"
    result = "AdptCtlRslt"
    after_reversion = "RvrtCtl"
    names: ClassVar[tuple[str, ...]] = ("DbOf", "DbUf", "KOf", "KUf", "RspTms")
    scaled = names
    mandatory = names
    kept = ("PMin",)

    @override
    def parts(self, points: int) -> tuple[tuple[str, ...], ...]:
        return ((*self.names, "PMin"),)

    @override
    def fields_of(self, settings: Settings, index: int) -> tuple[str, ...]:
        return self.fields(index, self.names)

    @override
    def asked(self, request: ControlRequest) -> tuple[Parameters, int]:
        return asked_for(request, Droop), 0

    @override
    def fill(self, settings: Settings, index: int, asked: Parameters) -> dict[str, int]:
        assert isinstance(asked, Droop)  # noqa: S101 - `asked` gave it
        numbers = (
            asked.dead_band_over_hz, asked.dead_band_under_hz, asked.droop_over, asked.droop_under,
            asked.response_s,
        )  # fmt: skip
        return {
            name: self.to_raw(settings, self.field(index, name), number, nearest=True)
            for name, number in zip(self.names, numbers, strict=True)
        }

    @override
    def rounded(
        self, settings: Settings, index: int, filled: dict[str, int], asked: Parameters
    ) -> Parameters | None:
        fields = {name: self.field(index, name) for name in self.names}
        return _droop([self.from_raw(settings, fields[n], filled[n]) for n in self.names])

    @override
    def content(self, settings: Settings, index: int) -> Parameters | None:
        return _droop([settings.number(self.model, self.field(index, n)) for n in self.names])


def _droop(numbers: list[float | None] | list[float]) -> Droop | None:
    whole = [number for number in numbers if number is not None]
    try:
        return Droop(*whole) if len(whole) == len(numbers) else None
    except ParametersRefused:
        return None
