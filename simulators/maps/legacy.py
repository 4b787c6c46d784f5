"""Inverters of the older half: models 101 to 136 and 160 as a Modbus client sees them."""

import numpy as np

from simulators.fleet import BATTERY, DeviceSpec
from simulators.maps.bank import Bank, Values
from simulators.maps.definitions import Layout, Oddities, layout
from simulators.maps.device import Control
from simulators.maps.direct_current import (
    PV_DC_V,
    TRACKERS,
    dc_scales,
    describe_trackers,
    render_trackers,
)
from simulators.maps.identity import (
    Electrical,
    electrical,
    legs,
    nominal_v,
    power_exponent,
    whole,
)
from simulators.maps.legacy_controls import CONTROLS
from simulators.maps.legacy_curves import (
    LEGACY_CURVE_CONTROLS,
    describe_legacy_curves,
    legacy_curve_scales,
    legacy_curve_sizes,
)
from simulators.maps.registers import Registers
from simulators.maps.storage import (
    charge_state,
    describe_battery,
    render_battery,
    share_stored,
    storage_scales,
)
from simulators.physics.arrays import Flags, Floats
from simulators.physics.plant import Plant

OFF, SLEEPING, STARTING, MPPT, THROTTLED, STANDBY = 1, 2, 3, 4, 5, 8
PV_STORAGE_TYPE, PV_TYPE = 82, 4
CONNECTED, AVAILABLE, OPERATING = 1, 2, 4
SECONDS_TO_2000 = 946_684_800
MANUAL_SHUTDOWN, AC_UNDER_VOLT = 1 << 6, 1 << 11
SETTINGS = (120, 121, 122, 123, 124)
CURVES = (126, 127, 129, 130, 132, 134, 135, 136)
INTEGER, FLOAT = (101, 102, 103), (111, 112, 113)
GONE_AT_NIGHT = ("W", "VA", "VAr", "PF", "Hz", "St", "A", "AphA", "AphB", "AphC", "DCW", "DCA")


def models_of(spec: DeviceSpec) -> tuple[int, ...]:
    if spec.models:
        return spec.models
    model = 103 if spec.phases == "ABC" else 102
    return (model, *SETTINGS, *CURVES, *((160,) if spec.kind != BATTERY else ()))


