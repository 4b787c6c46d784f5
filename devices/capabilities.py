"""What a device can do and say, in the field's words: the types every floor above may use.

Powers and energies are in SI units; positive is injection into the grid, for meters as well.
A value the device does not give is None.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

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

Now = Callable[[], datetime]
Monotonic = Callable[[], float]
PointValue = int | float | str | None


class Quality(StrEnum):
    """How far a value may be trusted."""

    GOOD = "good"
    STALE = "stale"
    SUBSTITUTED = "substituted"
    BAD = "bad"


class OperatingState(StrEnum):
    """What the device says it is doing."""

    OFF = "off"
    SLEEPING = "sleeping"
    STARTING = "starting"
    PRODUCING = "producing"
    THROTTLED = "throttled"
    SHUTTING_DOWN = "shutting_down"
    FAULT = "fault"
    STANDBY = "standby"
    UNKNOWN = "unknown"


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
class Endpoint:
    """Where a device answers: several units may share one host and port."""

    host: str
    port: int
    unit: int


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the device says it is (SunSpec model 1)."""

    manufacturer: str
    model: str
    options: str
    version: str
    serial_number: str


@dataclass(frozen=True, slots=True)
class ModelAt:
    """One information model in a device's chain: `addr` is its ID register, `length` its L."""

    id: int
    addr: int
    length: int


@dataclass(frozen=True, slots=True)
class Discovery:
    """What a walk over the chain found: keep it with the device, it makes the next start cheap.

    `flags` are sentences about what disagreed with the definitions; `longest_read` is the
    largest number of registers this device answered in one request.
    """

    base: int
    unit: int
    identity: Identity
    models: tuple[ModelAt, ...]
    flags: tuple[str, ...] = ()
    longest_read: int = 125


@dataclass(frozen=True, slots=True)
class Nameplate:
    """Ratings and the active power setting as the device itself reports them."""

    active_power_max_w: float | None = None
    apparent_power_max_va: float | None = None
    reactive_power_injected_max_var: float | None = None
    reactive_power_absorbed_max_var: float | None = None
    charge_max_w: float | None = None
    discharge_max_w: float | None = None
    energy_capacity_wh: float | None = None
    active_power_setting_w: float | None = None
    voltage_nominal_v: float | None = None


@dataclass(frozen=True, slots=True)
class Measurement:
    """One reading of a device; `reason` says in words why the quality is not plain good."""

    measured_at: datetime
    active_power_w: float | None
    reactive_power_var: float | None
    apparent_power_va: float | None
    power_factor: float | None
    voltage_v: float | None
    frequency_hz: float | None
    current_a: float | None
    energy_injected_wh: float | None
    energy_absorbed_wh: float | None
    state_of_charge_pct: float | None
    operating_state: OperatingState
    throttle_pct: float | None
    alarm_bits: int
    quality: Quality
    reason: str


@dataclass(frozen=True, slots=True)
class ControlRequest:
    """One thing asked of a device.

    `enable` False gives the function back to the device (no limit, no set-point, connected).
    `value_w` is W for the power functions (a limit is at least 0; a set-point is positive for
    injection, negative for charging) and 1 or 0 for CONNECT; every other function takes
    `parameters` of the kind PARAMETERS names. `reversion_s` 0 asks for no timer.
    """

    function: Function
    value_w: int | None
    enable: bool
    reversion_s: int
    ramp_s: int | None = None
    parameters: Parameters | None = None


@dataclass(frozen=True, slots=True)
class ControlState:
    """What the device holds for one function right now; `raw` are the registers of its block."""

    function: Function
    enabled: bool
    value_w: float | None
    reversion_remaining_s: float | None
    raw: tuple[int, ...]
    parameters: Parameters | None = None


@dataclass(frozen=True, slots=True)
class Supervision:
    """What a device says of itself beside its values, read now and then.

    `is_local` is True when its local/remote switch makes it ignore us (SunSpec 715 LocRemCtl, 802
    LocRemCtl), None when it has no such switch. `clock_offset_s` is its clock minus ours.
    """

    read_at: datetime
    is_local: bool | None
    clock_offset_s: float | None
    firmware: str


class Compare(StrEnum):
    """How a register is compared when a write is read back."""

    EXACT = "exact"
    COUNTS_DOWN = "counts_down"
    IGNORED = "ignored"


@dataclass(frozen=True, slots=True)
class RegisterWrite:
    """One write request: registers from `addr` on, and how each is compared afterwards."""

    addr: int
    registers: tuple[int, ...]
    compare: tuple[Compare, ...]


@dataclass(frozen=True, slots=True)
class WritePlan:
    """The writes that carry out a request, in order; nearly always exactly one.

    `value_w` is what the device will do after rounding to its resolution. When
    `reverts_in_device` is False the device has no timer for this function: only a later
    command ends it. `notes` say what of the request the device cannot do.
    """

    request: ControlRequest
    writes: tuple[RegisterWrite, ...]
    value_w: float | None
    reverts_in_device: bool
    notes: tuple[str, ...] = ()


