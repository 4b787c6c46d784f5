"""Reactive power: a fixed power factor, and a fixed amount."""

from __future__ import annotations

from typing import ClassVar

from typing_extensions import override

from devices.capabilities import (
    ControlRequest,
    Function,
    NotSupported,
    OutOfRange,
)
from devices.parameters import Excitation, Parameters, PowerFactor, ReactivePower
from devices.sunspec.controls.block import BlockControl
from devices.sunspec.controls.control import Wanted, asked_for, percent_of, share_of
from devices.sunspec.settings import Settings

OVER_EXCITED, UNDER_EXCITED = 0, 1
NO_SIGN = (
    "the device does not say which sign means injecting: a negative power factor does, as"
    " SunSpec's definition has it (EEI)"
)


def _power_factor(value: float | None, excitation: Excitation) -> PowerFactor | None:
    if value is None or not 0.0 <= abs(value) <= 1.0:
        return None
    rounded = round(abs(value), 6)
    # At 1 there is nothing to inject or to absorb.
    return PowerFactor(rounded, Excitation.INJECTING if rounded == 1.0 else excitation)


class PowerFactor704(BlockControl):
    """The value and its excitation are one group, written together before the enable.

    A device with storage gets the same power factor for both directions of its active power.
    """

    function = Function.FIXED_POWER_FACTOR
    model = 704
    mode_bit = 3
    points = ("PFWInjEna", "PFWInjEnaRvrt", "PFWInjRvrtTms")
    before = (("PFWInj.PF", "PFWInj.Ext"),)
    enable = "PFWInjEna"
    needed = ("PFWInj.PF", "PFWInj.Ext")
    timer = "PFWInjRvrtTms"
    remaining = "PFWInjRvrtRem"
    absorbing: ClassVar[tuple[str, ...]] = ("PFWAbs.PF", "PFWAbs.Ext")
    absorbing_switch: ClassVar[tuple[str, ...]] = ("PFWAbsEna", "PFWAbsEnaRvrt", "PFWAbsRvrtTms")

    def both_ways(self, settings: Settings) -> bool:
        return settings.charge_max_w is not None and settings.has(704, "PFWAbsEna", *self.absorbing)

    @override
    def parts(self, settings: Settings) -> tuple[tuple[str, ...], ...]:
        if self.both_ways(settings):
            return (*self.before, self.absorbing, self.absorbing_switch)
        return self.before

    @override
    def switches(self, settings: Settings) -> tuple[tuple[str, ...], ...]:
        return (self.points, self.absorbing_switch) if self.both_ways(settings) else (self.points,)

    @property
    @override
    def enables(self) -> tuple[str, ...]:
        return (self.enable, "PFWAbsEna")

    @override
    def wanted(self, settings: Settings, request: ControlRequest) -> Wanted:
        asked = asked_for(request, PowerFactor)
        injects = asked.excitation is Excitation.INJECTING
        least = settings.number(702, "PFOvrExt" if injects else "PFUndExt")
        if least is not None and asked.power_factor < least <= 1.0:
            raise OutOfRange(
                f"a power factor of {asked.power_factor:g} is below the {least:g} the device can do"
            )
        raw = self.to_raw(settings, "PFWInj.PF", asked.power_factor, nearest=True)
        values = {"PFWInjEnaRvrt": 0}
        for group in ("PFWInj", "PFWAbs"):
            values[f"{group}.PF"] = raw
            values[f"{group}.Ext"] = OVER_EXCITED if injects else UNDER_EXCITED
        value = self.from_raw(settings, "PFWInj.PF", raw)
        return Wanted(values, parameters=_power_factor(value, asked.excitation))

    @override
    def _switch(self, request: ControlRequest) -> dict[str, int]:
        on = int(request.enable)
        return {"PFWInjEna": on, "PFWAbsEna": on, "PFWAbsEnaRvrt": 0}

    @override
    def _times(self, settings: Settings, request: ControlRequest) -> dict[str, int]:
        values = super()._times(settings, request)
        return {**values, "PFWAbsRvrtTms": values.get(self.timer, 0)}

    @override
    def held(self, settings: Settings) -> tuple[float | None, Parameters | None]:
        groups = ("PFWInj", "PFWAbs") if self.both_ways(settings) else ("PFWInj",)
        told = {
            (
                settings.number(704, f"{group}.PF"),
                settings.raw(704, f"{group}.Ext"),
                settings.raw(704, f"{group}Ena"),
            )
            for group in groups
        }
        value, excitation, _ = told.pop()
        if told or excitation not in {OVER_EXCITED, UNDER_EXCITED}:
            return None, None
        injects = excitation == OVER_EXCITED
        way = Excitation.INJECTING if injects else Excitation.ABSORBING
        return None, _power_factor(value, way)


