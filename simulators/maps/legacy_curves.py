"""Curves of the older half: volt-var 126, frequency-watt 127 and 134, volt-watt 132; trips to read.

There is no handshake: ActCrv picks a curve, ModEna switches it on, and what is written into the
curve in force acts at once. A curve that makes no sense is refused when it would come into force.
"""

from collections.abc import Callable
from dataclasses import dataclass

from simulators.maps.device import Control, Device
from simulators.maps.registers import Registers
from simulators.physics.plant import Plant
from simulators.physics.settings import Settings
from simulators.physics.support import (
    NOMINAL_HZ,
    OF_VAR_AVAILABLE,
    OF_VAR_MAX,
    OF_W_AVAILABLE,
    OF_W_MAX,
)

CURVES, MOST_POINTS = 2, 20
RIDE_THROUGH = (129, 130, 135, 136)
Points = tuple[tuple[float, float], ...]
Deed = Callable[[Device, Plant, float], None]


@dataclass(frozen=True, slots=True)
class LegacyCurve:
    """How one of the curve models names its points, and what its references mean."""

    model: int
    x: str
    y: str
    default: Points
    ramp: str
    falls: bool
    # What DeptRef 1, 2 and 3 stand for; empty where there is no such point.
    references: tuple[int, ...]


VOLT_VAR = LegacyCurve(
    126, "V", "VAr", ((92, 100), (98, 0), (102, 0), (108, -100)), "RmpTms", falls=True,
    references=(OF_W_MAX, OF_VAR_MAX, OF_VAR_AVAILABLE),
)  # fmt: skip
VOLT_WATT = LegacyCurve(
    132, "V", "W", ((106, 100), (110, 0)), "RmpPt1Tms", falls=True,
    references=(OF_W_MAX, OF_W_AVAILABLE),
)  # fmt: skip
FREQ_WATT = LegacyCurve(
    134, "Hz", "W", ((60.2, 100), (61.5, 0)), "RmpPT1Tms", falls=True, references=()
)
KINDS = (VOLT_VAR, VOLT_WATT, FREQ_WATT)
DEFAULT_REFERENCE = {126: 2, 132: 1}
# Must-trip curves: seconds beside % of nominal voltage or Hz.
TRIPS: dict[int, tuple[str, Points]] = {
    129: ("V", ((2, 50), (21, 88))), 130: ("V", ((0.16, 120), (13, 110))),
    135: ("Hz", ((0.16, 56.5), (300, 58.5))), 136: ("Hz", ((0.16, 62), (300, 61.2))),
}  # fmt: skip


def legacy_curve_scales() -> list[tuple[int, str, int | None]]:
    rows: list[tuple[int, str, int | None]] = [
        (126, "V_SF", -1), (126, "DeptRef_SF", -1), (126, "RmpIncDec_SF", 0),
        (127, "WGra_SF", -1), (127, "HzStrStop_SF", -3), (127, "RmpIncDec_SF", 0),
        (132, "V_SF", -1), (132, "DeptRef_SF", -1), (132, "RmpIncDec_SF", 0),
        (134, "Hz_SF", -2), (134, "W_SF", -1), (134, "RmpIncDec_SF", 0),
    ]  # fmt: skip
    for model, (x, _) in TRIPS.items():
        rows += [(model, "Tms_SF", -2), (model, f"{x}_SF", -2)]
    return rows


def legacy_curve_sizes(models: tuple[int, ...]) -> list[tuple[int, str, int]]:
    rows = [(kind.model, name, n) for kind in KINDS for name, n in _sizes(CURVES)]
    rows += [(model, name, n) for model in RIDE_THROUGH for name, n in _sizes(1)]
    return [row for row in rows if row[0] in models]


def _sizes(curves: int) -> tuple[tuple[str, int], ...]:
    return ("NCrv", curves), ("NPt", MOST_POINTS)


def describe_legacy_curves(registers: Registers, models: tuple[int, ...]) -> None:
    for kind in KINDS:
        if kind.model in models:
            _describe_curves(registers, kind)
    if 127 in models:
        registers.set_many(127, {
            "WGra": 40.0, "HzStr": 0.2, "HzStop": 0.05, "HysEna": 0, "ModEna": 0, "HzStopWGra": 0,
        })  # fmt: skip
        registers.restrict(127, "WGra", 0, 1000)
        registers.restrict(127, "HzStr", 0, 5)
        registers.restrict(127, "HzStop", 0, 5)
    for model, (x, points) in TRIPS.items():
        if model in models:
            _describe_trip(registers, model, x, points)


def _describe_head(registers: Registers, model: int, curves: int) -> None:
    registers.set_many(model, {
        "ActCrv": 1, "ModEna": 0, "WinTms": 0, "RvrtTms": 0, "RmpTms": 0,
    })  # fmt: skip
    registers.restrict(model, "ActCrv", 0, curves)
    registers.restrict(model, "ModEna", 0, 1)


def _describe_curves(registers: Registers, kind: LegacyCurve) -> None:
    _describe_head(registers, kind.model, CURVES)
    for number in range(1, CURVES + 1):
        curve = f"curve_{number}"
        values: dict[str, float | None] = {
            f"{curve}.ActPt": len(kind.default), f"{curve}.{kind.ramp}": 5, f"{curve}.ReadOnly": 0,
        }  # fmt: skip
        if kind.references:
            values[f"{curve}.DeptRef"] = DEFAULT_REFERENCE[kind.model]
        if kind.model == 134:
            values[f"{curve}.SnptW"] = 0
        for place in range(1, MOST_POINTS + 1):
            x, y = kind.default[min(place, len(kind.default)) - 1]
            values |= {f"{curve}.{kind.x}{place}": x, f"{curve}.{kind.y}{place}": y}
        registers.set_many(kind.model, values)
        registers.set_text(kind.model, f"{curve}.CrvNam", f"CURVE {number}")