class MeasuresPower(Protocol):
    """Gives its momentary values."""

    async def measure(self, now: Now) -> Measurement:
        """Read once; `now` is asked when the reply has arrived."""
        ...


class ReportsNameplate(Protocol):
    """Gives its ratings in W, VA, var, Wh and V."""

    async def read_nameplate(self) -> Nameplate: ...


class ReportsPoints(Protocol):
    """Gives every point of every model it has, by SunSpec's names and in SunSpec's units."""

    async def read_points(self) -> Mapping[str, Mapping[str, PointValue]]: ...


class StoresEnergy(Protocol):
    """Has a battery."""

    async def read_state_of_charge_pct(self) -> float | None: ...


class PlansControl(Protocol):
    """Turns a request into register writes; `read_settings` must have been called before."""

    async def read_settings(self) -> None:
        """Read what percentages refer to, scale factors and local/remote control."""
        ...

    def plan(self, request: ControlRequest) -> WritePlan:
        """Plan the writes; raises NotSupported, OutOfRange, LocalControl or SettingsUnknown."""
        ...


class AppliesControl(Protocol):
    """Writes a plan and proves it by reading back."""

    async def apply(self, plan: WritePlan) -> None:
        """Write; raises UnknownOutcome when nobody can say whether the device took it."""
        ...

    async def confirm(self, plan: WritePlan) -> bool:
        """Tell whether the device's registers already hold what the plan writes."""
        ...


class LimitsActivePower(PlansControl, AppliesControl, Protocol):
    """Can be told the most it may inject, in W."""

    def plan_active_power_limit(self, request: ControlRequest) -> WritePlan: ...


class SetsActivePower(PlansControl, AppliesControl, Protocol):
    """Can be told what to inject (positive) or to charge with (negative), in W."""

    def plan_active_power(self, request: ControlRequest) -> WritePlan: ...


class Disconnects(PlansControl, AppliesControl, Protocol):
    """Can be told to cease to energize and to enter service again."""

    def plan_connection(self, request: ControlRequest) -> WritePlan: ...


class DriverFault(Exception):
    """Something went wrong between us and a device.

    `kind` is stable and machine-readable; the message is for people. `may_retry` says whether
    the same request may simply be made again later.
    """

    kind = "driver_fault"
    may_retry = False


class Unreachable(DriverFault):
    """No connection could be made."""

    kind = "unreachable"
    may_retry = True


class ConnectionLost(DriverFault):
    """The connection ended before this request was answered; a write was not sent."""

    kind = "connection_lost"
    may_retry = True


class Timeout(DriverFault):
    """The device did not answer a read in time; the connection has been closed."""

    kind = "timeout"
    may_retry = True


class ExceptionReply(DriverFault):
    """The device refused the request with a Modbus exception code."""

    kind = "exception_reply"

    def __init__(self, message: str, *, code: int) -> None:
        super().__init__(message)
        self.code = code
        # 4 device failure, 5 acknowledge, 6 busy, 10 and 11 gateway: these may pass.
        self.may_retry = code in {4, 5, 6, 10, 11}


class ShortReply(DriverFault):
    """The device sent fewer or more registers than asked for."""

    kind = "short_reply"
    may_retry = True


class WrongReply(DriverFault):
    """The reply was not one to our request: other function, other unit, or no Modbus at all."""

    kind = "wrong_reply"
    may_retry = True


class UnknownOutcome(DriverFault):
    """A write was sent and not answered: read back before saying anything about it."""

    kind = "unknown_outcome"


class NotSunSpec(DriverFault):
    """The device answers Modbus, but none of the bases holds the SunSpec marker."""

    kind = "not_sunspec"


class NotSupported(DriverFault):
    """The device has no such function."""

    kind = "not_supported"


class OutOfRange(DriverFault):
    """The value asked for is beyond what the device can do."""

    kind = "out_of_range"


class LocalControl(DriverFault):
    """The device is switched to local control and would ignore remote commands."""

    kind = "local_control"


class SettingsUnknown(DriverFault):
    """A control was planned before the device's settings were read."""

    kind = "settings_unknown"


@dataclass(frozen=True, slots=True)
class DeviceImage:
    """One device as it is known now.

    `available_up_w` and `available_down_w` are how much more, and how much less, it could inject
    this moment; None where nobody can tell. `limit_w` and `set_w` are what verified commands hold.
    """

    device_id: int
    der_id: int | None
    usage_point_id: int
    kind: str
    rated_w: float | None
    charge_max_w: float | None
    energy_capacity_wh: float | None
    active_power_w: float | None
    reactive_power_var: float | None
    state_of_charge_pct: float | None
    operating_state: OperatingState
    quality: Quality
    reason: str
    measured_at: datetime | None
    age_s: float | None
    limit_w: int | None
    set_w: int | None
    available_up_w: float | None
    available_down_w: float | None


@dataclass(frozen=True, slots=True)
class FleetImage:
    """Some devices as they were known at one moment."""

    at: datetime
    devices: Mapping[int, DeviceImage]
