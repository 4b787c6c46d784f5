"""What a control function can be set to beyond one number of watts (IEEE 1547-2018 clauses 4-6).

Percentages of power refer to the device's active power setting, of reactive power to its reactive
power setting, of voltage to its nominal voltage. Reactive power is positive when injected.
`to_json` and `parameters_from` are exact inverses: a command's row keeps the dictionary.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import Any

MOST_POINTS = 20


class ParametersRefused(ValueError):
    """The dictionary does not describe the function's parameters; the message says which."""


class Excitation(StrEnum):
    """Which way a fixed power factor exchanges reactive power (SunSpec 704)."""

    INJECTING = "injecting"  # over-excited
    ABSORBING = "absorbing"  # under-excited


@dataclass(frozen=True, slots=True)
class PowerFactor:
    """A constant power factor (IEEE 1547-2018 5.3.2), between 0 and 1."""

    power_factor: float
    excitation: Excitation = Excitation.INJECTING

    def __post_init__(self) -> None:
        _within("power_factor", self.power_factor, 0.0, 1.0)


@dataclass(frozen=True, slots=True)
class ReactivePower:
    """A constant reactive power (5.3.5), in var, positive when injected."""

    reactive_power_var: float


@dataclass(frozen=True, slots=True)
class Curve:
    """A piecewise linear curve: volt-var (5.3.3), volt-watt (5.4.2), frequency-watt, watt-var.

    `points` are (x, y): x in % of nominal voltage, Hz, or % of active power; y in %, positive when
    injected. x never falls from one point to the next. `response_s` is the open-loop response time.
    """

    points: tuple[tuple[float, float], ...]
    response_s: float | None = None

    def __post_init__(self) -> None:
        if not 2 <= len(self.points) <= MOST_POINTS:
            raise ParametersRefused(f"a curve has 2 to {MOST_POINTS} points")
        xs = [x for x, _ in self.points]
        if xs != sorted(xs):
            raise ParametersRefused("the x values of a curve must not fall")
        if self.response_s is not None:
            _within("response_s", self.response_s, 0.0, 3600.0)


@dataclass(frozen=True, slots=True)
class Droop:
    """Frequency-droop (6.5.2.7): dead bands in Hz, droops as per-unit frequency over power."""

    dead_band_over_hz: float
    dead_band_under_hz: float
    droop_over: float
    droop_under: float
    response_s: float

    def __post_init__(self) -> None:
        _within("dead_band_over_hz", self.dead_band_over_hz, 0.0, 5.0)
        _within("dead_band_under_hz", self.dead_band_under_hz, 0.0, 5.0)
        _within("droop_over", self.droop_over, 0.001, 1.0)
        _within("droop_under", self.droop_under, 0.001, 1.0)
        _within("response_s", self.response_s, 0.0, 3600.0)


@dataclass(frozen=True, slots=True)
class RampRate:
    """How fast active power may change by default, in % of its setting per second (4.6.2)."""

    ramp_pct_per_s: float

    def __post_init__(self) -> None:
        _within("ramp_pct_per_s", self.ramp_pct_per_s, 0.01, 100.0)


@dataclass(frozen=True, slots=True)
class EnterService:
    """When a device may enter service again (4.10.3)."""

    voltage_high_pct: float
    voltage_low_pct: float
    frequency_high_hz: float
    frequency_low_hz: float
    delay_s: float
    random_delay_s: float
    ramp_s: float

    def __post_init__(self) -> None:
        _within("voltage_high_pct", self.voltage_high_pct, 100.0, 120.0)
        _within("voltage_low_pct", self.voltage_low_pct, 80.0, 100.0)
        _within("frequency_high_hz", self.frequency_high_hz, 45.0, 70.0)
        _within("frequency_low_hz", self.frequency_low_hz, 45.0, 70.0)
        for name in ("delay_s", "random_delay_s", "ramp_s"):
            _within(name, getattr(self, name), 0.0, 3600.0)


Parameters = PowerFactor | ReactivePower | Curve | Droop | RampRate | EnterService


def to_json(parameters: Parameters | None) -> dict[str, Any]:
    """What a row keeps; tuples become lists as JSON does."""
    if parameters is None:
        return {}
    kept = asdict(parameters)
    if isinstance(parameters, Curve):
        kept["points"] = [list(point) for point in parameters.points]
    return kept


def read(kind: type[Parameters], given: Mapping[str, Any]) -> Parameters:
    """Build parameters from outside data; raises ParametersRefused naming what is wrong."""
    known = {field.name for field in fields(kind)}
    if unknown := sorted(set(given) - known):
        raise ParametersRefused(f"{kind.__name__} has no {', '.join(unknown)}")
    values: dict[str, Any] = dict(given)
    if kind is Curve:
        values["points"] = _points(given.get("points"))
    if "excitation" in values:
        values["excitation"] = _excitation(values["excitation"])
    for name, value in values.items():
        if name not in {"points", "excitation"} and not (name == "response_s" and value is None):
            values[name] = _number(name, value)
    try:
        return kind(**values)
    except TypeError as error:
        missing = sorted(known - set(values))
        raise ParametersRefused(f"{kind.__name__} needs {', '.join(missing)}") from error


def _points(given: object) -> tuple[tuple[float, float], ...]:
    if not isinstance(given, list | tuple):
        raise ParametersRefused("points must be a list of [x, y]")
    points = []
    for point in given:
        if not isinstance(point, list | tuple) or len(point) != 2:
            raise ParametersRefused("points must be a list of [x, y]")
        points.append((_number("x", point[0]), _number("y", point[1])))
    return tuple(points)


def _excitation(given: object) -> Excitation:
    try:
        return Excitation(str(given))
    except ValueError as error:
        raise ParametersRefused("excitation is injecting or absorbing") from error


def _number(name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ParametersRefused(f"{name} must be a number")
    if not abs(value) < 1e9:
        raise ParametersRefused(f"{name} is out of any range")
    return float(value)


def _within(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise ParametersRefused(f"{name} must lie between {low:g} and {high:g}, not {value:g}")
