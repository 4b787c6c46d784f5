"""What alarms are raised from: one question to the whole fleet for each group of causes."""

from collections.abc import Callable
from datetime import datetime

from devices.services.causes.commands import failed_commands
from devices.services.causes.communication import (
    lost_communication,
    silent_gateways,
    wrong_devices,
)
from devices.services.causes.conditions import local_control, setting_drift
from devices.services.causes.limits import beyond_limits
from devices.services.causes.reports import what_devices_report
from devices.services.signs import Question

# Each looks by itself: what breaks one silences no other.
CAUSES: tuple[Callable[[datetime], Question], ...] = (
    silent_gateways,
    wrong_devices,
    lost_communication,
    what_devices_report,
    beyond_limits,
    local_control,
    setting_drift,
    failed_commands,
)
