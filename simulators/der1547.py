"""Inverters of the newer half: models 701 to 715, the IEEE 1547-2018 information model, and 802."""

from simulators.curve_controls import curve_scales, curve_sizes, describe_curves
from simulators.definitions import Layout, layout
from simulators.der1547_controls import CONTROLS
from simulators.device import Control, Device
from simulators.direct_current import dc_scales, describe_ports, port_count, render_ports
from simulators.fleet import BATTERY, DeviceSpec
from simulators.identity import (
    Electrical,
    Scales,
    describe_identity,
    electrical,
    nominal_v,
    power_exponent,
    warm_c,
)
from simulators.plant import Plant
from simulators.registers import Registers
from simulators.storage import (
    describe_battery,
    describe_capacity,
    render_battery,
    render_capacity,
    storage_scales,
)
from simulators.supervision import describe_control, render_control

SPLIT_PHASE, THREE_PHASE = 1, 2
OFF, SLEEPING, STARTING, RUNNING, THROTTLED, STANDBY = 0, 1, 2, 3, 4, 7
MAX_W, FIXED_W, FIXED_VAR, FIXED_PF = 1, 2, 4, 8
GRID_FOLLOWING, PV_CLIPPED = 1, 4
VOLT_VAR, FREQ_WATT, WATT_VAR, VOLT_WATT = 1 << 4, 1 << 5, 1 << 9, 1 << 10
CURVE_MODES = {705: VOLT_VAR, 706: VOLT_WATT, 711: FREQ_WATT, 712: WATT_VAR}
ALL_MODELS = (701, 702, 703, 704, 705, 706, 711, 712, 713, 714, 715)


def models_of(spec: DeviceSpec) -> tuple[int, ...]:
    if spec.models:
        return spec.models
    return (*ALL_MODELS, 802) if spec.kind == BATTERY else ALL_MODELS


def _scales(spec: DeviceSpec) -> Scales:
    p, pct = power_exponent(spec), spec.percent_sf
    rows: list[tuple[int, str, int | None]] = [
        (701, "A_SF", -1), (701, "V_SF", -1), (701, "Hz_SF", -3), (701, "W_SF", p),
        (701, "PF_SF", -3), (701, "VA_SF", p), (701, "Var_SF", p), (701, "TotWh_SF", 0),
        (701, "TotVarh_SF", 0), (701, "Tmp_SF", -1),
        (702, "W_SF", p), (702, "PF_SF", -3), (702, "VA_SF", p), (702, "Var_SF", p),
        (702, "V_SF", -1), (702, "A_SF", -1), (702, "S_SF", None),
        (703, "V_SF", -1), (703, "Hz_SF", -2),
        (704, "PF_SF", -3), (704, "WMaxLimPct_SF", pct), (704, "WSet_SF", 0),
        (704, "WSetPct_SF", pct), (704, "VarSet_SF", 0), (704, "VarSetPct_SF", pct),
    ]  # fmt: skip
    models = models_of(spec)
    rows += curve_scales(models) + dc_scales(p)
    if spec.kind == BATTERY:
        rows += storage_scales(spec)
    return tuple(row for row in rows if row[0] in models)


class Der1547Inverter:
    """Model 1, then 701 to 704 and whatever else of 705 to 802 its description names."""

    controls: tuple[Control, ...] = CONTROLS

    def layout(self, spec: DeviceSpec) -> Layout:
        models = models_of(spec)
        sizes = (*curve_sizes(models), (714, "NPrt", port_count(spec)))
        return layout((1, *models), _scales(spec), spec.common_length, sizes)

    def describe(self, spec: DeviceSpec, registers: Registers) -> None:
        describe_identity(spec, registers)
        registers.set_many(701, {
            "ACType": THREE_PHASE if spec.phases == "ABC" else SPLIT_PHASE, "Alrm": 0,
        })  # fmt: skip
        registers.set_text(701, "MnAlrmInfo", "")
        _describe_capacity(spec, registers)
        _describe_service(registers)
        _describe_controls(spec, registers)
        models = models_of(spec)
        describe_curves(spec, registers, models)
        if spec.kind == BATTERY and 713 in models:
            describe_capacity(spec, registers)
        if 714 in models:
            describe_ports(spec, registers)
        if 715 in models:
            describe_control(registers)
        if 802 in models:
            describe_battery(spec, registers)

    def render(self, device: Device, plant: Plant) -> None:
        e = electrical(device.spec, plant, device.index)
        _render_totals(device, plant, e)
        _render_legs(device, e)
        _render_status(device, plant)
        models = models_of(device.spec)
        if device.spec.kind == BATTERY and 713 in models:
            render_capacity(device, plant)
        if 714 in models:
            render_ports(device, plant)
        if 715 in models:
            render_control(device, plant)
        if 802 in models:
            render_battery(device, plant)


