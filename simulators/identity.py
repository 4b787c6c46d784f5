"""Values every map shares: the common model, scale factors, electrical quantities."""

import math
from dataclasses import dataclass

from simulators.fleet import METER, DeviceSpec
from simulators.plant import Plant
from simulators.registers import Registers

Scales = tuple[tuple[int, str, int | None], ...]


def power_exponent(spec: DeviceSpec) -> int:
    """int16 holds 32,767 W; larger machines count in tens of watts."""
    return 0 if max(spec.rated_va, spec.rated_w) < 30_000 and spec.kind != METER else 1


def nominal_v(spec: DeviceSpec) -> tuple[float, float]:
    """Line to neutral and line to line: 277/480 V three-phase or 120/240 V split-phase."""
    return (277.0, 480.0) if spec.phases == "ABC" else (120.0, 240.0)


def legs(spec: DeviceSpec) -> int:
    return 3 if spec.phases == "ABC" else 2


def describe_identity(spec: DeviceSpec, registers: Registers) -> None:
    for name, text in (
        ("Mn", spec.manufacturer),
        ("Md", spec.model),
        ("Opt", ""),
        ("Vr", spec.version),
        ("SN", spec.serial_number),
    ):
        registers.set_text(1, name, text)
    registers.set(1, "DA", spec.unit)
    registers.restrict(1, "DA", 1, 247)


@dataclass(frozen=True, slots=True)
class Electrical:
    """What a device would measure at its terminals at this instant."""

    w: float
    var: float
    va: float
    pf: float
    ln_v: float
    ll_v: float
    leg_a: float
    hz: float


def electrical(spec: DeviceSpec, plant: Plant, index: int) -> Electrical:
    now = plant.now
    w, var = float(now.output_w[index]), float(now.output_var[index])
    pu = float(now.voltage_pu[index])
    ln_v, ll_v = nominal_v(spec)
    va = math.hypot(w, var)
    return Electrical(
        w=w,
        var=var,
        va=va,
        pf=w / va if va > 1.0 else 1.0,
        ln_v=ln_v * pu,
        ll_v=ll_v * pu,
        leg_a=va / (ln_v * max(pu, 0.1) * legs(spec)),
        hz=float(now.frequency_hz[index]),
    )


def warm_c(plant: Plant, index: int) -> float:
    """A cabinet that warms with the power it passes."""
    rated = max(float(plant.rated_w[index]), 1.0)
    return 24.0 + 22.0 * abs(float(plant.now.output_w[index])) / rated
