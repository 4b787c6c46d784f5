"""What a device says of itself: its values, how far they may be trusted, its ratings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from devices.capabilities.controls import ControlState

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


class Measurement(NamedTuple):
    """One reading of a device; `reason` says in words why the quality is not plain good.

    A named tuple, because thousands are made each second.
    """

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
class Supervision:
    """What a device says of itself beside its values, read now and then.

    `is_local` is True when its local/remote switch makes it ignore us (SunSpec 715 LocRemCtl, 802
    LocRemCtl), None when it has no such switch. `clock_offset_s` is its clock minus ours.
    """

    read_at: datetime
    is_local: bool | None
    clock_offset_s: float | None
    firmware: str


@dataclass(frozen=True, slots=True)
class SlowReading:
    """What is read every minute or so, beside the measurements.

    `states` hold what the device does for each of its functions; `points` are figures by model and
    SunSpec's name, such as "714.DCW", "160.module_2.DCV" or "802.SoH", in SunSpec's units.
    """

    supervision: Supervision
    states: tuple[ControlState, ...]
    points: Mapping[str, float]


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
