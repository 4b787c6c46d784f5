"""Models 714 and 160: the DC side, one port or tracker after another."""

import numpy as np

from simulators.fleet import BATTERY, DeviceSpec
from simulators.maps.bank import Bank
from simulators.maps.identity import whole
from simulators.maps.registers import Registers
from simulators.physics.arrays import Floats
from simulators.physics.plant import Plant

PORTS_PV, PORTS_BATTERY, TRACKERS = 2, 1, 2
PORT_PV, PORT_STORAGE = 0, 1
EFFICIENCY = 0.965
PV_DC_V, BATTERY_DC_V = 520.0, 400.0
OFF, SLEEPING, MPPT, THROTTLED = 1, 2, 4, 5
# The second string is a little smaller than the first.
SHARES = (0.55, 0.45)


def port_count(spec: DeviceSpec) -> int:
    return PORTS_BATTERY if spec.kind == BATTERY else PORTS_PV


def dc_scales(exponent: int) -> list[tuple[int, str, int | None]]:
    return [
        (714, "DCA_SF", -1), (714, "DCV_SF", -1), (714, "DCW_SF", exponent), (714, "DCWH_SF", 0),
        (714, "Tmp_SF", -1),
        (160, "DCA_SF", -1), (160, "DCV_SF", -1), (160, "DCW_SF", exponent), (160, "DCWH_SF", 1),
    ]  # fmt: skip


def describe_ports(spec: DeviceSpec, registers: Registers) -> None:
    registers.set(714, "PrtAlrms", 0)
    for number in range(1, port_count(spec) + 1):
        port = f"Prt_{number}"
        storage = spec.kind == BATTERY
        registers.set_many(714, {
            f"{port}.PrtTyp": PORT_STORAGE if storage else PORT_PV, f"{port}.ID": number,
            f"{port}.DCAlrm": 0,
        })  # fmt: skip
        registers.set_text(714, f"{port}.IDStr", "BATTERY" if storage else f"STRING {number}")


def describe_trackers(registers: Registers) -> None:
    registers.set(160, "Evt", 0)
    for number in range(1, TRACKERS + 1):
        registers.set_many(160, {f"module_{number}.ID": number, f"module_{number}.DCEvt": 0})
        registers.set_text(160, f"module_{number}.IDStr", f"MPPT {number}")


def direct_current(bank: Bank, plant: Plant) -> tuple[Floats, Floats, Floats]:
    """Power, voltage and current of the DC side as a whole."""
    w = plant.now.output_w[bank.rows]
    total_w = np.where(w >= 0, w / EFFICIENCY, w * EFFICIENCY)
    if bank.is_storage:
        volts = np.full(bank.rows.size, BATTERY_DC_V)
    else:
        volts = np.where(plant.now.available_w[bank.rows] > 0, PV_DC_V, 0.0)
    return total_w, volts, np.where(volts > 0, total_w / np.maximum(volts, 1.0), 0.0)


def render_ports(bank: Bank, plant: Plant) -> None:
    total_w, volts, amps = direct_current(bank, plant)
    injected = plant.counters.injected_wh[bank.rows] / EFFICIENCY
    absorbed = plant.counters.absorbed_wh[bank.rows] * EFFICIENCY
    count = port_count(bank.devices[0].spec)
    values: dict[str, Floats | float | None] = {"DCW": total_w, "DCA": amps}
    sums = {"DCWhInj": injected, "DCWhAbs": absorbed}
    for number in range(1, count + 1):
        port, share = f"Prt_{number}", SHARES[number - 1] if count > 1 else 1.0
        values |= {
            f"{port}.DCW": share * total_w, f"{port}.DCV": volts, f"{port}.DCA": share * amps,
            f"{port}.DCSta": whole(np.abs(total_w) > 1),
            f"{port}.Tmp": 24.0 + 10.0 * whole(volts > 0),
        }  # fmt: skip
        sums |= {f"{port}.DCWhInj": share * injected, f"{port}.DCWhAbs": share * absorbed}
    bank.put(714, values)
    bank.put_counters(714, sums)


def render_trackers(bank: Bank, plant: Plant) -> None:
    total_w, volts, amps = direct_current(bank, plant)
    held = np.where(plant.now.limited[bank.rows], THROTTLED, MPPT)
    state = whole(np.where(volts > 0, held, SLEEPING))
    generated = plant.counters.injected_wh[bank.rows] / EFFICIENCY
    values: dict[str, Floats | float | None] = {}
    sums = {}
    for number in range(1, TRACKERS + 1):
        module, share = f"module_{number}", SHARES[number - 1]
        values |= {
            f"{module}.DCW": share * total_w, f"{module}.DCV": volts,
            f"{module}.DCA": share * amps, f"{module}.DCSt": state,
        }  # fmt: skip
        sums[f"{module}.DCWH"] = share * generated
    bank.put(160, values)
    bank.put_counters(160, sums)