class PowerFactor123(BlockControl):
    """One signed value; which sign injects is learned from the device's own ratings."""

    function = Function.FIXED_POWER_FACTOR
    model = 123
    points = ("OutPFSet", "OutPFSet_WinTms", "OutPFSet_RvrtTms", "OutPFSet_RmpTms", "OutPFSet_Ena")
    enable = "OutPFSet_Ena"
    needed = ("OutPFSet",)
    timer = "OutPFSet_RvrtTms"
    ramp = "OutPFSet_RmpTms"
    timer_counts_down = True

    @override
    def wanted(self, settings: Settings, request: ControlRequest) -> Wanted:
        asked = asked_for(request, PowerFactor)
        injecting = injecting_sign(settings)
        sign = injecting or -1
        if asked.excitation is not Excitation.INJECTING:
            sign = -sign
        raw = self.to_raw(settings, "OutPFSet", asked.power_factor, nearest=True)
        value = self.from_raw(settings, "OutPFSet", raw)
        return Wanted(
            {"OutPFSet": sign * raw},
            parameters=_power_factor(value, asked.excitation),
            notes=() if injecting else (NO_SIGN,),
        )

    @override
    def held(self, settings: Settings) -> tuple[float | None, Parameters | None]:
        value = settings.number(123, "OutPFSet")
        if value is None:
            return None, None
        is_injecting = (value > 0) == ((injecting_sign(settings) or -1) > 0)
        way = Excitation.INJECTING if is_injecting else Excitation.ABSORBING
        return None, _power_factor(value, way)


def injecting_sign(settings: Settings) -> int:
    """The sign of a legacy device's power factor while it injects var; 0 when it does not say.

    Quadrant 1 injects var and quadrant 4 absorbs them: their settings or ratings differ in sign.
    """
    for model_id, stem in ((121, "PFMin"), (120, "PFRtg")):
        first, fourth = (settings.raw(model_id, f"{stem}Q{quadrant}") for quadrant in (1, 4))
        if first and fourth and (first > 0) != (fourth > 0):
            return 1 if first > 0 else -1
    return 0


class ReactivePower704(BlockControl):
    """In var where the device takes var, else in percent of what it names."""

    function = Function.SET_REACTIVE_POWER
    model = 704
    mode_bit = 2
    points = (
        "VarSetEna", "VarSetMod", "VarSetPri", "VarSet", "VarSetRvrt", "VarSetPct", "VarSetPctRvrt",
        "VarSetEnaRvrt", "VarSetRvrtTms",
    )  # fmt: skip
    enable = "VarSetEna"
    needed = ("VarSetMod",)
    timer = "VarSetRvrtTms"
    remaining = "VarSetRvrtRem"
    of_w_max: ClassVar[int] = 0
    of_var_max: ClassVar[int] = 1
    of_va_max: ClassVar[int] = 3
    in_var: ClassVar[int] = 4

    @override
    def wanted(self, settings: Settings, request: ControlRequest) -> Wanted:
        asked = _within_reach(settings, request)
        if settings.has(704, "VarSet", "VarSet_SF"):
            raw = self.to_raw(settings, "VarSet", asked)
            values = {"VarSetMod": self.in_var, "VarSet": raw, "VarSetRvrt": 0, "VarSetEnaRvrt": 0}
            return Wanted(values, parameters=_var(self.from_raw(settings, "VarSet", raw)))
        mode, reference = self._reference(settings, asked)
        raw = self.to_raw(settings, "VarSetPct", percent_of(asked, reference))
        values = {"VarSetMod": mode, "VarSetPct": raw, "VarSetPctRvrt": 0, "VarSetEnaRvrt": 0}
        percent = self.from_raw(settings, "VarSetPct", raw)
        return Wanted(values, parameters=_var(share_of(percent, reference)))

    def _reference(self, settings: Settings, asked: float) -> tuple[int, float]:
        for mode in (self.of_var_max, self.of_w_max, self.of_va_max):
            reference = self._of(settings, mode, is_positive=asked >= 0)
            if reference is not None:
                return mode, reference
        raise NotSupported("the device gives nothing that a percentage of reactive power refers to")

    def _of(self, settings: Settings, mode: int | None, *, is_positive: bool) -> float | None:
        if mode == self.of_var_max:
            return settings.var_injected_max if is_positive else settings.var_absorbed_max
        return {self.of_w_max: settings.w_max, self.of_va_max: settings.va_max}.get(mode or 0)

    @override
    def held(self, settings: Settings) -> tuple[float | None, Parameters | None]:
        mode = settings.raw(704, "VarSetMod")
        if mode == self.in_var:
            value = settings.number(704, "VarSet")
            return None, None if value is None else _var(value)
        percent = settings.number(704, "VarSetPct")
        if percent is None or mode not in {self.of_w_max, self.of_var_max, self.of_va_max}:
            return None, None
        reference = self._of(settings, mode, is_positive=percent >= 0)
        return None, None if reference is None else _var(share_of(percent, reference))


