"""Deeds of the device floor."""

from devices.services.alarms import acknowledge_alarm, raise_alarms, record_alarm, return_alarm
from devices.services.commands import (
    Wish,
    cancel_commands,
    expire_commands,
    request_command,
    request_commands,
)
from devices.services.orders import CommandOrder
from devices.services.readings import ReadingRow, import_readings, keep_partitions
from devices.services.registration import register_device, retire_device
from devices.services.settings import Setting, approve_settings
from devices.services.watching import watch_devices

__all__ = [
    "CommandOrder",
    "ReadingRow",
    "Setting",
    "Wish",
    "acknowledge_alarm",
    "approve_settings",
    "cancel_commands",
    "expire_commands",
    "import_readings",
    "keep_partitions",
    "raise_alarms",
    "record_alarm",
    "register_device",
    "request_command",
    "request_commands",
    "retire_device",
    "return_alarm",
    "watch_devices",
]
