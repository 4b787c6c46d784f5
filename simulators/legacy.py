"""Inverters of the older half: models 103 and 120 to 124 as a Modbus client sees them."""

from simulators.definitions import Layout, layout
from simulators.device import Control, Device
from simulators.fleet import BATTERY, DeviceSpec
from simulators.identity import (
    Scales,
    describe_identity,
    electrical,
    nominal_v,
    power_exponent,
    warm_c,
)
from simulators.legacy_controls import CONTROLS
from simulators.plant import Plant
from simulators.registers import Registers

OFF, SLEEPING, STARTING, MPPT, THROTTLED, STANDBY = 1, 2, 3, 4, 5, 8
EMPTY, DISCHARGING, CHARGING, FULL, HOLDING = 2, 3, 4, 5, 6
PV_STORAGE_TYPE, PV_TYPE = 82, 4
CONNECTED, AVAILABLE, OPERATING = 1, 2, 4
SECONDS_TO_2000 = 946_684_800
MANUAL_SHUTDOWN = 1 << 6


def _scales(spec: DeviceSpec) -> Scales:
    p = power_exponent(spec)
    pct = spec.percent_sf
    storage = spec.kind == BATTERY
    rows: list[tuple[int, str, int | None]] = [
        (103, "A_SF", -1), (103, "V_SF", -1), (103, "W_SF", p), (103, "Hz_SF", -2),
        (103, "VA_SF", p), (103, "VAr_SF", p), (103, "PF_SF", -2), (103, "WH_SF", 0),
        (103, "DCA_SF", -1), (103, "DCV_SF", -1), (103, "DCW_SF", p), (103, "Tmp_SF", -1),
        (120, "WRtg_SF", p), (120, "VARtg_SF", p), (120, "VArRtg_SF", p), (120, "ARtg_SF", -1),
        (120, "PFRtg_SF", -2), (120, "WHRtg_SF", 1 if storage else None), (120, "AhrRtg_SF", None),
        (120, "MaxChaRte_SF", p if storage else None),
        (120, "MaxDisChaRte_SF", p if storage else None),
        (121, "WMax_SF", p), (121, "VRef_SF", -1), (121, "VRefOfs_SF", -1), (121, "VMinMax_SF", -1),
        (121, "VAMax_SF", p), (121, "VArMax_SF", p), (121, "WGra_SF", 0), (121, "PFMin_SF", -2),
        (121, "MaxRmpRte_SF", None), (121, "ECPNomHz_SF", -2),
        (122, "VArAval_SF", p), (122, "WAval_SF", p), (122, "Ris_SF", None),
        (123, "WMaxLimPct_SF", pct), (123, "OutPFSet_SF", -3), (123, "VArPct_SF", pct),
    ]  # fmt: skip
    if storage:
        rows += [
            (124, "WChaMax_SF", p), (124, "WChaDisChaGra_SF", 0), (124, "MinRsvPct_SF", pct),
            (124, "ChaState_SF", -2), (124, "InBatV_SF", -1), (124, "InOutWRte_SF", pct),
        ]  # fmt: skip
    # Scale factors that are not named stay "not implemented".
    return tuple(rows)


class LegacyInverter:
    """Models 1, 103, 120, 121, 122, 123, 124."""

    controls: tuple[Control, ...] = CONTROLS

    def layout(self, spec: DeviceSpec) -> Layout:
        return layout((1, 103, 120, 121, 122, 123, 124), _scales(spec), spec.common_length)

    def describe(self, spec: DeviceSpec, registers: Registers) -> None:
        describe_identity(spec, registers)
        _describe_ratings(spec, registers)
        _describe_settings(spec, registers)
        _describe_controls(spec, registers)
        registers.set_many(103, {"Evt1": 0, "Evt2": 0})
        registers.set_many(122, {"StSetLimMsk": 0, "StActCtl": 0, "RtSt": 0})
        registers.set_text(122, "TmSrc", "RTC")
        if spec.kind == BATTERY:
            _describe_storage(spec, registers)

    def render(self, device: Device, plant: Plant) -> None:
        _render_measurements(device, plant)
        _render_status(device, plant)
        if device.spec.kind == BATTERY:
            _render_storage(device, plant)


