"""Controls of models 121, 123 and 124: what a write to them makes the machine do."""

from collections.abc import Callable
from math import acos, copysign, inf, isinf, nan, tan

from simulators.fleet import BATTERY
from simulators.maps.device import Control, Device
from simulators.maps.registers import Registers
from simulators.physics.plant import Plant
from simulators.physics.settings import AVAILABLE_VAR, FIXED_VAR, NO_VAR, POWER_FACTOR

CHARGE_BIT, DISCHARGE_BIT = 1, 2
VAR_OF_W_MAX, VAR_OF_VAR_MAX = 1, 2


def signed_tangent(power_factor: float) -> float:
    """var per W; a positive power factor injects var (over-excited), a negative absorbs."""
    size = min(max(abs(power_factor), 0.1), 1.0)
    return copysign(tan(acos(size)), power_factor)


def _settings(device: Device, plant: Plant, t: float) -> None:
    registers, own, i = device.registers, plant.settings, device.index
    own.w_max[i] = registers.number(121, "WMax")
    own.va_max[i] = registers.number(121, "VAMax")
    own.var_max_inj[i] = abs(registers.number(121, "VArMaxQ1"))
    own.var_max_abs[i] = abs(registers.number(121, "VArMaxQ4"))
    if device.spec.kind != BATTERY:
        own.ramp_up_w_s[i] = own.ramp_down_w_s[i] = (
            own.w_max[i] * registers.number(121, "WGra", 100) / 100
        )
    _reactive(device, plant, t)


def _connection(device: Device, plant: Plant, t: float) -> None:
    on = device.registers.get(123, "Conn") != 0
    plant.settings.service.permit(device.index, on=on, delay_s=0.0)


def _limit(device: Device, plant: Plant, t: float) -> None:
    registers, own, i = device.registers, plant.settings, device.index
    enabled = registers.get(123, "WMaxLim_Ena") == 1
    if enabled and device.personality.needs_toggle and not isinf(own.limit_frac[i]):
        return
    share = registers.number(123, "WMaxLimPct", 100) / 100
    own.limit_frac[i] = share if enabled else inf
    target = own.w_max[i] * (share if enabled else 1.0)
    ramp_s = registers.number(123, "WMaxLimPct_RmpTms")
    distance = abs(float(target - plant.now.limit_w[i]))
    own.limit_ramp_w_s[i] = distance / ramp_s if ramp_s and distance else nan


def _power_factor(device: Device, plant: Plant, t: float) -> None:
    registers, own, i = device.registers, plant.settings, device.index
    enabled = registers.get(123, "OutPFSet_Ena") == 1
    for control in (own.pf_injecting, own.pf_absorbing):
        control.kind[i] = POWER_FACTOR if enabled else NO_VAR
        control.value[i] = signed_tangent(registers.number(123, "OutPFSet", 1.0))


def _reactive(device: Device, plant: Plant, t: float) -> None:
    registers, control, i = device.registers, plant.settings.var, device.index
    mode = registers.number(123, "VArPct_Mod")
    if registers.get(123, "VArPct_Ena") != 1 or mode == 0:
        control.kind[i] = NO_VAR
        return
    if mode == VAR_OF_W_MAX:
        value = registers.number(123, "VArWMaxPct") / 100 * float(plant.settings.w_max[i])
    elif mode == VAR_OF_VAR_MAX:
        share = registers.number(123, "VArMaxPct") / 100
        largest = registers.number(121, "VArMaxQ1" if share >= 0 else "VArMaxQ4")
        value = share * abs(largest)
    else:
        control.kind[i] = AVAILABLE_VAR
        control.value[i] = registers.number(123, "VArAvalPct") / 100
        return
    control.kind[i], control.value[i] = FIXED_VAR, value


