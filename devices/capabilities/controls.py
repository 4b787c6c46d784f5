"""What can be asked of a device, how it is written, and what it holds afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from devices.parameters import (
    Curve,
    Droop,
    EnterService,
    Parameters,
    ParametersRefused,
    PowerFactor,
    RampRate,
    ReactivePower,
    read,
)


class Function(StrEnum):
    """What can be asked of a device."""

    LIMIT_ACTIVE_POWER = "limit_active_power"
    SET_ACTIVE_POWER = "set_active_power"
    CONNECT = "connect"
    FIXED_POWER_FACTOR = "fixed_power_factor"
    SET_REACTIVE_POWER = "set_reactive_power"
    VOLT_VAR = "volt_var"
    VOLT_WATT = "volt_watt"
    WATT_VAR = "watt_var"
    FREQUENCY_DROOP = "frequency_droop"
    FREQUENCY_WATT = "frequency_watt"
    RAMP_RATE = "ramp_rate"
    ENTER_SERVICE = "enter_service"


# What each function takes beside or instead of a value in W.
PARAMETERS: Mapping[Function, type[Parameters]] = {
    Function.FIXED_POWER_FACTOR: PowerFactor,
    Function.SET_REACTIVE_POWER: ReactivePower,
    Function.VOLT_VAR: Curve,
    Function.VOLT_WATT: Curve,
    Function.WATT_VAR: Curve,
    Function.FREQUENCY_DROOP: Droop,
    Function.FREQUENCY_WATT: Curve,
    Function.RAMP_RATE: RampRate,
    Function.ENTER_SERVICE: EnterService,
}


def parameters_from(function: Function, kept: Mapping[str, Any]) -> Parameters | None:
    """What a row or a request keeps for a function; raises ParametersRefused in words."""
    kind = PARAMETERS.get(function)
    if kind is None:
        if kept:
            raise ParametersRefused(f"{function} takes a value in W and no parameters")
        return None
    return read(kind, kept) if kept else None


@dataclass(frozen=True, slots=True)
class ControlRequest:
    """One thing asked of a device.

    `enable` False gives the function back to the device (no limit, no set-point, connected).
    `value_w` is W for the power functions (a limit is at least 0; a set-point is positive for
    injection, negative for charging) and 1 or 0 for CONNECT; every other function takes
    `parameters` of the kind PARAMETERS names. `reversion_s` 0 asks for no timer. `afterwards_w` is
    the limit that has to hold when the timer has run out; None leaves the device to its default.
    """

    function: Function
    value_w: int | None
    enable: bool
    reversion_s: int
    ramp_s: int | None = None
    parameters: Parameters | None = None
    afterwards_w: int | None = None


@dataclass(frozen=True, slots=True)
class ControlState:
    """What the device holds for one function right now; `raw` are the registers of its block."""

    function: Function
    enabled: bool
    value_w: float | None
    reversion_remaining_s: float | None
    raw: tuple[int, ...]
    parameters: Parameters | None = None


class Compare(StrEnum):
    """How a register is compared when a write is read back."""

    EXACT = "exact"
    COUNTS_DOWN = "counts_down"
    IGNORED = "ignored"


@dataclass(frozen=True, slots=True)
class RegisterWrite:
    """One write request: registers from `addr` on, and how each is compared afterwards.

    `sizes` are the registers of each of its points, one each when it is empty, and `enables` counts
    the point that puts the others in force: for devices that do not take the write as a whole.
    """

    addr: int
    registers: tuple[int, ...]
    compare: tuple[Compare, ...]
    sizes: tuple[int, ...] = ()
    enables: int | None = None


@dataclass(frozen=True, slots=True)
class Adoption:
    """The handshake by which a device takes over a stored curve (SunSpec 705, 706, 711, 712).

    The plan's first `prepared_by` writes fill the stored curve; `request` then asks for it and the
    register at `result_addr` says how that went; the writes left put the function in force.
    Any one of `proofs` shows that the device follows the curve, read where the active one stands.
    """

    prepared_by: int
    request: RegisterWrite
    result_addr: int
    proofs: tuple[tuple[RegisterWrite, ...], ...]


@dataclass(frozen=True, slots=True)
class WritePlan:
    """The writes that carry out a request, in order; nearly always exactly one.

    `value_w` and `parameters` are what the device will do after rounding to its resolution. When
    `reverts_in_device` is False the device has no timer for this function: only a later
    command ends it. `notes` say what of the request the device cannot do.
    """

    request: ControlRequest
    writes: tuple[RegisterWrite, ...]
    value_w: float | None
    reverts_in_device: bool
    notes: tuple[str, ...] = ()
    parameters: Parameters | None = None
    adoption: Adoption | None = None

    @property
    def needs_adoption(self) -> bool:
        return self.adoption is not None
