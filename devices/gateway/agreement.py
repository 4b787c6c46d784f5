"""What a device should hold and by whose word; what it holds instead, in words."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from devices.capabilities import ControlState, Function
from devices.parameters import (
    Curve,
    Droop,
    EnterService,
    Parameters,
    PowerFactor,
    RampRate,
    ReactivePower,
)

LONGEST_WORDS = 300
# So that what was found is never what is cut off.
LONGEST_REASON, LONGEST_VALUE, LONGEST_NAME = 60, 50, 30
# Watts are read to a milliwatt.
NOISE_W = 2e-3
Clock = Callable[[datetime], str]

FUNCTION_WORDS = {
    Function.LIMIT_ACTIVE_POWER: "limit",
    Function.SET_ACTIVE_POWER: "set-point",
    Function.FIXED_POWER_FACTOR: "fixed power factor",
    Function.SET_REACTIVE_POWER: "reactive power set-point",
    Function.VOLT_VAR: "volt-var curve",
    Function.VOLT_WATT: "volt-watt curve",
    Function.WATT_VAR: "watt-var curve",
    Function.FREQUENCY_DROOP: "frequency-droop",
    Function.FREQUENCY_WATT: "frequency-watt curve",
    Function.RAMP_RATE: "ramp rate",
    Function.ENTER_SERVICE: "enter-service setting",
}


@dataclass(frozen=True, slots=True)
class Desired:
    """How one function should stand: by a command in force, or else as it was approved.

    `by`, `at` and `because` say whose word that is: of a command its requester, time and reason,
    of an approval the engineer, the time and the source.
    """

    function: Function
    is_enabled: bool
    value_w: float | None
    parameters: Parameters | None
    by: str
    at: datetime
    because: str
    command_id: int | None = None


def is_as_read(desired: Desired, found: ControlState) -> bool:
    """Whether a device says of itself exactly what is desired.

    What was approved as it was read at a live test may lie between two steps of a register when
    it is planned anew: then only this tells that nothing has changed.
    """
    if desired.is_enabled != found.enabled:
        return False
    if not desired.is_enabled or desired.function is Function.CONNECT:
        return True
    if desired.value_w is None or found.value_w is None:
        is_value_same = desired.value_w is found.value_w
    else:
        is_value_same = abs(desired.value_w - found.value_w) <= NOISE_W
    return is_value_same and desired.parameters == found.parameters


def difference(desired: Desired, found: ControlState, since: datetime, clock: Clock) -> str:
    """Who asked for what, when and why; what was found instead, and since when."""
    what, by = _asked(desired), _cut(desired.by, LONGEST_NAME)
    if desired.command_id is None:
        source = f" ({_cut(desired.because)})" if desired.because else ""
        asked = f"{what} approved by {by} at {clock(desired.at)}{source}"
    else:
        asked = f"{what} by {by} at {clock(desired.at)}{_for(desired.because)}"
    return f"{asked}; found {held(found)} since {clock(since)}"[:LONGEST_WORDS]


def held(found: ControlState) -> str:
    """What a device holds, as the end of a sentence."""
    function = found.function
    if function is Function.CONNECT:
        return "disconnected" if found.enabled else "connected"
    if not found.enabled:
        return f"no {FUNCTION_WORDS[function]}"
    return _value(function, found.value_w, found.parameters)


def as_setting(found: ControlState) -> str:
    """One line of a list of settings."""
    name = FUNCTION_WORDS.get(found.function, "connection")
    if found.function is Function.CONNECT:
        return f"{name}: {held(found)}"
    if not found.enabled:
        return f"{name}: off"
    return f"{name}: {_value(found.function, found.value_w, found.parameters)}"


def _asked(desired: Desired) -> str:
    function, value_w = desired.function, desired.value_w
    if function is Function.CONNECT:
        return "disconnected" if desired.is_enabled else "connected"
    if not desired.is_enabled:
        return f"no {FUNCTION_WORDS[function]}"
    verb = {
        Function.LIMIT_ACTIVE_POWER: "limited to",
        Function.SET_ACTIVE_POWER: "set to",
        Function.SET_REACTIVE_POWER: "set to",
    }.get(function, f"{FUNCTION_WORDS[function]} set to")
    return f"{verb} {_value(function, value_w, desired.parameters)}"


def _value(function: Function, value_w: float | None, parameters: Parameters | None) -> str:
    if parameters is not None:
        return _cut(in_words(parameters), LONGEST_VALUE)
    if value_w is None:
        return f"an unreadable {FUNCTION_WORDS.get(function, function)}"
    return f"{value_w:,.0f} W"


def in_words(parameters: Parameters) -> str:
    """A setting's numbers as an engineer would say them."""
    match parameters:
        case PowerFactor():
            return f"{parameters.power_factor:g} {parameters.excitation}"
        case ReactivePower():
            return f"{parameters.reactive_power_var:,.0f} var"
        case Curve():
            points = ", ".join(f"{x:g}/{y:g}" for x, y in parameters.points)
            return points if parameters.response_s is None else (
                f"{points} in {parameters.response_s:g} s"
            )  # fmt: skip
        case Droop():
            return (
                f"{parameters.droop_over:g}/{parameters.droop_under:g} beyond "
                f"{parameters.dead_band_over_hz:g}/{parameters.dead_band_under_hz:g} Hz"
            )
        case RampRate():
            return f"{parameters.ramp_pct_per_s:g} %/s"
        case EnterService():
            return (
                f"{parameters.voltage_low_pct:g}-{parameters.voltage_high_pct:g} %, "
                f"{parameters.frequency_low_hz:g}-{parameters.frequency_high_hz:g} Hz after "
                f"{parameters.delay_s:g} s"
            )


def _for(because: str) -> str:
    if not because:
        return ""
    if because.startswith("Dispatch "):
        return f" for d{_cut(because)[1:]}"
    return f" ({_cut(because)})"


def _cut(words: str, longest: int = LONGEST_REASON) -> str:
    return words if len(words) <= longest else f"{words[: longest - 1]}…"