def _storage(device: Device, plant: Plant, t: float) -> None:
    """OutWRte and InWRte span a window; a negative rate forces the opposite direction."""
    registers, own, i = device.registers, plant.settings, device.index
    if device.spec.kind != BATTERY:
        return
    mode = int(registers.number(124, "StorCtl_Mod"))
    charge_max = registers.number(124, "WChaMax")
    discharge_max = float(device.spec.discharge_max_w)
    out_share = registers.number(124, "OutWRte", 100) / 100
    in_share = registers.number(124, "InWRte", 100) / 100
    own.charge_max_w[i] = charge_max
    own.window_high_w[i] = (
        out_share * (discharge_max if out_share >= 0 else charge_max)
        if mode & DISCHARGE_BIT
        else inf
    )
    own.window_low_w[i] = (
        -in_share * (charge_max if in_share >= 0 else discharge_max) if mode & CHARGE_BIT else -inf
    )
    rated = float(device.spec.charge_max_w)
    own.ramp_up_w_s[i] = registers.number(124, "WDisChaGra", 100) / 100 * rated
    own.ramp_down_w_s[i] = registers.number(124, "WChaGra", 100) / 100 * rated
    output = float(plant.now.output_w[i])
    target = min(max(output, float(own.window_low_w[i])), float(own.window_high_w[i]))
    ramp_s, distance = registers.number(124, "InOutWRte_RmpTms"), abs(target - output)
    own.set_ramp_w_s[i] = distance / ramp_s if ramp_s and distance else nan
    place = int((plant.battery == i).argmax())
    plant.batteries.reserve_frac[place] = registers.number(124, "MinRsvPct", 10) / 100


def _storage_timeout_s(device: Device) -> float:
    """Some makers let the storage control end by itself when nobody names a time."""
    asked = device.registers.number(124, "InOutWRte_RvrtTms")
    return asked or float(device.personality.storage_reversion_s)


def _is(model: int, name: str, value: int) -> Callable[[Registers], bool]:
    return lambda registers: registers.get(model, name) == value


def _set(model: int, name: str, value: int) -> Callable[[Device, Plant, float], None]:
    return lambda device, plant, t: device.registers.set(model, name, value)


def _timed(stem: str, *others: str) -> frozenset[str]:
    return frozenset((*others, f"{stem}_WinTms", f"{stem}_RvrtTms", f"{stem}_RmpTms"))


CONTROLS: tuple[Control, ...] = (
    Control(
        name="Settings",
        model=121,
        points=frozenset(("WMax", "VAMax", "WGra", "VArMaxQ1", "VArMaxQ4")),
        apply=_settings,
    ),
    Control(
        name="Conn",
        model=123,
        points=frozenset(("Conn", "Conn_WinTms", "Conn_RvrtTms")),
        apply=_connection,
        is_active=_is(123, "Conn", 0),
        revert=_set(123, "Conn", 1),
        timeout="Conn_RvrtTms",
        window="Conn_WinTms",
    ),
    Control(
        name="WMaxLimPct",
        model=123,
        points=_timed("WMaxLimPct", "WMaxLimPct", "WMaxLim_Ena"),
        apply=_limit,
        is_active=_is(123, "WMaxLim_Ena", 1),
        revert=_set(123, "WMaxLim_Ena", 0),
        timeout="WMaxLimPct_RvrtTms",
        window="WMaxLimPct_WinTms",
    ),
    Control(
        name="OutPFSet",
        model=123,
        points=_timed("OutPFSet", "OutPFSet", "OutPFSet_Ena"),
        apply=_power_factor,
        is_active=_is(123, "OutPFSet_Ena", 1),
        revert=_set(123, "OutPFSet_Ena", 0),
        timeout="OutPFSet_RvrtTms",
        window="OutPFSet_WinTms",
    ),
    Control(
        name="VArPct",
        model=123,
        points=_timed(
            "VArPct", "VArWMaxPct", "VArMaxPct", "VArAvalPct", "VArPct_Mod", "VArPct_Ena"
        ),
        apply=_reactive,
        is_active=_is(123, "VArPct_Ena", 1),
        revert=_set(123, "VArPct_Ena", 0),
        timeout="VArPct_RvrtTms",
        window="VArPct_WinTms",
    ),
    Control(
        name="InOutWRte",
        model=124,
        points=_timed("InOutWRte", "StorCtl_Mod", "OutWRte", "InWRte"),
        apply=_storage,
        is_active=lambda registers: registers.number(124, "StorCtl_Mod") != 0,
        revert=_set(124, "StorCtl_Mod", 0),
        lasts_s=_storage_timeout_s,
        timeout="InOutWRte_RvrtTms",
        window="InOutWRte_WinTms",
    ),
    Control(
        name="Storage",
        model=124,
        points=frozenset(("WChaMax", "WChaGra", "WDisChaGra", "MinRsvPct")),
        apply=_storage,
    ),
)