def _describe_ratings(spec: DeviceSpec, registers: Registers) -> None:
    ln_v, _ = nominal_v(spec)
    var = 0.44 * spec.rated_va
    storage = spec.kind == BATTERY
    registers.set_many(120, {
        "DERTyp": PV_STORAGE_TYPE if storage else PV_TYPE,
        "WRtg": spec.rated_w, "VARtg": spec.rated_va,
        "VArRtgQ1": var, "VArRtgQ2": var, "VArRtgQ3": -var, "VArRtgQ4": -var,
        "ARtg": spec.rated_va / ln_v / 3,
        "PFRtgQ1": 0.8, "PFRtgQ2": -0.8, "PFRtgQ3": -0.8, "PFRtgQ4": 0.8,
        "WHRtg": spec.capacity_wh if storage else None,
        "MaxChaRte": spec.charge_max_w if storage else None,
        "MaxDisChaRte": spec.discharge_max_w if storage else None,
    })  # fmt: skip


def _describe_settings(spec: DeviceSpec, registers: Registers) -> None:
    _, ll_v = nominal_v(spec)
    var = 0.44 * spec.rated_va
    registers.set_many(121, {
        "WMax": spec.rated_w, "VRef": ll_v, "VRefOfs": 0,
        "VMax": 1.1 * ll_v, "VMin": 0.88 * ll_v, "VAMax": spec.rated_va,
        "VArMaxQ1": var, "VArMaxQ4": -var, "WGra": spec.ramp_pct_s,
        "PFMinQ1": 0.8, "PFMinQ4": -0.8, "ClcTotVA": 1, "ECPNomHz": 60,
    })  # fmt: skip
    for name, low, high in (
        ("WMax", 0.01 * spec.rated_w, spec.rated_w),
        ("VAMax", 0.01 * spec.rated_va, spec.rated_va),
        ("VRef", 0.8 * ll_v, 1.2 * ll_v),
        ("VMax", ll_v, 1.3 * ll_v),
        ("VMin", 0.5 * ll_v, ll_v),
        ("VArMaxQ1", 0, var),
        ("VArMaxQ4", -var, 0),
        ("WGra", 1, 100),
        ("ECPNomHz", 50, 60),
    ):
        registers.restrict(121, name, low, high)


def _describe_controls(spec: DeviceSpec, registers: Registers) -> None:
    registers.set_many(123, {
        "Conn_WinTms": 0, "Conn_RvrtTms": 0, "Conn": 1,
        "WMaxLimPct": 100, "WMaxLimPct_WinTms": 0, "WMaxLimPct_RvrtTms": 0,
        "WMaxLimPct_RmpTms": 0, "WMaxLim_Ena": 0,
        "OutPFSet": 1, "OutPFSet_WinTms": 0, "OutPFSet_RvrtTms": 0, "OutPFSet_RmpTms": 0,
        "OutPFSet_Ena": 0,
        "VArWMaxPct": 0, "VArMaxPct": 0, "VArAvalPct": 0, "VArPct_WinTms": 0,
        "VArPct_RvrtTms": 0, "VArPct_RmpTms": 0, "VArPct_Mod": 2, "VArPct_Ena": 0,
    })  # fmt: skip
    registers.restrict(123, "WMaxLimPct", 0, 100)
    registers.restrict(123, "OutPFSet", -1, 1)
    for name in ("VArWMaxPct", "VArMaxPct", "VArAvalPct"):
        registers.restrict(123, name, -100, 100)


def _describe_storage(spec: DeviceSpec, registers: Registers) -> None:
    registers.set_many(124, {
        "WChaMax": spec.charge_max_w, "WChaGra": spec.ramp_pct_s, "WDisChaGra": spec.ramp_pct_s,
        "StorCtl_Mod": 0, "MinRsvPct": 10, "OutWRte": 100, "InWRte": 100,
        "InOutWRte_WinTms": 0, "InOutWRte_RvrtTms": 0, "InOutWRte_RmpTms": 0, "ChaGriSet": 1,
    })  # fmt: skip
    registers.restrict(124, "WChaMax", 0, spec.charge_max_w)
    registers.restrict(124, "StorCtl_Mod", 0, 3)
    registers.restrict(124, "MinRsvPct", 0, 100)
    for name in ("OutWRte", "InWRte"):
        registers.restrict(124, name, -100, 100)
    for name in ("WChaGra", "WDisChaGra"):
        registers.restrict(124, name, 1, 100)


