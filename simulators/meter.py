"""Meters: models 201 and 203; power is positive when the site takes it from the grid."""

from simulators.definitions import Layout, layout
from simulators.device import Control, Device
from simulators.fleet import DeviceSpec
from simulators.identity import Scales, describe_identity, electrical
from simulators.plant import Plant
from simulators.registers import Registers

SCALES = {
    "A_SF": -1, "V_SF": -1, "Hz_SF": -2, "W_SF": 1, "VA_SF": 1, "VAR_SF": 1, "PF_SF": -2,
    "TotWh_SF": 0,
}  # fmt: skip


def meter_model(spec: DeviceSpec) -> int:
    return 203 if spec.phases == "ABC" else 201


class Meter:
    """Models 1 and 201 (split-phase) or 203 (three-phase)."""

    controls: tuple[Control, ...] = ()

    def layout(self, spec: DeviceSpec) -> Layout:
        model = meter_model(spec)
        exponents = dict(SCALES)
        if model == 201:
            exponents |= {"W_SF": 0, "VA_SF": 0, "VAR_SF": 0}
        scales: Scales = tuple((model, name, value) for name, value in exponents.items())
        return layout((1, model), scales, spec.common_length)

    def describe(self, spec: DeviceSpec, registers: Registers) -> None:
        describe_identity(spec, registers)
        registers.set(meter_model(spec), "Evt", 0)

    def render(self, device: Device, plant: Plant) -> None:
        """SunSpec counts var quadrants 1 and 2 as imported: import is the positive direction."""
        model, registers, i = meter_model(device.spec), device.registers, device.index
        e = electrical(device.spec, plant, i)
        ways = "ABC" if model == 203 else "AB"
        n = len(ways)
        sign = -1.0 if e.w > 0 else 1.0
        registers.set_many(model, {
            "A": sign * n * e.leg_a, "PhV": e.ln_v, "PPV": e.ll_v, "Hz": e.hz, "W": -e.w,
            "VA": e.va, "VAR": -e.var, "PF": -100 * e.pf,
        })  # fmt: skip
        for way in ways:
            registers.set_many(model, {
                f"Aph{way}": sign * e.leg_a, f"PhVph{way}": e.ln_v, f"Wph{way}": -e.w / n,
            })  # fmt: skip
        pairs = ("PhVphAB", "PhVphBC", "PhVphCA") if model == 203 else ("PPVphAB",)
        registers.set_many(model, dict.fromkeys(pairs, e.ll_v))
        registers.set_counter(model, "TotWhExp", float(plant.counters.injected_wh[i]))
        registers.set_counter(model, "TotWhImp", float(plant.counters.absorbed_wh[i]))


class WrongMap:
    """A machine that speaks Modbus but not SunSpec: vendor registers without the marker."""

    controls: tuple[Control, ...] = ()

    def layout(self, spec: DeviceSpec) -> Layout:
        image = b"".join((7 * n % 4096).to_bytes(2, "big") for n in range(1, 401))
        return Layout({}, {}, len(image) // 2, image)

    def describe(self, spec: DeviceSpec, registers: Registers) -> None:
        """Nothing to say: the image is fixed."""

    def render(self, device: Device, plant: Plant) -> None:
        """Nothing moves."""
