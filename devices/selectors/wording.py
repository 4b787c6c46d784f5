"""Functions and settings in the words of the field, for pages and refusals."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from derms.ui.formats import MINUS, number, scaled
from devices.capabilities import Function, parameters_from
from devices.parameters import (
    Curve,
    Droop,
    EnterService,
    Parameters,
    ParametersRefused,
    PowerFactor,
    RampRate,
    ReactivePower,
)

LABELS: Mapping[str, str] = {
    Function.LIMIT_ACTIVE_POWER: "Active power limit",
    Function.SET_ACTIVE_POWER: "Active power set-point",
    Function.CONNECT: "Connection",
    Function.FIXED_POWER_FACTOR: "Fixed power factor",
    Function.SET_REACTIVE_POWER: "Reactive power set-point",
    Function.VOLT_VAR: "Volt-var",
    Function.VOLT_WATT: "Volt-watt",
    Function.WATT_VAR: "Watt-var",
    Function.FREQUENCY_DROOP: "Frequency droop",
    Function.FREQUENCY_WATT: "Frequency-watt",
    Function.RAMP_RATE: "Ramp rate",
    Function.ENTER_SERVICE: "Enter service",
}


@dataclass(frozen=True, slots=True)
class FunctionSetting:
    """How one function stands or shall stand; `fault` says why its parameters make no sense."""

    function: str
    is_enabled: bool
    value_w: float | None = None
    parameters: Parameters | None = None
    fault: str = ""


def setting_of(
    function: str, *, is_enabled: bool, value_w: float | None, kept: Mapping[str, Any]
) -> FunctionSetting:
    """A stored setting; what cannot be read is told, never hidden."""
    try:
        parameters = parameters_from(Function(function), kept)
    except ParametersRefused as error:
        return FunctionSetting(
            function, is_enabled, value_w, fault=f"Its values make no sense: {error}."
        )
    except ValueError:
        return FunctionSetting(
            function, is_enabled, value_w, fault=f"Unknown function {function!r}."
        )
    return FunctionSetting(function, is_enabled, value_w, parameters)


def label_of(function: str) -> str:
    return LABELS.get(function, function.replace("_", " ").capitalize())


def in_words(setting: FunctionSetting) -> str:
    """One line: "at most 3.00 kW", "0.95, absorbing", "off"."""
    if setting.fault:
        return setting.fault
    if setting.function == Function.CONNECT:
        is_cut_off = setting.is_enabled and not setting.value_w
        return "disconnected" if is_cut_off else "connected"
    if not setting.is_enabled:
        return "off"
    if setting.parameters is not None:
        return _parameters_in_words(setting.parameters)
    return power_in_words(setting.function, setting.value_w)


def power_in_words(function: str, value_w: float | None) -> str:
    if value_w is None:
        return "on"
    if function == Function.LIMIT_ACTIVE_POWER:
        return f"at most {scaled(value_w, unit='W')}"
    verb = "inject" if value_w > 0 else "absorb" if value_w < 0 else "hold"
    return f"{verb} {scaled(abs(value_w), unit='W')}"


def _parameters_in_words(given: Parameters) -> str:
    for kind, words in _WORDS:
        if isinstance(given, kind):
            return words(given)
    raise TypeError(f"no words for {given!r}")


def _power_factor(given: PowerFactor) -> str:
    return f"{number(given.power_factor, 3)}, {given.excitation.value}"


def _reactive(given: ReactivePower) -> str:
    verb = "inject" if given.reactive_power_var >= 0 else "absorb"
    return f"{verb} {scaled(abs(given.reactive_power_var), unit='var')}"


def _curve(given: Curve) -> str:
    points = ", ".join(f"{_short(x)}:{_short(y)}" for x, y in given.points)
    return f"{points}{_response(given.response_s)}"


def _droop(given: Droop) -> str:
    return (
        f"over +{_short(given.dead_band_over_hz)} Hz {_short(100 * given.droop_over)} %, "
        f"under {MINUS}{_short(given.dead_band_under_hz)} Hz {_short(100 * given.droop_under)} %"
        f"{_response(given.response_s)}"
    )


def _ramp(given: RampRate) -> str:
    return f"{_short(given.ramp_pct_per_s)} % of the rating per second"


def _enter(given: EnterService) -> str:
    return (
        f"{_short(given.voltage_low_pct)} to {_short(given.voltage_high_pct)} % of voltage, "
        f"{_short(given.frequency_low_hz)} to {_short(given.frequency_high_hz)} Hz, "
        f"after {_short(given.delay_s)} s (+ up to {_short(given.random_delay_s)} s), "
        f"over {_short(given.ramp_s)} s"
    )


def _response(response_s: float | None) -> str:
    return "" if response_s is None else f"; within {_short(response_s)} s"


def _short(value: float) -> str:
    return f"{round(value, 4):g}".replace("-", MINUS)


_WORDS: tuple[tuple[type[Parameters], Callable[[Any], str]], ...] = (
    (PowerFactor, _power_factor),
    (ReactivePower, _reactive),
    (Curve, _curve),
    (Droop, _droop),
    (RampRate, _ramp),
    (EnterService, _enter),
)
