"""What a driver offers to the floors above, one protocol for each thing it can do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from devices.capabilities.controls import ControlRequest, WritePlan
from devices.capabilities.readings import Measurement, Nameplate, Now, PointValue, SlowReading


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


class ReportsSlowly(Protocol):
    """Says what it is doing for each function, and how it is."""

    async def read_slow(self, now: Now) -> SlowReading:
        """Read all control blocks and the figures beside them, in few requests behind commands."""
        ...


class IsSupervised(Protocol):
    """Wants a sign of life from its controller once a second."""

    @property
    def has_heartbeat(self) -> bool: ...

    async def beat(self, counter: int) -> None:
        """Write the controller's heartbeat; any counter that grows by one a second will do."""
        ...


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
        """Write, and where the plan needs it have a curve adopted.

        Raises UnknownOutcome when nobody can say whether the device took it, NotAdopted when it
        checked a curve and refused it.
        """
        ...

    async def read_back(self, plan: WritePlan) -> tuple[bool, tuple[int, ...]]:
        """Tell whether the device holds the plan, and the registers that say so."""
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
