"""Active power: the most a device may inject, and what it shall inject or charge with."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from typing_extensions import override

from devices.capabilities import ControlRequest, Function, NotSupported, OutOfRange, WritePlan
from devices.parameters import Parameters
from devices.sunspec.controls.block import BlockControl
from devices.sunspec.controls.control import Wanted, asked_w, percent_of, share_of, w_max
from devices.sunspec.quirks.quirk import Quirks
from devices.sunspec.settings import Settings

PERCENT, WATTS = 0, 1
CHARGE_AND_DISCHARGE = 3
FROM_PV_ONLY = 0
NO_FALL_BACK = (
    "the device cannot fall back to another limit by itself, so it was given no timer: this stays "
    "until a later command ends it"
)


class Limit(BlockControl):
    """A limit is a percentage of the active power setting.

    Where another limit has to hold afterwards and the device has no place for it, it is written
    without a timer: it stays until a later command ends it, and nothing is ever unlimited.
    """

    function = Function.LIMIT_ACTIVE_POWER
    needed: ClassVar[tuple[str, ...]] = ("WMaxLimPct",)

    @override
    def plan(self, settings: Settings, quirks: Quirks, request: ControlRequest) -> WritePlan:
        has_end = request.enable and request.reversion_s > 0 and request.afterwards_w is not None
        if not has_end or self.can_fall(settings):
            return super().plan(settings, quirks, request)
        plan = super().plan(settings, quirks, replace(request, reversion_s=0))
        return replace(plan, notes=(*plan.notes, NO_FALL_BACK))

    def can_fall(self, settings: Settings) -> bool:
        """Whether the device has a limit for after its timer."""
        return False

    @override
    def wanted(self, settings: Settings, request: ControlRequest) -> Wanted:
        asked = asked_w(request)
        if asked < 0:
            raise OutOfRange(f"a limit of {asked} W is below zero")
        most = w_max(settings)
        raw = self.to_raw(settings, "WMaxLimPct", percent_of(min(asked, most), most))
        value_w = share_of(self.from_raw(settings, "WMaxLimPct", raw), most)
        return Wanted({"WMaxLimPct": raw, **self.afterwards(settings, request)}, value_w)

    def afterwards(self, settings: Settings, request: ControlRequest) -> dict[str, int]:
        """What holds after the device's own reversion."""
        return {}

    @override
    def held(self, settings: Settings) -> tuple[float | None, Parameters | None]:
        percent = settings.number(self.model, "WMaxLimPct")
        if percent is None or settings.w_max is None:
            return None, None
        return share_of(percent, settings.w_max), None


class Limit704(Limit):
    """After its timer another limit holds, or none: off and at 100 %."""

    model = 704
    mode_bit = 0
    points = (
        "WMaxLimPctEna", "WMaxLimPct", "WMaxLimPctRvrt", "WMaxLimPctEnaRvrt", "WMaxLimPctRvrtTms",
    )  # fmt: skip
    enable = "WMaxLimPctEna"
    timer = "WMaxLimPctRvrtTms"
    remaining = "WMaxLimPctRvrtRem"

    @override
    def can_fall(self, settings: Settings) -> bool:
        return settings.has(704, "WMaxLimPctRvrt", "WMaxLimPctEnaRvrt", "WMaxLimPctRvrtTms")

    @override
    def afterwards(self, settings: Settings, request: ControlRequest) -> dict[str, int]:
        if request.afterwards_w is None or not request.reversion_s:
            whole = self.to_raw(settings, "WMaxLimPctRvrt", 100)
            return {"WMaxLimPctRvrt": whole, "WMaxLimPctEnaRvrt": 0}
        most = w_max(settings)
        percent = percent_of(min(request.afterwards_w, most), most)
        return {
            "WMaxLimPctRvrt": self.to_raw(settings, "WMaxLimPctRvrt", percent),
            "WMaxLimPctEnaRvrt": 1,
        }


class Limit123(Limit):
    """Its timer counts down where it was written, and after it nothing is limited."""

    model = 123
    points = (
        "WMaxLimPct", "WMaxLimPct_WinTms", "WMaxLimPct_RvrtTms", "WMaxLimPct_RmpTms", "WMaxLim_Ena",
    )  # fmt: skip
    enable = "WMaxLim_Ena"
    timer = "WMaxLimPct_RvrtTms"
    ramp = "WMaxLimPct_RmpTms"
    timer_counts_down = True


