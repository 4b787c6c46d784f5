"""Deeds of the device floor."""

from devices.services.alarms import acknowledge_alarm, raise_alarms, record_alarm, return_alarm
from devices.services.commands import (
    CommandOrder,
    cancel_commands,
    expire_commands,
    request_commands,
)
from devices.services.readings import ReadingRow, import_readings, keep_partitions
from devices.services.registration import register_device, retire_device
from devices.services.watching import watch_devices

__all__ = [
    "CommandOrder",
    "ReadingRow",
    "acknowledge_alarm",
    "cancel_commands",
    "expire_commands",
    "import_readings",
    "keep_partitions",
    "raise_alarms",
    "record_alarm",
    "register_device",
    "request_commands",
    "retire_device",
    "return_alarm",
    "watch_devices",
]
