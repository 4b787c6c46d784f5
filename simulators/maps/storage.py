"""Models 713 and 802: what a battery says of its storage, and how it can be disconnected."""

import numpy as np

from simulators.fleet import DeviceSpec
from simulators.maps.bank import Bank
from simulators.maps.identity import whole
from simulators.maps.registers import Registers
from simulators.maps.supervision import beats
from simulators.physics.arrays import Floats
from simulators.physics.plant import Plant

STATE_OF_HEALTH_PCT = 98.0
NOMINAL_DC_V = 400.0
EMPTY, DISCHARGING, CHARGING, FULL, HOLDING = 2, 3, 4, 5, 6
LITHIUM_ION = 4
DISCONNECTED, CONNECTED, STANDBY = 1, 3, 4
CONNECT, INVERTER_STARTED = 1, 3
NO_REQUEST = 0


def storage_scales(spec: DeviceSpec) -> list[tuple[int, str, int | None]]:
    wh = 0 if spec.capacity_wh < 60_000 else 1
    return [
        (713, "WH_SF", wh), (713, "Pct_SF", -2),
        (802, "AHRtg_SF", 0), (802, "WHRtg_SF", wh), (802, "WChaDisChaMax_SF", 1),
        (802, "DisChaRte_SF", None), (802, "SoC_SF", -2), (802, "DoD_SF", -2), (802, "SoH_SF", -2),
        (802, "V_SF", -1), (802, "CellV_SF", -3), (802, "A_SF", -1), (802, "AMax_SF", 0),
        (802, "W_SF", 1),
    ]  # fmt: skip


def describe_capacity(spec: DeviceSpec, registers: Registers) -> None:
    registers.set_many(713, {
        "WHRtg": spec.capacity_wh, "SoH": STATE_OF_HEALTH_PCT, "Sta": 0,
    })  # fmt: skip


def describe_battery(spec: DeviceSpec, registers: Registers) -> None:
    registers.set_many(802, {
        "AHRtg": spec.capacity_wh / NOMINAL_DC_V, "WHRtg": spec.capacity_wh,
        "WChaRteMax": spec.charge_max_w, "WDisChaRteMax": spec.discharge_max_w,
        "SoCMax": 100, "SoCMin": 0, "SocRsvMax": 100, "SoCRsvMin": 10,
        "SoH": STATE_OF_HEALTH_PCT, "LocRemCtl": 0, "Hb": 0, "CtrlHb": 0, "AlmRst": 0,
        "Typ": LITHIUM_ION, "State": CONNECTED, "Evt1": 0, "Evt2": 0, "EvtVnd1": 0, "EvtVnd2": 0,
        "VMax": 1.1 * NOMINAL_DC_V, "VMin": 0.85 * NOMINAL_DC_V,
        "AChaMax": spec.charge_max_w / NOMINAL_DC_V,
        "ADisChaMax": spec.discharge_max_w / NOMINAL_DC_V,
        "ReqInvState": NO_REQUEST, "SetOp": CONNECT, "SetInvState": INVERTER_STARTED,
    })  # fmt: skip
    registers.restrict(802, "SoCRsvMin", 0, 50)
    registers.restrict(802, "SocRsvMax", 50, 100)
    registers.restrict(802, "AlmRst", 0, 1)


def share_stored(bank: Bank, plant: Plant) -> Floats:
    """State of charge of each battery of a bank, from 0 to 1."""
    batteries, places = plant.batteries, plant.battery_place[bank.rows]
    share: Floats = batteries.stored_wh[places] / batteries.capacity_wh[places]
    return share


def charge_state(bank: Bank, plant: Plant) -> Floats:
    """SunSpec's ChaSt, alike in models 124 and 802."""
    share, output = share_stored(bank, plant), plant.now.output_w[bank.rows]
    lowest = plant.batteries.reserve_frac[plant.battery_place[bank.rows]] + 0.001
    resting = np.where(share >= 0.999, FULL, np.where(share <= lowest, EMPTY, HOLDING))
    moving = np.where(output > 0, DISCHARGING, CHARGING)
    return whole(np.where(np.abs(output) > 1.0, moving, resting))


def render_capacity(bank: Bank, plant: Plant) -> None:
    share = share_stored(bank, plant)
    capacity = plant.batteries.capacity_wh[plant.battery_place[bank.rows]]
    bank.put(713, {
        "SoC": 100 * share, "WHAvail": share * capacity * STATE_OF_HEALTH_PCT / 100,
    })  # fmt: skip


def render_battery(bank: Bank, plant: Plant) -> None:
    share, output = share_stored(bank, plant), plant.now.output_w[bank.rows]
    capacity = plant.batteries.capacity_wh[plant.battery_place[bank.rows]]
    voltage = NOMINAL_DC_V * (0.9 + 0.15 * share)
    started = bank.raw(802, "SetInvState") == INVERTER_STARTED
    state = np.where(started, CONNECTED, STANDBY)
    state = np.where(bank.raw(802, "SetOp") == CONNECT, state, DISCONNECTED)
    bank.put(802, {
        "SoC": 100 * share, "DoD": 100 * (1 - share), "ChaSt": charge_state(bank, plant),
        "NCyc": np.floor(plant.counters.injected_wh[bank.rows] / capacity),
        "State": whole(state), "V": voltage, "A": output / voltage, "W": output,
        "Hb": beats(bank, plant, 0xFFFF), "Evt1": whole(bank.alarms()),
    })  # fmt: skip