def _describe_capacity(spec: DeviceSpec, registers: Registers) -> None:
    ln_v, ll_v = nominal_v(spec)
    var = round(0.44 * spec.rated_va)
    storage = spec.kind == BATTERY
    amps = spec.rated_va / (3 * ln_v if spec.phases == "ABC" else ll_v)
    charge = spec.charge_max_w if storage else None
    discharge = spec.discharge_max_w if storage else None
    settings: dict[str, float | None] = {
        "WMax": spec.rated_w, "VAMax": spec.rated_va, "VarMaxInj": var, "VarMaxAbs": var,
        "WChaRteMax": charge, "WDisChaRteMax": discharge,
        "VNom": ll_v, "VMax": 1.1 * ll_v, "VMin": 0.88 * ll_v, "AMax": amps,
        "PFOvrExt": 0.85, "PFUndExt": 0.85,
    }  # fmt: skip
    registers.set_many(702, settings)
    registers.set_many(702, {
        "WMaxRtg": spec.rated_w, "WOvrExtRtg": 0.9 * spec.rated_w, "WOvrExtRtgPF": 0.85,
        "WUndExtRtg": 0.9 * spec.rated_w, "WUndExtRtgPF": 0.85, "VAMaxRtg": spec.rated_va,
        "VarMaxInjRtg": var, "VarMaxAbsRtg": var, "WChaRteMaxRtg": charge,
        "WDisChaRteMaxRtg": discharge, "VAChaRteMaxRtg": spec.rated_va if storage else None,
        "VADisChaRteMaxRtg": spec.rated_va if storage else None,
        "VNomRtg": ll_v, "VMaxRtg": 1.1 * ll_v, "VMinRtg": 0.88 * ll_v, "AMaxRtg": amps,
        "PFOvrExtRtg": 0.85, "PFUndExtRtg": 0.85, "NorOpCatRtg": 1, "AbnOpCatRtg": 2,
        "CtrlModes": _control_modes(spec), "IntIslandCatRtg": 1, "IntIslandCat": 1,
    })  # fmt: skip
    for name, value in settings.items():
        if value is not None and name not in {"VNom", "VMax", "VMin"}:
            registers.restrict(702, name, 0.01 * value, value if "PF" not in name else 1.0)
    for name in ("VNom", "VMax", "VMin"):
        registers.restrict(702, name, 0.5 * ll_v, 1.3 * ll_v)
    registers.restrict(702, "WChaRteMax", 0, charge or 0)
    registers.restrict(702, "WDisChaRteMax", 0, discharge or 0)


def _control_modes(spec: DeviceSpec) -> int:
    modes = MAX_W | FIXED_W | FIXED_VAR | FIXED_PF
    return modes | sum(CURVE_MODES.get(model, 0) for model in models_of(spec))


def _describe_service(registers: Registers) -> None:
    # IEEE 1547-2018 allows delays of 0-600 s with 300 s as the default; the simulated
    # machines are set to 10 s so that a demonstration need not wait.
    registers.set_many(703, {
        "ES": 1, "ESVHi": 106.0, "ESVLo": 91.7, "ESHzHi": 60.1, "ESHzLo": 59.5,
        "ESDlyTms": 10, "ESRndTms": 0, "ESRmpTms": 10, "ESDlyRemTms": 0,
    })  # fmt: skip
    for name, low, high in (
        ("ESVHi", 100, 110),
        ("ESVLo", 85, 100),
        ("ESHzHi", 60, 61.2),
        ("ESHzLo", 58.8, 60),
        ("ESDlyTms", 0, 600),
        ("ESRndTms", 0, 1000),
        ("ESRmpTms", 0, 1000),
    ):
        registers.restrict(703, name, low, high)


def _describe_controls(spec: DeviceSpec, registers: Registers) -> None:
    for stem in ("PFWInj", "PFWAbs"):
        registers.set_many(704, {
            f"{stem}Ena": 0, f"{stem}EnaRvrt": 0, f"{stem}RvrtTms": 0, f"{stem}RvrtRem": 0,
            f"{stem}.PF": 1, f"{stem}.Ext": 0, f"{stem}Rvrt.PF": 1, f"{stem}Rvrt.Ext": 0,
        })  # fmt: skip
        registers.restrict(704, f"{stem}.PF", 0.8, 1)
        registers.restrict(704, f"{stem}Rvrt.PF", 0.8, 1)
    registers.set_many(704, {
        "WMaxLimPctEna": 0, "WMaxLimPct": 100, "WMaxLimPctRvrt": 100, "WMaxLimPctEnaRvrt": 0,
        "WMaxLimPctRvrtTms": 0, "WMaxLimPctRvrtRem": 0,
        "WSetEna": 0, "WSetMod": 1, "WSet": 0, "WSetRvrt": 0, "WSetPct": 0, "WSetPctRvrt": 0,
        "WSetEnaRvrt": 0, "WSetRvrtTms": 0, "WSetRvrtRem": 0,
        "VarSetEna": 0, "VarSetMod": 4, "VarSetPri": 0, "VarSet": 0, "VarSetRvrt": 0,
        "VarSetPct": 0, "VarSetPctRvrt": 0, "VarSetEnaRvrt": 0, "VarSetRvrtTms": 0,
        "VarSetRvrtRem": 0,
        "WRmp": spec.ramp_pct_s, "WRmpRef": 1, "VarRmp": 100, "AntiIslEna": 1,
    })  # fmt: skip
    lowest = -1.0 if spec.kind == BATTERY else 0.0
    var = 0.44 * spec.rated_va
    for suffix in ("", "Rvrt"):
        registers.restrict(704, f"WMaxLimPct{suffix}", 0, 100)
        registers.restrict(704, f"WSet{suffix}", lowest * spec.rated_w, spec.rated_w)
        registers.restrict(704, f"WSetPct{suffix}", lowest * 100, 100)
        registers.restrict(704, f"VarSet{suffix}", -var, var)
        registers.restrict(704, f"VarSetPct{suffix}", -100, 100)
    registers.restrict(704, "WRmp", 1, 100)
    registers.restrict(704, "VarRmp", 1, 100)