def within_reach(settings: Settings, request: ControlRequest) -> int:
    """A set-point the device can do; raises OutOfRange with what it could."""
    asked = asked_w(request)
    charge = settings.charge_max_w or 0.0
    bounds = (settings.discharge_max_w if charge else None, settings.w_max)
    highest = min((bound for bound in bounds if bound is not None), default=float(asked))
    if asked > highest:
        raise OutOfRange(f"{asked} W is more than the {highest:.0f} W the device can inject")
    if asked < 0 and not charge:
        raise OutOfRange(f"{asked} W would be charging, and the device has no storage")
    if asked < -charge:
        raise OutOfRange(f"{asked} W is more than the {charge:.0f} W the device can charge with")
    return asked


class Set704(BlockControl):
    """In W where the device takes W, else in percent of its active power setting."""

    function = Function.SET_ACTIVE_POWER
    model = 704
    mode_bit = 1
    points = (
        "WSetEna", "WSetMod", "WSet", "WSetRvrt", "WSetPct", "WSetPctRvrt", "WSetEnaRvrt",
        "WSetRvrtTms",
    )  # fmt: skip
    enable = "WSetEna"
    needed = ("WSetMod",)
    timer = "WSetRvrtTms"
    remaining = "WSetRvrtRem"

    @override
    def wanted(self, settings: Settings, request: ControlRequest) -> Wanted:
        asked = within_reach(settings, request)
        if settings.has(704, "WSet", "WSet_SF"):
            raw = self.to_raw(settings, "WSet", asked)
            values = {"WSetMod": WATTS, "WSet": raw, "WSetRvrt": 0, "WSetEnaRvrt": 0}
            return Wanted(values, self.from_raw(settings, "WSet", raw))
        most = w_max(settings)
        raw = self.to_raw(settings, "WSetPct", percent_of(asked, most))
        values = {"WSetMod": PERCENT, "WSetPct": raw, "WSetPctRvrt": 0, "WSetEnaRvrt": 0}
        return Wanted(values, share_of(self.from_raw(settings, "WSetPct", raw), most))

    @override
    def held(self, settings: Settings) -> tuple[float | None, Parameters | None]:
        if settings.raw(704, "WSetMod") == WATTS:
            return settings.number(704, "WSet"), None
        percent = settings.number(704, "WSetPct")
        if percent is None or settings.w_max is None:
            return None, None
        return share_of(percent, settings.w_max), None


class Set124(BlockControl):
    """OutWRte and InWRte span a window of power; a set-point closes it from both sides.

    Each rate refers to the direction it means: a negative rate forces the other direction. The mode
    stands apart, with read-only registers between, so it takes a second write.
    """

    function = Function.SET_ACTIVE_POWER
    model = 124
    before = (("OutWRte", "InWRte", "InOutWRte_WinTms", "InOutWRte_RvrtTms", "InOutWRte_RmpTms"),)
    points = ("StorCtl_Mod",)
    enable = "StorCtl_Mod"
    needed = ("OutWRte", "InWRte")
    timer = "InOutWRte_RvrtTms"
    ramp = "InOutWRte_RmpTms"
    on = CHARGE_AND_DISCHARGE
    timer_counts_down = True
    toggles = False

    @override
    def wanted(self, settings: Settings, request: ControlRequest) -> Wanted:
        asked = within_reach(settings, request)
        reference = settings.discharge_max_w if asked >= 0 else settings.charge_max_w
        if reference is None:
            raise NotSupported("the device does not say how fast its battery charges")
        raw = self.to_raw(settings, "OutWRte", percent_of(asked, reference))
        value_w = share_of(self.from_raw(settings, "OutWRte", raw), reference)
        notes: tuple[str, ...] = ()
        if asked < 0 and settings.raw(124, "ChaGriSet") == FROM_PV_ONLY:
            notes = ("the device charges from its PV only (ChaGriSet): it may take less",)
        return Wanted({"OutWRte": raw, "InWRte": -raw}, value_w, notes=notes)

    @override
    def _times(self, settings: Settings, request: ControlRequest) -> dict[str, int]:
        return {**super()._times(settings, request), "InOutWRte_WinTms": 0}

    @override
    def held(self, settings: Settings) -> tuple[float | None, Parameters | None]:
        percent, rate_in = settings.number(124, "OutWRte"), settings.number(124, "InWRte")
        is_window = settings.raw(124, "StorCtl_Mod") == CHARGE_AND_DISCHARGE
        if percent is None or rate_in is None or not is_window or rate_in != -percent:
            # Whatever else somebody set is a window of power, and no set-point.
            return None, None
        reference = settings.charge_max_w if percent < 0 else settings.discharge_max_w
        return (None, None) if reference is None else (share_of(percent, reference), None)
