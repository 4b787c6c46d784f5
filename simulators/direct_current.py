"""Models 714 and 160: the DC side, one port or tracker after another."""

from simulators.device import Device
from simulators.fleet import BATTERY, DeviceSpec
from simulators.plant import Plant
from simulators.registers import Registers

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


def direct_w(device: Device, plant: Plant) -> float:
    w = float(plant.now.output_w[device.index])
    return w / EFFICIENCY if w >= 0 else w * EFFICIENCY


def direct_v(device: Device, plant: Plant) -> float:
    if device.spec.kind == BATTERY:
        return BATTERY_DC_V
    return PV_DC_V if plant.now.available_w[device.index] > 0 else 0.0


def render_ports(device: Device, plant: Plant) -> None:
    registers, i, sums = device.registers, device.index, plant.counters
    total_w, volts = direct_w(device, plant), direct_v(device, plant)
    count = port_count(device.spec)
    injected = float(sums.injected_wh[i]) / EFFICIENCY
    absorbed = float(sums.absorbed_wh[i]) * EFFICIENCY
    amps = total_w / volts if volts else 0.0
    registers.set_many(714, {"DCW": total_w, "DCA": amps})
    registers.set_counter(714, "DCWhInj", injected)
    registers.set_counter(714, "DCWhAbs", absorbed)
    for number in range(1, count + 1):
        port, share = f"Prt_{number}", SHARES[number - 1] if count > 1 else 1.0
        registers.set_many(714, {
            f"{port}.DCW": share * total_w, f"{port}.DCV": volts, f"{port}.DCA": share * amps,
            f"{port}.DCSta": int(abs(total_w) > 1), f"{port}.Tmp": 24 + 10 * (volts > 0),
        })  # fmt: skip
        registers.set_counter(714, f"{port}.DCWhInj", share * injected)
        registers.set_counter(714, f"{port}.DCWhAbs", share * absorbed)


def render_trackers(device: Device, plant: Plant) -> None:
    registers, i = device.registers, device.index
    total_w, volts = max(direct_w(device, plant), 0.0), direct_v(device, plant)
    state = SLEEPING if not volts else THROTTLED if plant.now.limited[i] else MPPT
    for number in range(1, TRACKERS + 1):
        module, share = f"module_{number}", SHARES[number - 1]
        registers.set_many(160, {
            f"{module}.DCW": share * total_w, f"{module}.DCV": volts,
            f"{module}.DCA": share * total_w / volts if volts else 0.0, f"{module}.DCSt": state,
        })  # fmt: skip
        generated = share * float(plant.counters.injected_wh[i]) / EFFICIENCY
        registers.set_counter(160, f"{module}.DCWH", generated)