def _render_totals(device: Device, plant: Plant, e: Electrical) -> None:
    registers, i, sums = device.registers, device.index, plant.counters
    ways = 3 if device.spec.phases == "ABC" else 2
    registers.set_many(701, {
        "W": e.w, "VA": e.va, "Var": e.var, "PF": e.pf, "A": ways * e.leg_a,
        "LLV": e.ll_v, "LNV": e.ln_v, "Hz": e.hz, "TmpAmb": 24, "TmpCab": warm_c(plant, i),
    })  # fmt: skip
    registers.set_counter(701, "TotWhInj", float(sums.injected_wh[i]))
    registers.set_counter(701, "TotWhAbs", float(sums.absorbed_wh[i]))
    registers.set_counter(701, "TotVarhInj", float(sums.injected_varh[i]))
    registers.set_counter(701, "TotVarhAbs", float(sums.absorbed_varh[i]))


def _render_legs(device: Device, e: Electrical) -> None:
    ways = 3 if device.spec.phases == "ABC" else 2
    after = {1: 2, 2: 3, 3: 1}
    for leg in range(1, ways + 1):
        pair = f"VL{leg}L{after[leg]}" if ways == 3 else "VL1L2"
        device.registers.set_many(701, {
            f"WL{leg}": e.w / ways, f"VAL{leg}": e.va / ways, f"VarL{leg}": e.var / ways,
            f"PFL{leg}": e.pf, f"AL{leg}": e.leg_a, f"VL{leg}": e.ln_v, pair: e.ll_v,
        })  # fmt: skip


def inverter_state(device: Device, plant: Plant) -> int:
    now, i = plant.now, device.index
    if plant.settings.service.off[i]:
        return STANDBY
    if not now.in_service[i]:
        return STARTING
    if device.spec.kind != BATTERY and now.available_w[i] < 0.003 * device.spec.rated_w:
        return SLEEPING
    return THROTTLED if _is_throttled(device, plant) else RUNNING


def _is_throttled(device: Device, plant: Plant) -> bool:
    now, i = plant.now, device.index
    if device.spec.kind == BATTERY:
        return bool(now.limited[i] and now.output_w[i] >= now.limit_w[i] - 1.0)
    return bool(now.limited[i] and now.output_w[i] < now.available_w[i] - 1.0)


def _throttled_by(device: Device, plant: Plant) -> int:
    """The functions that hold the output down, as ThrotSrc names them."""
    registers, own, i = device.registers, plant.settings, device.index
    output = float(plant.now.output_w[i])
    source = MAX_W if registers.get(704, "WMaxLimPctEna") == 1 else 0
    source += FIXED_W if registers.get(704, "WSetEna") == 1 else 0
    if own.volt_watt.enabled[i] and own.volt_watt.reached[i] <= output + 1.0:
        source += VOLT_WATT
    return source + (FREQ_WATT if own.droop.reached[i] < 0 else 0)


def _render_status(device: Device, plant: Plant) -> None:
    registers, i, now = device.registers, device.index, plant.now
    throttled = _is_throttled(device, plant)
    rated = max(device.spec.rated_w, 1)
    source = _throttled_by(device, plant) if throttled else 0
    cut_w = float(now.available_w[i] - now.output_w[i]) if throttled else 0.0
    clipped = device.spec.kind != BATTERY and now.output_w[i] >= 0.999 * rated
    in_service = bool(now.in_service[i])
    registers.set_many(701, {
        "St": int(in_service), "InvSt": inverter_state(device, plant),
        "ConnSt": int(in_service), "DERMode": GRID_FOLLOWING | (PV_CLIPPED if clipped else 0),
        "ThrotPct": min(100.0 * cut_w / rated, 100.0), "ThrotSrc": source,
    })  # fmt: skip
    waiting = max(float(plant.settings.service.remaining_s[i]), 0.0)
    registers.set(703, "ESDlyRemTms", 0.0 if plant.settings.service.off[i] else waiting)
