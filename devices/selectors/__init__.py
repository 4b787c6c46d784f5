"""Questions to the device floor."""

from devices.selectors.alarms import alarms, open_alarms
from devices.selectors.commands import (
    command_log,
    commands_for,
    commands_in_force,
    history_of,
)
from devices.selectors.energy import EnergySpan, energy_between
from devices.selectors.faces import Face, face_of
from devices.selectors.fleet import (
    devices_of,
    fleet_image,
    gateways,
    latest_readings,
    quality_now,
)
from devices.selectors.history import ReadingPoint, readings_between

__all__ = [
    "EnergySpan",
    "Face",
    "ReadingPoint",
    "alarms",
    "command_log",
    "commands_for",
    "commands_in_force",
    "devices_of",
    "energy_between",
    "face_of",
    "fleet_image",
    "gateways",
    "history_of",
    "latest_readings",
    "open_alarms",
    "quality_now",
    "readings_between",
]
