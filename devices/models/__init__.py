"""Tables of the device floor."""

from devices.models.alarm import Alarm, AlarmStatusChange
from devices.models.command import CommandStatusChange, DeviceCommand
from devices.models.device import Device, Zone, ZoneLease
from devices.models.importing import ImportRow, ImportRun, ImportRunStatusChange
from devices.models.points import PointsReading
from devices.models.reading import (
    COPY_COLUMNS,
    COPY_TYPES,
    READING_COLUMNS,
    LatestReading,
    Reading,
    ReadingValues,
)
from devices.models.setting import ApprovedSetting, DeviceCondition, FoundSetting

__all__ = [
    "COPY_COLUMNS",
    "COPY_TYPES",
    "READING_COLUMNS",
    "Alarm",
    "AlarmStatusChange",
    "ApprovedSetting",
    "CommandStatusChange",
    "Device",
    "DeviceCommand",
    "DeviceCondition",
    "FoundSetting",
    "ImportRow",
    "ImportRun",
    "ImportRunStatusChange",
    "LatestReading",
    "PointsReading",
    "Reading",
    "ReadingValues",
    "Zone",
    "ZoneLease",
]
