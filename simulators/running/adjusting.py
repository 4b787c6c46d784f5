"""What somebody does at the machine itself: its panel, its switch, its charge, its label."""

from simulators.errors import FleetError
from simulators.fleet import BATTERY
from simulators.maps.device import Device
from simulators.running.simulation import Simulation

TEXTS = {"serial_number": "SN", "version": "Vr", "manufacturer": "Mn", "model": "Md"}


def adjust(simulation: Simulation, key: str, name: str, value: str, t: float) -> None:
    """Set one thing by its name: a switch, the charge, a text of model 1, or MODEL.POINT."""
    device = simulation.device(key)
    if name == "soc_pct":
        _set_charge(simulation, device, _number(name, value))
    elif name == "local":
        _set_local(simulation, device, on=_number(name, value) != 0, t=t)
    elif name == "alarms":
        simulation.plant.settings.alarms[device.index] = int(_number(name, value))
    elif name == "clock_offset_s":
        simulation.plant.settings.clock_offset_s[device.index] = _number(name, value)
    elif name == "restart":
        device.power_cycle(simulation.plant, t)
    elif name in TEXTS:
        device.registers.set_text(1, TEXTS[name], value)
        device.was_set = True
    elif "." in name:
        model, _, point = name.partition(".")
        set_points(simulation, device, {(model, point): _number(name, value)}, t)
    else:
        names = ", ".join(("soc_pct", "local", "alarms", "clock_offset_s", "restart", *TEXTS))
        raise FleetError(f"{name!r} is unknown; write {names}, or a point as in 704.WMaxLimPct")
    device.bank.fresh = -1
    simulation.journal.record(t, "set", key=key, name=name, value=value)


def set_points(
    simulation: Simulation, device: Device, values: dict[tuple[str, str], float], t: float
) -> None:
    """Set points as on the machine's own panel: no access rights, but the same effect."""
    touched = []
    for (model, name), value in values.items():
        point = device.registers.layout.points.get((int(model) if model.isdecimal() else 0, name))
        if point is None or point.packer is None:
            raise FleetError(f"{device.spec.key} has no number {model}.{name}")
        device.registers.set(point.model, name, value)
        touched.append(point)
    simulation.schedule(device.act_on(touched, simulation.plant, t))


def _number(name: str, value: str) -> float:
    try:
        return float(value)
    except ValueError:
        raise FleetError(f"{name}={value!r}: write a number") from None


def _set_local(simulation: Simulation, device: Device, *, on: bool, t: float) -> None:
    models = [
        model for model in (715, 802) if (model, "LocRemCtl") in device.registers.layout.points
    ]
    if not models:
        raise FleetError(f"{device.spec.key} has neither model 715 nor 802, so no such switch")
    set_points(simulation, device, {(str(model), "LocRemCtl"): float(on) for model in models}, t)


def _set_charge(simulation: Simulation, device: Device, soc_pct: float) -> None:
    if device.spec.kind != BATTERY:
        kind = device.spec.kind
        raise FleetError(f"{device.spec.key} is a {kind}; only a battery has a state of charge")
    if not 0 <= soc_pct <= 100:
        raise FleetError(f"soc_pct={soc_pct:g} must be between 0 and 100")
    simulation.set_soc_pct(device.spec.key, soc_pct)
