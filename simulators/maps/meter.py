"""Meters: models 201 to 204 and 211 to 214; power is positive when the site takes it."""

import numpy as np

from simulators.fleet import DeviceSpec
from simulators.maps.bank import Bank
from simulators.maps.definitions import Layout, Oddities, layout
from simulators.maps.device import Control
from simulators.maps.identity import electrical, whole
from simulators.maps.registers import Registers
from simulators.physics.arrays import Floats
from simulators.physics.plant import Plant

SCALES = {
    "A_SF": -1, "V_SF": -1, "Hz_SF": -2, "W_SF": 1, "VA_SF": 1, "VAR_SF": 1, "PF_SF": -2,
    "TotWh_SF": 0,
}  # fmt: skip
# How many conductors each kind measures: single, split, wye, delta.
WAYS = {1: 2, 2: 2, 3: 3, 4: 3}


def models_of(spec: DeviceSpec) -> tuple[int, ...]:
    return spec.models or ((203,) if spec.phases == "ABC" else (201,))


class Meter:
    """Model 1 and one of 201 to 204 (integers) or 211 to 214 (floating point)."""

    controls: tuple[Control, ...] = ()

    def layout(self, spec: DeviceSpec, oddities: Oddities) -> Layout:
        models = models_of(spec)
        exponents = dict(SCALES)
        if spec.phases != "ABC":
            exponents |= {"W_SF": 0, "VA_SF": 0, "VAR_SF": 0}
        scales = tuple((models[0], name, value) for name, value in exponents.items())
        return layout((1, *models), scales, (), oddities)

    def describe(self, spec: DeviceSpec, registers: Registers) -> None:
        registers.set(models_of(spec)[0], "Evt", 0)

    def render(self, bank: Bank, plant: Plant) -> None:
        """SunSpec counts var quadrants 1 and 2 as imported: import is the positive direction."""
        model, rows = bank.first_model, bank.rows
        e = electrical(bank, plant)
        ways = "ABC"[: WAYS[model % 10]]
        n = len(ways)
        toward = 1.0 if bank.personality.meter_positive == "export" else -1.0
        sign = np.where(e.w > 0, toward, -toward)
        factor = 100.0 if bank.personality.power_factor == "percent" else 1.0
        values: dict[str, Floats | float | None] = {
            "A": sign * n * e.leg_a, "PhV": e.ln_v, "PPV": e.ll_v, "Hz": e.hz, "W": toward * e.w,
            "VA": e.va, "VAR": toward * e.var, "PF": toward * factor * e.pf,
            "Evt": whole(bank.alarms()),
        }  # fmt: skip
        for way in ways:
            values |= {
                f"Aph{way}": sign * e.leg_a, f"PhVph{way}": e.ln_v, f"Wph{way}": toward * e.w / n,
            }  # fmt: skip
        # SunSpec names the line voltages of 202 to 204 otherwise than those of the other models.
        word = "PPVph" if bank.holds(model, "PPVphAB") else "PhVph"
        pairs = [f"{word}{pair}" for pair in (("AB", "BC", "CA") if n == 3 else ("AB",))]
        bank.put(model, values | dict.fromkeys(pairs, e.ll_v))
        injected, absorbed = plant.counters.injected_wh[rows], plant.counters.absorbed_wh[rows]
        bank.put_counters(model, {"TotWhExp": injected, "TotWhImp": absorbed})


class WrongMap:
    """A machine that speaks Modbus but not SunSpec: vendor registers without the marker."""

    controls: tuple[Control, ...] = ()

    def layout(self, spec: DeviceSpec, oddities: Oddities) -> Layout:
        image = b"".join((7 * n % 4096).to_bytes(2, "big") for n in range(1, 401))
        return Layout({}, {}, len(image) // 2, image)

    def describe(self, spec: DeviceSpec, registers: Registers) -> None:
        """Nothing to say: the image is fixed."""

    def render(self, bank: Bank, plant: Plant) -> None:
        """Nothing moves."""
