"""Planning what to write for a request: pure arithmetic on a device's settings."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from devices.capabilities import (
    ControlRequest,
    ControlState,
    Function,
    LocalControl,
    NotSupported,
    WritePlan,
)
from devices.sunspec.controls.connection import (
    Connection123,
    Connection703,
    Connection715,
    Connection802,
)
from devices.sunspec.controls.control import Control
from devices.sunspec.controls.droop import Droop127
from devices.sunspec.controls.lasting import EnterService703, RampRate121, RampRate704
from devices.sunspec.controls.legacy_curves import FrequencyWatt134, VoltVar126, VoltWatt132
from devices.sunspec.controls.newer_curves import Droop711, VoltVar705, VoltWatt706, WattVar712
from devices.sunspec.controls.power import Limit123, Limit704, Set124, Set704
from devices.sunspec.controls.reactive import (
    PowerFactor123,
    PowerFactor704,
    ReactivePower123,
    ReactivePower704,
)
from devices.sunspec.quirks.quirk import Quirks
from devices.sunspec.settings import Settings

# Of each function the first that a device has is used.
CONTROLS: tuple[Control, ...] = (
    Limit704(),
    Limit123(),
    Set704(),
    Set124(),
    Connection703(),
    Connection123(),
    Connection715(),
    Connection802(),
    PowerFactor704(),
    PowerFactor123(),
    ReactivePower704(),
    ReactivePower123(),
    VoltVar705(),
    VoltVar126(),
    VoltWatt706(),
    VoltWatt132(),
    WattVar712(),
    Droop711(),
    Droop127(),
    FrequencyWatt134(),
    RampRate704(),
    RampRate121(),
    EnterService703(),
)
# Above what it says it is held to by so much of its setting, a device is not believed.
DOUBTFUL_SHARE = 0.1
MODELS = tuple(sorted({control.model for control in CONTROLS}))
LACKING: Mapping[Function, str] = {
    Function.LIMIT_ACTIVE_POWER: "has neither model 704 nor 123, so its power cannot be limited",
    Function.SET_ACTIVE_POWER: "has neither model 704 nor a working model 124, so it cannot be"
    " given a set-point",
    Function.CONNECT: "has neither model 703 nor 123, 715 or 802, so it cannot be disconnected",
    Function.FIXED_POWER_FACTOR: "has neither model 704 nor 123 with a power factor",
    Function.SET_REACTIVE_POWER: "has neither model 704 nor 123 with a reactive power",
    Function.VOLT_VAR: "has neither model 705 nor 126, so it follows no volt-var curve",
    Function.VOLT_WATT: "has neither model 706 nor 132, so it follows no volt-watt curve",
    Function.WATT_VAR: "has no model 712, so it follows no watt-var curve",
    Function.FREQUENCY_DROOP: "has neither model 711 nor 127, so it has no frequency-droop",
    Function.FREQUENCY_WATT: "has no model 134, so it follows no frequency-watt curve",
    Function.RAMP_RATE: "has neither model 704 nor 121 with a ramp rate",
    Function.ENTER_SERVICE: "has no model 703, so nobody can say when it may enter service",
}


@cache
def controls_of(function: Function) -> tuple[Control, ...]:
    return tuple(control for control in CONTROLS if control.function is function)


def control_for(settings: Settings, function: Function) -> Control:
    """The control that carries a function on this device; raises NotSupported in words."""
    reasons = []
    for control in controls_of(function):
        if control.model not in settings.held:
            continue
        lacks = control.lacks(settings)
        if lacks is None and control.is_listed(settings):
            return control
        if lacks is None:
            lacks = f"does not list {function} among its control modes"
        reasons.append(lacks)
    reason = next((words for words in reasons if words), LACKING[function])
    raise NotSupported(f"the device {reason}")


def has(settings: Settings, function: Function) -> bool:
    return _control(settings, function) is not None


def _control(settings: Settings, function: Function) -> Control | None:
    try:
        return control_for(settings, function)
    except NotSupported:
        return None


def states(settings: Settings, power_w: float | None) -> tuple[ControlState, ...]:
    """What the device holds for each function it has, without what its power contradicts."""
    told = []
    for function in Function:
        control = _control(settings, function)
        if control is not None:
            held = control.state(settings)
            if is_believable(settings, control, held, power_w):
                told.append(held)
    return tuple(told)


def plan(settings: Settings, quirks: Quirks, request: ControlRequest) -> WritePlan:
    """Plan the writes for a request; raises NotSupported or OutOfRange."""
    return control_for(settings, request.function).plan(settings, quirks, request)


def refuse_local(settings: Settings) -> None:
    """Nothing is asked of a device that would ignore it; raises LocalControl."""
    if settings.is_local:
        raise LocalControl("the device is switched to local control: set it to remote there")


def state(settings: Settings, function: Function) -> ControlState:
    """What the device holds for a function, from its settings as just read."""
    return control_for(settings, function).state(settings)


def is_believable(
    settings: Settings, control: Control, held: ControlState, power_w: float | None
) -> bool:
    """Whether a device can hold what model 123 says while it injects what was measured.

    A Sunny Boy that nobody ever controlled says "disconnected" and "limited to 0 W" at full power.
    """
    if control.model != 123 or not held.enabled or power_w is None or settings.w_max is None:
        return True
    if held.function not in {Function.LIMIT_ACTIVE_POWER, Function.CONNECT}:
        return True
    return held.value_w is None or power_w <= held.value_w + DOUBTFUL_SHARE * settings.w_max