def _render_measurements(device: Device, plant: Plant) -> None:
    registers, i = device.registers, device.index
    is_storage = device.spec.kind == BATTERY
    e = electrical(device.spec, plant, i)
    dc_w = e.w / 0.965 if e.w >= 0 else e.w * 0.965
    dc_v = 520.0 if is_storage or plant.now.available_w[i] > 0 else 0.0
    counters = plant.counters
    registers.set_many(103, {
        "A": 3 * e.leg_a, "AphA": e.leg_a, "AphB": e.leg_a, "AphC": e.leg_a,
        "PPVphAB": e.ll_v, "PPVphBC": e.ll_v, "PPVphCA": e.ll_v,
        "PhVphA": e.ln_v, "PhVphB": e.ln_v, "PhVphC": e.ln_v,
        "W": e.w, "Hz": e.hz, "VA": e.va, "VAr": e.var, "PF": 100 * e.pf,
        "DCV": dc_v, "DCA": dc_w / dc_v if dc_w > 0 else None if dc_w < 0 else 0, "DCW": dc_w,
        "TmpCab": warm_c(plant, i), "St": operating_state(device, plant),
        "Evt1": MANUAL_SHUTDOWN if plant.settings.service.off[i] else 0,
    })  # fmt: skip
    registers.set_counter(103, "WH", float(counters.injected_wh[i]))
    registers.set_counter(122, "ActWh", float(counters.injected_wh[i]))
    registers.set_many(122, {
        "WAval": float(plant.now.available_w[i]),
        "VArAval": max(float(plant.settings.va_max[i]) ** 2 - e.w**2, 0.0) ** 0.5,
        "Tms": int(plant.t) - SECONDS_TO_2000,
    })  # fmt: skip


def operating_state(device: Device, plant: Plant) -> int:
    now, i = plant.now, device.index
    if plant.settings.service.off[i]:
        return STANDBY
    if not now.in_service[i]:
        return STARTING
    if device.spec.kind != BATTERY and now.available_w[i] < 0.003 * device.spec.rated_w:
        return SLEEPING
    if now.limited[i] and now.output_w[i] >= now.limit_w[i] - 1.0:
        return THROTTLED
    return MPPT


def _render_status(device: Device, plant: Plant) -> None:
    registers, i, now = device.registers, device.index, plant.now
    running = 0.0
    if now.in_service[i]:
        running = CONNECTED | AVAILABLE | (OPERATING if abs(now.output_w[i]) > 1.0 else 0)
    storage = device.spec.kind == BATTERY
    active = (
        (registers.get(123, "WMaxLim_Ena") == 1) * 1
        + (registers.get(123, "VArPct_Ena") == 1) * 2
        + (registers.get(123, "OutPFSet_Ena") == 1) * 4
    )
    registers.set_many(122, {
        "PVConn": 0 if storage else running, "StorConn": running if storage else 0,
        "ECPConn": int(now.in_service[i]), "StActCtl": active,
    })  # fmt: skip


def _render_storage(device: Device, plant: Plant) -> None:
    place = int((plant.battery == device.index).argmax())
    capacity = float(plant.batteries.capacity_wh[place])
    share = float(plant.batteries.stored_wh[place]) / capacity
    output = float(plant.now.output_w[device.index])
    state = HOLDING
    if output > 1.0:
        state = DISCHARGING
    elif output < -1.0:
        state = CHARGING
    elif share >= 0.999:
        state = FULL
    elif share <= float(plant.batteries.reserve_frac[place]) + 0.001:
        state = EMPTY
    device.registers.set_many(124, {
        "ChaState": 100 * share, "InBatV": 480 + 60 * share, "ChaSt": state,
    })  # fmt: skip