def _describe_trip(registers: Registers, model: int, x: str, points: Points) -> None:
    _describe_head(registers, model, 1)
    registers.set_many(model, {"ModEna": 1, "curve_1.ActPt": len(points), "curve_1.ReadOnly": 1})
    for place in range(1, MOST_POINTS + 1):
        seconds, limit = points[min(place, len(points)) - 1]
        registers.set_many(model, {f"curve_1.Tms{place}": seconds, f"curve_1.{x}{place}": limit})
    registers.set_text(model, "curve_1.CrvNam", "MUST TRIP")


def _points(registers: Registers, kind: LegacyCurve) -> list[tuple[float, float]]:
    """The curve that ActCrv picks."""
    curve = f"curve_{int(registers.number(kind.model, 'ActCrv'))}"
    count = int(registers.number(kind.model, f"{curve}.ActPt"))
    return [
        (
            registers.number(kind.model, f"{curve}.{kind.x}{k}"),
            registers.number(kind.model, f"{curve}.{kind.y}{k}"),
        )
        for k in range(1, min(count, MOST_POINTS) + 1)
    ]


def _is_on(registers: Registers, model: int) -> bool:
    return registers.get(model, "ModEna") == 1 and registers.number(model, "ActCrv", 1) > 0


def _refusal(kind: LegacyCurve) -> Callable[[Device], str]:
    def refuses(device: Device) -> str:
        registers = device.registers
        if not _is_on(registers, kind.model):
            return ""
        points = _points(registers, kind)
        if len(points) < 2:
            return "a curve has at least 2 points"
        xs, ys = [x for x, _ in points], [y for _, y in points]
        if xs != sorted(xs):
            return f"{kind.x} falls from one point to the next"
        if max(map(abs, ys)) > 100:
            return f"{kind.y} is beyond 100 %"
        if kind.falls and ys != sorted(ys, reverse=True):
            return f"{kind.y} must not rise with {kind.x}"
        return ""

    return refuses


def _use(kind: LegacyCurve, settings: Settings, device: Device) -> None:
    registers, i = device.registers, device.index
    curves = {126: settings.volt_var, 132: settings.volt_watt}[kind.model]
    on = _is_on(registers, kind.model)
    if on:
        curve = f"curve_{int(registers.number(kind.model, 'ActCrv'))}"
        place = int(registers.number(kind.model, f"{curve}.DeptRef", 1)) - 1
        response_s = registers.number(kind.model, f"{curve}.{kind.ramp}")
        curves.put(i, _points(registers, kind), kind.references[place], response_s)
    curves.enable(i, on=on)


def _use_126(device: Device, plant: Plant, t: float) -> None:
    _use(VOLT_VAR, plant.settings, device)


def _use_132(device: Device, plant: Plant, t: float) -> None:
    _use(VOLT_WATT, plant.settings, device)


def _use_frequency(device: Device, plant: Plant, t: float) -> None:
    """134 goes before 127 when both are switched on."""
    registers, i, curves = device.registers, device.index, plant.settings.freq_watt
    if registers.get(134, "ModEna") is not None and _is_on(registers, 134):
        curve = f"curve_{int(registers.number(134, 'ActCrv'))}"
        ramp_s = registers.number(134, f"{curve}.{FREQ_WATT.ramp}")
        curves.put(i, _points(registers, FREQ_WATT), OF_W_MAX, ramp_s)
        curves.hold_until[i] = 0.0
        curves.enable(i, on=True)
        return
    start = NOMINAL_HZ + registers.number(127, "HzStr")
    gradient = max(registers.number(127, "WGra"), 0.1)
    curves.put(i, [(start, 100.0), (start + 100.0 / gradient, 0.0)], OF_W_MAX, 0.0)
    holds = registers.get(127, "HysEna") == 1
    curves.hold_until[i] = NOMINAL_HZ + registers.number(127, "HzStop") if holds else 0.0
    curves.enable(i, on=registers.get(127, "ModEna") == 1)


def _off(model: int) -> Deed:
    def revert(device: Device, plant: Plant, t: float) -> None:
        device.registers.set(model, "ModEna", 0)

    return revert


def _names(kind: LegacyCurve) -> frozenset[str]:
    head = ("ActCrv", "ModEna", "WinTms", "RvrtTms", "RmpTms")
    per_curve = ["ActPt", "DeptRef", kind.ramp]
    per_curve += [f"{axis}{k}" for axis in (kind.x, kind.y) for k in range(1, MOST_POINTS + 1)]
    return frozenset(
        (*head, *(f"curve_{n}.{name}" for n in range(1, CURVES + 1) for name in per_curve))
    )


def _control(kind: LegacyCurve, apply: Deed) -> Control:
    return Control(
        name=f"curve {kind.model}",
        model=kind.model,
        points=_names(kind),
        apply=apply,
        is_active=lambda registers: _is_on(registers, kind.model),
        revert=_off(kind.model),
        timeout="RvrtTms",
        window="WinTms",
        refuses=_refusal(kind),
    )


LEGACY_CURVE_CONTROLS: tuple[Control, ...] = (
    _control(VOLT_VAR, _use_126),
    _control(VOLT_WATT, _use_132),
    _control(FREQ_WATT, _use_frequency),
    Control(
        name="frequency gradient 127",
        model=127,
        points=frozenset(("WGra", "HzStr", "HzStop", "HysEna", "ModEna")),
        apply=_use_frequency,
    ),
)
