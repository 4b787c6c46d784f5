"""Models 713 and 802: what a battery says of its storage, and how it can be disconnected."""

from simulators.device import Device
from simulators.fleet import DeviceSpec
from simulators.plant import Plant
from simulators.registers import Registers

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


def stored(device: Device, plant: Plant) -> tuple[float, float]:
    """Capacity and stored energy in Wh."""
    place = int((plant.battery == device.index).argmax())
    return float(plant.batteries.capacity_wh[place]), float(plant.batteries.stored_wh[place])


def charge_state(device: Device, plant: Plant) -> int:
    """SunSpec's ChaSt, alike in models 124 and 802."""
    capacity, stored_wh = stored(device, plant)
    place = int((plant.battery == device.index).argmax())
    output = float(plant.now.output_w[device.index])
    if output > 1.0:
        return DISCHARGING
    if output < -1.0:
        return CHARGING
    if stored_wh >= 0.999 * capacity:
        return FULL
    lowest = float(plant.batteries.reserve_frac[place]) + 0.001
    return EMPTY if stored_wh <= lowest * capacity else HOLDING


def render_capacity(device: Device, plant: Plant) -> None:
    capacity, stored_wh = stored(device, plant)
    device.registers.set_many(713, {
        "SoC": 100 * stored_wh / capacity, "WHAvail": stored_wh * STATE_OF_HEALTH_PCT / 100,
    })  # fmt: skip


def render_battery(device: Device, plant: Plant) -> None:
    registers, i = device.registers, device.index
    capacity, stored_wh = stored(device, plant)
    share = stored_wh / capacity
    voltage = NOMINAL_DC_V * (0.9 + 0.15 * share)
    output = float(plant.now.output_w[i])
    connected = registers.get(802, "SetOp") == CONNECT
    started = registers.get(802, "SetInvState") == INVERTER_STARTED
    state = DISCONNECTED if not connected else CONNECTED if started else STANDBY
    registers.set_many(802, {
        "SoC": 100 * share, "DoD": 100 * (1 - share), "ChaSt": charge_state(device, plant),
        "NCyc": int(float(plant.counters.injected_wh[i]) / capacity),
        "State": state, "V": voltage, "A": output / voltage, "W": output,
        "Hb": int(plant.t - device.started) % 0xFFFF,
    })  # fmt: skip
