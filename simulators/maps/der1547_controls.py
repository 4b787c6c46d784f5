"""Controls of models 702, 703 and 704: what a write to them makes the machine do."""

from collections.abc import Callable
from math import inf, isinf, nan

from simulators.fleet import BATTERY
from simulators.maps.curve_controls import CURVE_CONTROLS
from simulators.maps.device import Control, Device
from simulators.maps.legacy_controls import signed_tangent
from simulators.maps.supervision import SUPERVISION, permit
from simulators.maps.trips import TRIP_CONTROLS
from simulators.physics.plant import Plant
from simulators.physics.settings import (
    AVAILABLE_VAR,
    FIXED_VAR,
    NO_VAR,
    POWER_FACTOR,
    ReactiveControl,
)

W_MAX_PCT, VAR_MAX_PCT, VAR_AVAILABLE_PCT, VA_MAX_PCT, VARS = range(5)
IN_PERCENT = 0
UNDER_EXCITED = 1


def _settings(device: Device, plant: Plant, t: float) -> None:
    registers, own, i = device.registers, plant.settings, device.index
    own.w_max[i] = registers.number(702, "WMax")
    own.va_max[i] = registers.number(702, "VAMax")
    own.var_max_inj[i] = registers.number(702, "VarMaxInj")
    own.var_max_abs[i] = registers.number(702, "VarMaxAbs")
    if device.spec.kind == BATTERY:
        own.charge_max_w[i] = registers.number(702, "WChaRteMax")
        own.discharge_max_w[i] = registers.number(702, "WDisChaRteMax")
    _set_point(device, plant, t)
    _reactive(device, plant, t)


def _ramps(device: Device, plant: Plant, t: float) -> None:
    """WRmp bounds increases; a battery moves both ways at that rate, PV comes down at once."""
    own, i = plant.settings, device.index
    rate = device.registers.number(704, "WRmp", 100) / 100 * float(own.w_max[i])
    own.ramp_up_w_s[i] = rate
    own.ramp_down_w_s[i] = rate if device.spec.kind == BATTERY else own.w_max[i]


def _service(device: Device, plant: Plant, t: float) -> None:
    registers, own, i = device.registers, plant.settings.service, device.index
    own.voltage_high[i] = registers.number(703, "ESVHi", 110) / 100
    own.voltage_low[i] = registers.number(703, "ESVLo", 88) / 100
    own.frequency_high_hz[i] = registers.number(703, "ESHzHi", 61)
    own.frequency_low_hz[i] = registers.number(703, "ESHzLo", 59)
    own.delay_s[i] = registers.number(703, "ESDlyTms")
    own.random_s[i] = registers.number(703, "ESRndTms")
    own.ramp_s[i] = registers.number(703, "ESRmpTms")
    permit(device, plant, t)


def _limit(device: Device, plant: Plant, t: float) -> None:
    registers = device.registers
    enabled = registers.get(704, "WMaxLimPctEna") == 1
    in_force = not isinf(plant.settings.limit_frac[device.index])
    if enabled and in_force and device.personality.needs_toggle:
        return
    share = registers.number(704, "WMaxLimPct", 100) / 100
    plant.settings.limit_frac[device.index] = share if enabled else inf


def _set_point(device: Device, plant: Plant, t: float) -> None:
    registers, own, i = device.registers, plant.settings, device.index
    if registers.get(704, "WSetEna") != 1:
        own.set_w[i] = nan
    elif registers.get(704, "WSetMod") == IN_PERCENT:
        own.set_w[i] = registers.number(704, "WSetPct") / 100 * float(own.w_max[i])
    else:
        own.set_w[i] = registers.number(704, "WSet")


