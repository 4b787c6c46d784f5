"""Model 701 as it moves, and the time left in model 703."""

import numpy as np

from simulators.maps.bank import Bank
from simulators.maps.identity import Electrical, electrical, legs, whole
from simulators.physics.arrays import Flags, Floats
from simulators.physics.plant import Plant

OFF, SLEEPING, STARTING, RUNNING, THROTTLED, STANDBY = 0, 1, 2, 3, 4, 7
# CtrlModes of 702 and ThrotSrc of 701 count their bits alike.
MAX_W, FIXED_W, FIXED_VAR, FIXED_PF = 1, 2, 4, 8
VOLT_VAR, FREQ_WATT, WATT_VAR, VOLT_WATT = 1 << 4, 1 << 5, 1 << 9, 1 << 10
GRID_FOLLOWING, PV_CLIPPED = 1, 4
GRID_DISCONNECT, OVER_FREQUENCY, UNDER_FREQUENCY, AC_UNDER_VOLT = 1 << 4, 1 << 8, 1 << 9, 1 << 11
GONE_AT_NIGHT = ("W", "VA", "Var", "PF", "A", "Hz")


def render_measurements(bank: Bank, plant: Plant) -> None:
    e, rows, sums = electrical(bank, plant), bank.rows, plant.counters
    values: dict[str, Floats | float | None] = {
        "W": e.w, "VA": e.va, "Var": e.var, "PF": e.pf, "A": legs(bank.devices[0].spec) * e.leg_a,
        "LLV": e.ll_v, "LNV": e.ln_v, "Hz": e.hz, "TmpAmb": 24.0, "TmpCab": e.temperature_c,
        **_by_leg(bank, e), **_status(bank, plant),
    }  # fmt: skip
    if bank.personality.absent_at_night:
        dark = asleep(bank, plant)
        values |= {n: np.where(dark, np.nan, np.asarray(values[n])) for n in GONE_AT_NIGHT}
    bank.put(701, values)
    bank.put_counters(701, {
        "TotWhInj": sums.injected_wh[rows], "TotWhAbs": sums.absorbed_wh[rows],
        "TotVarhInj": sums.injected_varh[rows], "TotVarhAbs": sums.absorbed_varh[rows],
    })  # fmt: skip


def _by_leg(bank: Bank, e: Electrical) -> dict[str, Floats]:
    ways, after = legs(bank.devices[0].spec), {1: 2, 2: 3, 3: 1}
    shown: dict[str, Floats] = {}
    for leg in range(1, ways + 1):
        pair = f"VL{leg}L{after[leg]}" if ways == 3 else "VL1L2"
        shown |= {
            f"WL{leg}": e.w / ways, f"VAL{leg}": e.va / ways, f"VarL{leg}": e.var / ways,
            f"PFL{leg}": e.pf, f"AL{leg}": e.leg_a, f"VL{leg}": e.ln_v, pair: e.ll_v,
        }  # fmt: skip
    return shown


def asleep(bank: Bank, plant: Plant) -> Flags:
    if bank.is_storage:
        return np.zeros(bank.rows.size, dtype=np.bool_)
    dark: Flags = plant.now.available_w[bank.rows] < 0.003 * plant.rated_w[bank.rows]
    return dark


def throttled(bank: Bank, plant: Plant) -> Flags:
    now, rows = plant.now, bank.rows
    if bank.is_storage:
        held = now.limited[rows] & (now.output_w[rows] >= now.limit_w[rows] - 1.0)
    else:
        held = now.limited[rows] & (now.output_w[rows] < now.available_w[rows] - 1.0)
    flags: Flags = held & now.in_service[rows]
    return flags


def _throttled_by(bank: Bank, plant: Plant) -> Floats:
    """The functions that hold the output down, as ThrotSrc names them."""
    own, rows = plant.settings, bank.rows
    source = np.zeros(rows.size, dtype=np.int64)
    if bank.has(704):
        source |= np.where(bank.raw(704, "WMaxLimPctEna") == 1, MAX_W, 0)
        source |= np.where(bank.raw(704, "WSetEna") == 1, FIXED_W, 0)
    by_voltage = own.volt_watt.enabled[rows]
    by_voltage = by_voltage & (own.volt_watt.reached[rows] <= plant.now.output_w[rows] + 1.0)
    source |= np.where(by_voltage, VOLT_WATT, 0)
    return whole(source | np.where(own.droop.reached[rows] < 0, FREQ_WATT, 0))


def _status(bank: Bank, plant: Plant) -> dict[str, Floats]:
    now, rows = plant.now, bank.rows
    held = throttled(bank, plant)
    rated = np.maximum(plant.rated_w[rows], 1.0)
    cut = np.where(held, 100.0 * (now.available_w[rows] - now.output_w[rows]) / rated, 0.0)
    clipped = now.output_w[rows] >= 0.999 * rated
    serving = whole(now.in_service[rows])
    state = np.where(asleep(bank, plant), SLEEPING, np.where(held, THROTTLED, RUNNING))
    state = np.where(now.in_service[rows], state, STARTING)
    state = np.where(plant.settings.service.off[rows] > 0, STANDBY, state)
    mode = GRID_FOLLOWING + np.where(clipped & (not bank.is_storage), PV_CLIPPED, 0)
    return {
        "St": serving, "InvSt": whole(state), "ConnSt": serving, "DERMode": whole(mode),
        "ThrotPct": np.clip(cut, 0.0, 100.0),
        "ThrotSrc": np.where(held, _throttled_by(bank, plant), 0.0),
        "Alrm": whole(_alarms(bank, plant)),
    }  # fmt: skip


def _alarms(bank: Bank, plant: Plant) -> Floats:
    """What stands while a machine is tripped, and what somebody made stand."""
    now, rows = plant.now, bank.rows
    tripped = plant.settings.service.tripped[rows]
    hz, volts = now.frequency_hz[rows], now.voltage_pu[rows]
    bits = np.where(volts < 0.5, GRID_DISCONNECT | AC_UNDER_VOLT, 0)
    bits |= np.where(tripped & (hz > 61.0), OVER_FREQUENCY, 0)
    bits |= np.where(tripped & (hz > 1.0) & (hz < 59.0), UNDER_FREQUENCY, 0)
    return whole(bits | bank.alarms())


def render_service(bank: Bank, plant: Plant) -> None:
    service = plant.settings.service
    waiting = np.maximum(service.remaining_s[bank.rows], 0.0)
    bank.put(703, {"ESDlyRemTms": np.where(service.off[bank.rows] > 0, 0.0, waiting)})