def _scales(spec: DeviceSpec, models: tuple[int, ...]) -> tuple[tuple[int, str, int | None], ...]:
    p = power_exponent(spec)
    pct = spec.percent_sf
    storage = spec.kind == BATTERY
    rows: list[tuple[int, str, int | None]] = [
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
    for model in INTEGER:
        rows += [
            (model, "A_SF", -1), (model, "V_SF", -1), (model, "W_SF", p), (model, "Hz_SF", -2),
            (model, "VA_SF", p), (model, "VAr_SF", p), (model, "PF_SF", -2), (model, "WH_SF", 0),
            (model, "DCA_SF", -1), (model, "DCV_SF", -1), (model, "DCW_SF", p),
            (model, "Tmp_SF", -1),
        ]  # fmt: skip
    if storage:
        rows += [
            (124, "WChaMax_SF", p), (124, "WChaDisChaGra_SF", 0), (124, "MinRsvPct_SF", pct),
            (124, "ChaState_SF", -2), (124, "InBatV_SF", -1), (124, "InOutWRte_SF", pct),
            *storage_scales(spec),
        ]  # fmt: skip
    rows += [*legacy_curve_scales(), *dc_scales(p)]
    # Scale factors that are not named stay "not implemented".
    return tuple(row for row in rows if row[0] in models)


class LegacyInverter:
    """One of models 101 to 113, then 120 to 136, 160 and, with storage, 802."""

    controls: tuple[Control, ...] = (*CONTROLS, *LEGACY_CURVE_CONTROLS)

    def layout(self, spec: DeviceSpec, oddities: Oddities) -> Layout:
        models = models_of(spec)
        sizes = (*legacy_curve_sizes(models), (160, "N", TRACKERS))
        return layout((1, *models), _scales(spec, models), sizes, oddities)

    def describe(self, spec: DeviceSpec, registers: Registers) -> None:
        models = models_of(spec)
        registers.set_many(models[0], {"Evt1": 0, "Evt2": 0})
        if 120 in models:
            _describe_ratings(spec, registers)
        if 121 in models:
            _describe_settings(spec, registers)
        if 122 in models:
            registers.set_many(122, {"StSetLimMsk": 0, "StActCtl": 0, "RtSt": 0})
            registers.set_text(122, "TmSrc", "RTC")
        if 123 in models:
            _describe_controls(registers)
        describe_legacy_curves(registers, models)
        if 160 in models:
            describe_trackers(registers)
        if spec.kind == BATTERY:
            if 124 in models:
                _describe_storage(spec, registers)
            if 802 in models:
                describe_battery(spec, registers)

    def render(self, bank: Bank, plant: Plant) -> None:
        e = electrical(bank, plant)
        _render_measurements(bank, plant, e)
        if bank.has(122):
            _render_status(bank, plant, e)
        if bank.has(160):
            render_trackers(bank, plant)
        if bank.is_storage and bank.has(124):
            _render_storage(bank, plant)
        if bank.has(802):
            render_battery(bank, plant)


def _describe_ratings(spec: DeviceSpec, registers: Registers) -> None:
    ln_v, _ = nominal_v(spec)
    var = 0.44 * spec.rated_va
    storage = spec.kind == BATTERY
    registers.set_many(120, {
        "DERTyp": PV_STORAGE_TYPE if storage else PV_TYPE,
        "WRtg": spec.rated_w, "VARtg": spec.rated_va,
        "VArRtgQ1": var, "VArRtgQ2": var, "VArRtgQ3": -var, "VArRtgQ4": -var,
        "ARtg": spec.rated_va / ln_v / legs(spec),
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


def _describe_controls(registers: Registers) -> None:
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


def _render_measurements(bank: Bank, plant: Plant, e: Electrical) -> None:
    rows, model = bank.rows, bank.first_model
    dc_w = np.where(e.w >= 0, e.w / 0.965, e.w * 0.965)
    lit = plant.now.available_w[rows] > 0
    dc_v = np.where(lit, PV_DC_V, 0.0) if not bank.is_storage else np.full(rows.size, PV_DC_V)
    amps = np.where(dc_v > 0, dc_w / np.maximum(dc_v, 1.0), 0.0)
    per_unit = 1.0 if bank.personality.power_factor == "ratio" else 100.0
    values: dict[str, Floats | float | None] = {
        **_by_phase(model, e),
        "W": e.w, "Hz": e.hz, "VA": e.va, "VAr": e.var, "PF": per_unit * e.pf,
        "DCV": dc_v, "DCA": np.where(dc_w < 0, np.nan, amps), "DCW": dc_w,
        "TmpCab": e.temperature_c, "St": operating_state(bank, plant),
        "Evt1": events(bank, plant),
    }  # fmt: skip
    if bank.personality.absent_at_night:
        dark = ~lit
        for name in GONE_AT_NIGHT:
            if name in values:
                values[name] = np.where(dark, np.nan, values[name])  # type: ignore[arg-type]  # none is None
    bank.put(model, values)
    bank.put_counters(model, {"WH": plant.counters.injected_wh[rows]})


def _by_phase(model: int, e: Electrical) -> Values:
    """Single phase (101), split-phase (102) and three-phase (103), or their float brothers."""
    ways = {1: 1, 2: 2, 3: 3}[model % 10]
    amps = e.leg_a
    shown: dict[str, Floats | float | None] = {
        "A": ways * amps, "PhVphA": e.ln_v if ways > 1 else e.ll_v,
    }  # fmt: skip
    for phase in "ABC"[:ways]:
        shown[f"Aph{phase}"] = amps
    if ways > 1:
        shown |= {"PhVphB": e.ln_v, "PPVphAB": e.ll_v}
    if ways > 2:
        shown |= {"PhVphC": e.ln_v, "PPVphBC": e.ll_v, "PPVphCA": e.ll_v}
    return shown


def events(bank: Bank, plant: Plant) -> Floats:
    """Evt1: what stands now, and what somebody made stand."""
    off = plant.settings.service.off[bank.rows] > 0
    dead = plant.now.voltage_pu[bank.rows] < 0.5
    bits = np.where(off, MANUAL_SHUTDOWN, 0) + np.where(dead, AC_UNDER_VOLT, 0)
    return whole(bits | bank.alarms())


def asleep(bank: Bank, plant: Plant) -> Flags:
    if bank.is_storage:
        return np.zeros(bank.rows.size, dtype=np.bool_)
    dark: Flags = plant.now.available_w[bank.rows] < 0.003 * plant.rated_w[bank.rows]
    return dark


def operating_state(bank: Bank, plant: Plant) -> Floats:
    now, rows = plant.now, bank.rows
    held = now.limited[rows] & (now.output_w[rows] >= now.limit_w[rows] - 1.0)
    held |= plant.is_held_down(rows)
    state = np.where(held, THROTTLED, MPPT)
    state = np.where(asleep(bank, plant), SLEEPING, state)
    state = np.where(now.in_service[rows], state, STARTING)
    return whole(np.where(plant.settings.service.off[rows] > 0, STANDBY, state))


def _render_status(bank: Bank, plant: Plant, e: Electrical) -> None:
    now, rows = plant.now, bank.rows
    serving = now.in_service[rows]
    working = np.where(np.abs(now.output_w[rows]) > 1.0, OPERATING, 0)
    running = whole(np.where(serving, CONNECTED | AVAILABLE | working, 0))
    values: dict[str, Floats | float | None] = {
        "PVConn": 0 if bank.is_storage else running, "StorConn": running if bank.is_storage else 0,
        "ECPConn": whole(serving), "WAval": now.available_w[rows],
        "VArAval": np.sqrt(np.maximum(plant.settings.va_max[rows] ** 2 - e.w**2, 0.0)),
        "Tms": np.floor(plant.t - SECONDS_TO_2000 + plant.settings.clock_offset_s[rows]),
    }  # fmt: skip
    if bank.has(123):
        active = (
            (bank.raw(123, "WMaxLim_Ena") == 1) * 1
            + (bank.raw(123, "VArPct_Ena") == 1) * 2
            + (bank.raw(123, "OutPFSet_Ena") == 1) * 4
        )
        values["StActCtl"] = whole(active)
    bank.put(122, values)
    bank.put_counters(122, {"ActWh": plant.counters.injected_wh[rows]})


def _render_storage(bank: Bank, plant: Plant) -> None:
    share = share_stored(bank, plant)
    bank.put(124, {
        "ChaState": 100 * share, "InBatV": 480 + 60 * share, "ChaSt": charge_state(bank, plant),
    })  # fmt: skip
