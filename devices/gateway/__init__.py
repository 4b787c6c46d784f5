"""The only door to device drivers: one look at a device, and the loop that keeps talking to all."""

from devices.gateway.agreement import as_setting
from devices.gateway.bells import ring
from devices.gateway.inspecting import Inspection, inspect
from devices.sunspec.alarm_bits import (
    DECISIVE,
    AlarmBit,
    Meaning,
    battery_bits,
    named_bits,
    port_bits,
)

__all__ = [
    "DECISIVE",
    "AlarmBit",
    "Inspection",
    "Meaning",
    "as_setting",
    "battery_bits",
    "inspect",
    "named_bits",
    "port_bits",
    "ring",
]
