"""Curves of models 705, 706 and 712 and the droop of 711: adopted on request, then in force."""

from dataclasses import dataclass
from functools import partial

from simulators.fleet import BATTERY, DeviceSpec
from simulators.maps.device import Control, Device
from simulators.maps.handshake import COMPLETED, CURVES, FACTORY, IN_FORCE, Adoption
from simulators.maps.registers import Registers
from simulators.physics.curves import Curves
from simulators.physics.plant import Plant
from simulators.physics.settings import Settings
from simulators.physics.support import OF_W_AVAILABLE, OF_W_MAX

MOST_POINTS = 8
Points = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class CurveModel:
    """How a curve model names its points and what is sound in it."""

    model: int
    x: str
    y: str
    default: Points
    response_s: float
    # Volt-var and volt-watt must not rise with voltage, or they would push it away.
    falls: bool
    reference: int
    highest_x: float

    def curves(self, settings: Settings) -> Curves:
        return {705: settings.volt_var, 706: settings.volt_watt, 712: settings.watt_var}[self.model]

    def lowest_y(self, spec: DeviceSpec) -> float:
        return 0.0 if self.model == 706 and spec.kind != BATTERY else -100.0


# IEEE 1547-2018 tables 8, 9 and 10, defaults of category B; var in % of the var setting.
VOLT_VAR = CurveModel(
    model=705, x="V", y="Var", default=((92, 100), (98, 0), (102, 0), (108, -100)),
    response_s=5.0, falls=True, reference=1, highest_x=200.0,
)  # fmt: skip
VOLT_WATT = CurveModel(
    model=706, x="V", y="W", default=((106, 100), (110, 0)),
    response_s=10.0, falls=True, reference=0, highest_x=200.0,
)  # fmt: skip
WATT_VAR = CurveModel(
    model=712, x="W", y="Var", default=((20, 0), (50, 0), (100, -100)),
    response_s=10.0, falls=False, reference=1, highest_x=100.0,
)  # fmt: skip
CURVE_MODELS = (VOLT_VAR, VOLT_WATT, WATT_VAR)
DROOP = 711
DROOP_RANGES = {
    "DbOf": (0.017, 1.0), "DbUf": (0.017, 1.0), "KOf": (0.01, 0.1), "KUf": (0.01, 0.1),
    "RspTms": (0.2, 10.0), "PMin": (-100.0, 100.0),
}  # fmt: skip


def curve_scales(models: tuple[int, ...]) -> list[tuple[int, str, int | None]]:
    rows: list[tuple[int, str, int | None]] = [
        (705, "V_SF", -2), (705, "DeptRef_SF", -2), (705, "RspTms_SF", -1),
        (706, "V_SF", -2), (706, "DeptRef_SF", -2), (706, "RspTms_SF", -1),
        (712, "W_SF", -2), (712, "DeptRef_SF", -2),
        (711, "Db_SF", -3), (711, "K_SF", -3), (711, "RspTms_SF", -1),
    ]  # fmt: skip
    return [row for row in rows if row[0] in models]


def curve_sizes(models: tuple[int, ...]) -> list[tuple[int, str, int]]:
    rows = [(711, "NCtl", CURVES)]
    for kind in CURVE_MODELS:
        rows += [(kind.model, "NCrv", CURVES), (kind.model, "NPt", MOST_POINTS)]
    return [row for row in rows if row[0] in models]


def describe_curves(spec: DeviceSpec, registers: Registers, models: tuple[int, ...]) -> None:
    for kind in CURVE_MODELS:
        if kind.model in models:
            _describe_curve(spec, registers, kind)
    if DROOP in models:
        _describe_droop(registers)


def _describe_head(registers: Registers, model: int, word: str, curve: str) -> None:
    registers.set_many(model, {
        "Ena": 0, f"Adpt{word}Req": 0, f"Adpt{word}Rslt": COMPLETED, "RvrtTms": 0, "RvrtRem": 0,
        f"Rvrt{curve}": 0,
    })  # fmt: skip
    registers.restrict(model, f"Adpt{word}Req", 0, CURVES)
    registers.restrict(model, f"Rvrt{curve}", 0, CURVES)


def _describe_curve(spec: DeviceSpec, registers: Registers, kind: CurveModel) -> None:
    _describe_head(registers, kind.model, "Crv", "Crv")
    for number in range(1, CURVES + 1):
        group = f"Crv_{number}"
        values: dict[str, float | None] = {
            f"{group}.ActPt": len(kind.default), f"{group}.DeptRef": kind.reference,
            f"{group}.ReadOnly": int(number in {IN_FORCE, FACTORY}),
        }  # fmt: skip
        if kind.model != 712:
            values[f"{group}.RspTms"] = kind.response_s
        if kind.model != 706:
            values[f"{group}.Pri"] = 1
        if kind.model == 705:
            values |= {f"{group}.VRef": 100.0, f"{group}.VRefAutoEna": 0}
        for place in range(1, MOST_POINTS + 1):
            x, y = kind.default[min(place, len(kind.default)) - 1]
            values |= {f"{group}.Pt_{place}.{kind.x}": x, f"{group}.Pt_{place}.{kind.y}": y}
        registers.set_many(kind.model, values)
        if kind.model == 705:
            registers.restrict(705, f"{group}.VRefAutoEna", 0, 0)


