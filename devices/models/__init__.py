"""Tables of the device floor."""

from devices.models.alarm import Alarm, AlarmStatusChange
from devices.models.command import CommandStatusChange, DeviceCommand
from devices.models.device import Device, Zone, ZoneLease

__all__ = [
    "Alarm",
    "AlarmStatusChange",
    "CommandStatusChange",
    "Device",
    "DeviceCommand",
    "Zone",
    "ZoneLease",
]
