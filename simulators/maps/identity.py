"""Values every map shares: the common model, scale factors, electrical quantities."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulators.fleet import METER, DeviceSpec
from simulators.maps.bank import Bank
from simulators.maps.registers import Registers
from simulators.personalities import Personality
from simulators.physics.arrays import Floats
from simulators.physics.plant import Plant

Scales = tuple[tuple[int, str, int | None], ...]


def power_exponent(spec: DeviceSpec) -> int:
    """int16 holds 32,767 W; larger machines count in tens of watts."""
    return 0 if max(spec.rated_va, spec.rated_w) < 30_000 and spec.kind != METER else 1


def nominal_v(spec: DeviceSpec) -> tuple[float, float]:
    """Line to neutral and line to line: 277/480 V three-phase or 120/240 V split-phase."""
    return (277.0, 480.0) if spec.phases == "ABC" else (120.0, 240.0)


def legs(spec: DeviceSpec) -> int:
    return 3 if spec.phases == "ABC" else 2


def describe_identity(spec: DeviceSpec, registers: Registers, personality: Personality) -> None:
    for name, text in (
        ("Mn", personality.manufacturer or spec.manufacturer),
        ("Md", spec.model),
        ("Opt", ""),
        ("Vr", spec.version),
        ("SN", spec.serial_number),
    ):
        registers.set_text(1, name, text)
    shown = personality.address_register
    registers.set(1, "DA", spec.unit if shown is None else shown)


@dataclass(frozen=True, slots=True)
class Electrical:
    """What the devices of a bank would measure at their terminals at this instant."""

    w: Floats
    var: Floats
    va: Floats
    pf: Floats
    ln_v: Floats
    ll_v: Floats
    leg_a: Floats
    hz: Floats
    temperature_c: Floats


def electrical(bank: Bank, plant: Plant) -> Electrical:
    now, rows, spec = plant.now, bank.rows, bank.devices[0].spec
    w, var, pu = now.output_w[rows], now.output_var[rows], now.voltage_pu[rows]
    ln_v, ll_v = nominal_v(spec)
    va = np.hypot(w, var)
    return Electrical(
        w=w,
        var=var,
        va=va,
        pf=np.where(va > 1.0, w / np.maximum(va, 1.0), 1.0),
        ln_v=ln_v * pu,
        ll_v=ll_v * pu,
        leg_a=va / (ln_v * np.maximum(pu, 0.1) * legs(spec)),
        hz=now.frequency_hz[rows],
        # A cabinet warms with the power it passes.
        temperature_c=24.0 + 22.0 * np.abs(w) / np.maximum(plant.rated_w[rows], 1.0),
    )


def whole(values: NDArray[Any]) -> Floats:
    """Flags and states as numbers."""
    numbers: Floats = values.astype(np.float64)
    return numbers