def _describe_droop(registers: Registers) -> None:
    _describe_head(registers, DROOP, "Ctl", "Ctl")
    for number in range(1, CURVES + 1):
        registers.set_many(DROOP, {
            f"Ctl_{number}.{name}": value
            for name, value in (
                ("DbOf", 0.036), ("DbUf", 0.036), ("KOf", 0.05), ("KUf", 0.05), ("RspTms", 5.0),
                ("PMin", 0), ("ReadOnly", int(number in {IN_FORCE, FACTORY})),
            )
        })  # fmt: skip


def curve_points(registers: Registers, kind: CurveModel, number: int) -> list[tuple[float, float]]:
    group = f"Crv_{number}"
    count = int(registers.number(kind.model, f"{group}.ActPt"))
    return [
        (
            registers.number(kind.model, f"{group}.Pt_{k}.{kind.x}"),
            registers.number(kind.model, f"{group}.Pt_{k}.{kind.y}"),
        )
        for k in range(1, min(count, MOST_POINTS) + 1)
    ]


def what_is_wrong(device: Device, kind: CurveModel, number: int) -> str:
    """Why a curve cannot be adopted; empty when it can."""
    registers, group = device.registers, f"Crv_{number}"
    count = registers.number(kind.model, f"{group}.ActPt")
    if not 2 <= count <= MOST_POINTS:
        return f"ActPt is {count:g}; a curve has 2 to {MOST_POINTS} points"
    points = curve_points(registers, kind, number)
    if kind.model != 712 and registers.number(kind.model, f"{group}.RspTms") > 600:
        return "RspTms is more than 600 s"
    if kind.model == 705 and not 80 <= registers.number(705, f"{group}.VRef", 100) <= 120:
        return "VRef must lie between 80 and 120 %"
    return _what_is_wrong_with_points(points, kind, kind.lowest_y(device.spec))


def _what_is_wrong_with_points(
    points: list[tuple[float, float]], kind: CurveModel, lowest: float
) -> str:
    xs, ys = [x for x, _ in points], [y for _, y in points]
    if xs != sorted(xs):
        return f"{kind.x} falls from one point to the next: {xs}"
    if not 0 <= xs[0] <= xs[-1] <= kind.highest_x:
        return f"{kind.x} must lie between 0 and {kind.highest_x:g} %"
    if min(ys) < lowest or max(ys) > 100:
        return f"{kind.y} must lie between {lowest:g} and 100 %"
    if kind.falls and ys != sorted(ys, reverse=True):
        return f"{kind.y} must not rise with {kind.x}: {ys}"
    return ""


def what_is_wrong_with_droop(device: Device, number: int) -> str:
    for name, (low, high) in DROOP_RANGES.items():
        value = device.registers.number(DROOP, f"Ctl_{number}.{name}")
        if not low - 1e-9 <= value <= high + 1e-9:
            return f"{name} is {value:g}; it must lie between {low:g} and {high:g}"
    return ""


def _use_curve(kind: CurveModel, device: Device, plant: Plant, t: float) -> None:
    """Take what curve 1 and Ena say."""
    registers, i = device.registers, device.index
    curves = kind.curves(plant.settings)
    group = f"Crv_{IN_FORCE}"
    reference = int(registers.number(kind.model, f"{group}.DeptRef"))
    if kind.model == 706:
        reference = OF_W_AVAILABLE if reference == 1 else OF_W_MAX
    response_s = registers.number(kind.model, f"{group}.RspTms") if kind.model != 712 else 10.0
    curves.put(i, curve_points(registers, kind, IN_FORCE), reference, response_s)
    if kind.model == 705:
        curves.x_ref[i] = registers.number(705, f"{group}.VRef", 100.0) / 100.0
    curves.enable(i, on=registers.get(kind.model, "Ena") == 1)


def _use_droop(device: Device, plant: Plant, t: float) -> None:
    registers, droop, i = device.registers, plant.settings.droop, device.index
    droop.dead_over_hz[i] = registers.number(DROOP, "Ctl_1.DbOf")
    droop.dead_under_hz[i] = registers.number(DROOP, "Ctl_1.DbUf")
    droop.k_over[i] = registers.number(DROOP, "Ctl_1.KOf")
    droop.k_under[i] = registers.number(DROOP, "Ctl_1.KUf")
    droop.response_s[i] = registers.number(DROOP, "Ctl_1.RspTms")
    droop.lowest_share[i] = registers.number(DROOP, "Ctl_1.PMin") / 100
    droop.enable(i, on=registers.get(DROOP, "Ena") == 1)


ADOPTIONS = (
    *(
        Adoption(
            kind.model, "Crv", "Crv",
            partial(lambda kind, device, number: what_is_wrong(device, kind, number), kind),
            partial(_use_curve, kind),
        )
        for kind in CURVE_MODELS
    ),
    Adoption(DROOP, "Ctl", "Ctl", what_is_wrong_with_droop, _use_droop),
)  # fmt: skip
CURVE_CONTROLS: tuple[Control, ...] = tuple(c for a in ADOPTIONS for c in a.controls())