class ReactivePower123(BlockControl):
    """In percent of the reactive power setting if the device takes that, else of active power."""

    function = Function.SET_REACTIVE_POWER
    model = 123
    points = (
        "VArMaxPct", "VArAvalPct", "VArPct_WinTms", "VArPct_RvrtTms", "VArPct_RmpTms",
        "VArPct_Mod", "VArPct_Ena",
    )  # fmt: skip
    enable = "VArPct_Ena"
    timer = "VArPct_RvrtTms"
    ramp = "VArPct_RmpTms"
    timer_counts_down = True
    of_w_max: ClassVar[int] = 1
    of_var_max: ClassVar[int] = 2

    def _modes(self, settings: Settings) -> list[int]:
        """The references this device can use, best first."""
        fixed = None
        if settings.raw(123, "VArPct_Mod") is None:
            # Without a mode register the one percentage it implements is the one that counts.
            given = [m for m, name in PERCENTAGES.items() if settings.has(123, name)]
            fixed = given[0] if len(given) == 1 else 0
        modes = []
        for mode, known in (
            (self.of_var_max, settings.var_injected_max and settings.var_absorbed_max),
            (self.of_w_max, settings.w_max),
        ):
            if known and settings.has(123, PERCENTAGES[mode]) and fixed in {None, mode}:
                modes.append(mode)
        return modes

    @override
    def lacks(self, settings: Settings) -> str | None:
        if not settings.has(123, self.enable) or not self._modes(settings):
            return ""
        if not settings.reaches(123, *self.points_for(settings)):
            return ""
        return self.unscaled(settings, PERCENTAGES[self._modes(settings)[0]])

    @override
    def points_for(self, settings: Settings) -> tuple[str, ...]:
        if self._modes(settings)[:1] == [self.of_w_max]:
            return ("VArWMaxPct", *self.points)
        return self.points

    @override
    def wanted(self, settings: Settings, request: ControlRequest) -> Wanted:
        asked = _within_reach(settings, request)
        mode = self._modes(settings)[0]
        reference = self._of(settings, mode, is_positive=asked >= 0)
        if reference is None:
            raise NotSupported("the device gives no reactive power setting")
        name = PERCENTAGES[mode]
        raw = self.to_raw(settings, name, percent_of(asked, reference))
        value = share_of(self.from_raw(settings, name, raw), reference)
        return Wanted({name: raw, "VArPct_Mod": mode}, parameters=_var(value))

    def _of(self, settings: Settings, mode: int | None, *, is_positive: bool) -> float | None:
        if mode == self.of_w_max:
            return settings.w_max
        if mode == self.of_var_max:
            return settings.var_injected_max if is_positive else settings.var_absorbed_max
        return None

    @override
    def held(self, settings: Settings) -> tuple[float | None, Parameters | None]:
        mode = settings.raw(123, "VArPct_Mod")
        mode = self._modes(settings)[0] if mode is None else mode
        percent = settings.number(123, PERCENTAGES[mode]) if mode in PERCENTAGES else None
        if percent is None:
            return None, None
        reference = self._of(settings, mode, is_positive=percent >= 0)
        return None, None if reference is None else _var(share_of(percent, reference))


PERCENTAGES = {1: "VArWMaxPct", 2: "VArMaxPct"}


def _var(value: float) -> ReactivePower:
    return ReactivePower(value)


def _within_reach(settings: Settings, request: ControlRequest) -> float:
    asked = asked_for(request, ReactivePower).reactive_power_var
    most = settings.var_injected_max if asked >= 0 else settings.var_absorbed_max
    if most is not None and abs(asked) > most:
        verb = "inject" if asked >= 0 else "absorb"
        raise OutOfRange(f"{asked:g} var is more than the {most:.0f} var the device can {verb}")
    return asked