def _reactive(device: Device, plant: Plant, t: float) -> None:
    registers, own, i = device.registers, plant.settings, device.index
    control = own.var
    if registers.get(704, "VarSetEna") != 1:
        control.kind[i] = NO_VAR
        return
    mode = registers.number(704, "VarSetMod")
    share = registers.number(704, "VarSetPct") / 100
    largest = registers.number(702, "VarMaxInj" if share >= 0 else "VarMaxAbs")
    control.first[i] = float(registers.get(704, "VarSetPri") == 1)
    control.kind[i] = AVAILABLE_VAR if mode == VAR_AVAILABLE_PCT else FIXED_VAR
    control.value[i] = {
        W_MAX_PCT: share * float(own.w_max[i]),
        VAR_MAX_PCT: share * largest,
        VAR_AVAILABLE_PCT: share,
        VA_MAX_PCT: share * float(own.va_max[i]),
        VARS: registers.number(704, "VarSet"),
    }[int(mode)]


def _power_factor(stem: str) -> Callable[[Device, Plant, float], None]:
    def apply(device: Device, plant: Plant, t: float) -> None:
        registers, own, i = device.registers, plant.settings, device.index
        control: ReactiveControl = own.pf_injecting if stem == "PFWInj" else own.pf_absorbing
        enabled = registers.get(704, f"{stem}Ena") == 1
        sign = -1 if registers.get(704, f"{stem}.Ext") == UNDER_EXCITED else 1
        control.kind[i] = POWER_FACTOR if enabled else NO_VAR
        control.value[i] = signed_tangent(sign * registers.number(704, f"{stem}.PF", 1.0))

    return apply


def _reversion(
    enable: str, pairs: tuple[tuple[str, str], ...]
) -> Callable[[Device, Plant, float], None]:
    """SunSpec models issue #215: EnaRvrt is the state after reversion, *Rvrt the value then."""

    def revert(device: Device, plant: Plant, t: float) -> None:
        registers = device.registers
        for name, source in (*pairs, (enable, f"{enable}Rvrt")):
            value = registers.get(704, source)
            if value is not None:
                registers.set(704, name, value)

    return revert


def _timed(
    stem: str,
    apply: Callable[[Device, Plant, float], None],
    values: tuple[str, ...],
    others: tuple[str, ...] = (),
) -> Control:
    def reverted(name: str) -> str:
        head, dot, tail = name.partition(".")
        return f"{head}Rvrt{dot}{tail}"

    own = (f"{stem}Ena", f"{stem}EnaRvrt", f"{stem}RvrtTms", *values, *others)
    return Control(
        name=stem,
        model=704,
        points=frozenset((*own, *map(reverted, values))),
        apply=apply,
        is_active=lambda registers: registers.get(704, f"{stem}Ena") == 1,
        revert=_reversion(f"{stem}Ena", tuple((v, reverted(v)) for v in values)),
        timeout=f"{stem}RvrtTms",
        remaining=f"{stem}RvrtRem",
    )


CONTROLS: tuple[Control, ...] = (
    Control(
        name="Settings",
        model=702,
        points=frozenset(
            ("WMax", "VAMax", "WChaRteMax", "WDisChaRteMax", "VarMaxInj", "VarMaxAbs")
        ),
        apply=_settings,
    ),
    Control(
        name="EnterService",
        model=703,
        points=frozenset(
            ("ES", "ESVHi", "ESVLo", "ESHzHi", "ESHzLo", "ESDlyTms", "ESRndTms", "ESRmpTms")
        ),
        apply=_service,
    ),
    _timed("WMaxLimPct", _limit, ("WMaxLimPct",)),
    _timed("WSet", _set_point, ("WSet", "WSetPct"), ("WSetMod",)),
    _timed("VarSet", _reactive, ("VarSet", "VarSetPct"), ("VarSetMod", "VarSetPri")),
    _timed("PFWInj", _power_factor("PFWInj"), ("PFWInj.PF", "PFWInj.Ext")),
    _timed("PFWAbs", _power_factor("PFWAbs"), ("PFWAbs.PF", "PFWAbs.Ext")),
    *CURVE_CONTROLS,
    *TRIP_CONTROLS,
    *SUPERVISION,
    Control(name="WRmp", model=704, points=frozenset(("WRmp",)), apply=_ramps),
)
