"""Inverters of the newer half: models 701 to 715, the IEEE 1547-2018 information model, and 802."""

from simulators.fleet import BATTERY, DeviceSpec
from simulators.maps.bank import Bank
from simulators.maps.curve_controls import curve_scales, curve_sizes, describe_curves
from simulators.maps.definitions import Layout, Oddities, layout
from simulators.maps.der1547_controls import CONTROLS
from simulators.maps.der1547_state import (
    FIXED_PF,
    FIXED_VAR,
    FIXED_W,
    FREQ_WATT,
    MAX_W,
    VOLT_VAR,
    VOLT_WATT,
    WATT_VAR,
    render_measurements,
    render_service,
)
from simulators.maps.device import Control
from simulators.maps.direct_current import dc_scales, describe_ports, port_count, render_ports
from simulators.maps.identity import Scales, nominal_v, power_exponent
from simulators.maps.registers import Registers
from simulators.maps.storage import (
    describe_battery,
    describe_capacity,
    render_battery,
    render_capacity,
    storage_scales,
)
from simulators.maps.supervision import describe_control, render_control
from simulators.maps.trips import describe_trips, trip_scales, trip_sizes
from simulators.physics.plant import Plant

SPLIT_PHASE, THREE_PHASE = 1, 2
MODES = {705: VOLT_VAR, 706: VOLT_WATT, 711: FREQ_WATT, 712: WATT_VAR} | {
    model: 1 << bit for model, bit in ((707, 7), (708, 8), (709, 12), (710, 13))
}
ALL_MODELS = tuple(range(701, 716))


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
    rows += curve_scales(models) + trip_scales(models) + dc_scales(p)
    if spec.kind == BATTERY:
        rows += storage_scales(spec)
    return tuple(row for row in rows if row[0] in models)


class Der1547Inverter:
    """Model 1, then 701 to 704 and whatever else of 705 to 802 its description names."""

    controls: tuple[Control, ...] = CONTROLS

    def layout(self, spec: DeviceSpec, oddities: Oddities) -> Layout:
        models = models_of(spec)
        sizes = (*curve_sizes(models), *trip_sizes(models), (714, "NPrt", port_count(spec)))
        return layout((1, *models), _scales(spec), sizes, oddities)

    def describe(self, spec: DeviceSpec, registers: Registers) -> None:
        registers.set_many(701, {
            "ACType": THREE_PHASE if spec.phases == "ABC" else SPLIT_PHASE, "Alrm": 0,
        })  # fmt: skip
        registers.set_text(701, "MnAlrmInfo", "")
        models = models_of(spec)
        if 702 in models:
            _describe_capacity(spec, registers)
        if 703 in models:
            _describe_service(registers)
        if 704 in models:
            _describe_controls(spec, registers)
        describe_curves(spec, registers, models)
        describe_trips(registers, models)
        if spec.kind == BATTERY and 713 in models:
            describe_capacity(spec, registers)
        if 714 in models:
            describe_ports(spec, registers)
        if 715 in models:
            describe_control(registers)
        if 802 in models:
            describe_battery(spec, registers)

    def render(self, bank: Bank, plant: Plant) -> None:
        render_measurements(bank, plant)
        if bank.has(703):
            render_service(bank, plant)
        if bank.is_storage and bank.has(713):
            render_capacity(bank, plant)
        if bank.has(714):
            render_ports(bank, plant)
        if bank.has(715):
            render_control(bank, plant)
        if bank.has(802):
            render_battery(bank, plant)


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
    return modes | sum(MODES.get(model, 0) for model in models_of(spec))


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
