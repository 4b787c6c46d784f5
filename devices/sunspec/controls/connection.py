"""Cease to energize and enter service again: 703, 123, and 715 or 802 where nothing else can."""

from __future__ import annotations

from typing import ClassVar

from typing_extensions import override

from devices.capabilities import ControlRequest, Function, OutOfRange
from devices.parameters import Parameters
from devices.sunspec.controls.block import BlockControl
from devices.sunspec.controls.control import Wanted
from devices.sunspec.settings import Settings

STANDBY = 2
BATTERY_DISCONNECTED = 1


class Connection(BlockControl):
    """Its state is "enabled" while the device is held disconnected."""

    function = Function.CONNECT
    toggles = False
    connected: ClassVar[int] = 1
    disconnected: ClassVar[int] = 0

    @override
    def wanted(self, settings: Settings, request: ControlRequest) -> Wanted:
        if request.value_w not in {0, 1, None}:
            raise OutOfRange("a connection is asked for with 1 (connect) or 0 (cease to energize)")
        return Wanted()

    @override
    def _switch(self, request: ControlRequest) -> dict[str, int]:
        if request.value_w not in {0, 1, None}:
            raise OutOfRange("a connection is asked for with 1 (connect) or 0 (cease to energize)")
        disconnects = request.enable and request.value_w == 0
        return {self.enable: self.disconnected if disconnects else self.connected}

    @override
    def held(self, settings: Settings) -> tuple[float | None, Parameters | None]:
        return (0.0 if self.is_on(settings) else 1.0), None

    @override
    def is_on(self, settings: Settings) -> bool:
        return settings.raw(self.model, self.enable) == self.disconnected


class Connection703(Connection):
    """Permit service: 0 ceases to energize, 1 lets the device enter service in its own time."""

    model = 703
    points = ("ES",)
    enable = "ES"


class Connection123(Connection):
    """Disconnects for the time of its timer."""

    model = 123
    points = ("Conn_WinTms", "Conn_RvrtTms", "Conn")
    enable = "Conn"
    timer = "Conn_RvrtTms"
    timer_counts_down = True


class Connection715(Connection):
    """STOP and START of the whole system; standby counts as disconnected."""

    model = 715
    points = ("OpCtl",)
    enable = "OpCtl"

    @override
    def is_on(self, settings: Settings) -> bool:
        return settings.raw(715, "OpCtl") in {self.disconnected, STANDBY}


class Connection802(Connection):
    """A battery bank's own contactor; its state register is believed before its request."""

    model = 802
    points = ("SetOp",)
    enable = "SetOp"
    disconnected = 2

    @override
    def is_on(self, settings: Settings) -> bool:
        state = settings.raw(802, "State")
        return state == BATTERY_DISCONNECTED or (state is None and super().is_on(settings))
