"""Tables of the device floor."""

from devices.models.alarm import Alarm, AlarmKind, AlarmSign, AlarmStatusChange
from devices.models.alarm_limit import AlarmLimit
from devices.models.command import CommandStatusChange, DeviceCommand
from devices.models.device import Device, Zone, ZoneLease
from devices.models.difference import DifferenceStatusChange, RegisterDifference
from devices.models.escalation import AlarmMail, AlarmMailStatusChange, Escalation
from devices.models.importing import ImportRow, ImportRun, ImportRunStatusChange
from devices.models.maintenance import (
    MaintenanceFinding,
    MaintenanceFindingStatusChange,
    MaintenanceRun,
    SystemDay,
    UncountedDays,
)
from devices.models.points import PointsReading
from devices.models.reading import (
    COPY_COLUMNS,
    COPY_TYPES,
    READING_COLUMNS,
    LatestReading,
    Reading,
    ReadingValues,
)
from devices.models.rehearsal import CommandRehearsal
from devices.models.rollup import (
    LATE_S,
    ROLLUP_COLUMNS,
    ChangedSpan,
    DayRollup,
    HistoryProgress,
    LateSpan,
    MinuteRollup,
    QuarterHourRollup,
    Resolution,
    Rollup,
)
from devices.models.setting import ApprovedSetting, DeviceCondition, FoundSetting

__all__ = [
    "COPY_COLUMNS",
    "COPY_TYPES",
    "LATE_S",
    "READING_COLUMNS",
    "ROLLUP_COLUMNS",
    "Alarm",
    "AlarmKind",
    "AlarmLimit",
    "AlarmMail",
    "AlarmMailStatusChange",
    "AlarmSign",
    "AlarmStatusChange",
    "ApprovedSetting",
    "ChangedSpan",
    "CommandRehearsal",
    "CommandStatusChange",
    "DayRollup",
    "Device",
    "DeviceCommand",
    "DeviceCondition",
    "DifferenceStatusChange",
    "Escalation",
    "FoundSetting",
    "HistoryProgress",
    "ImportRow",
    "ImportRun",
    "ImportRunStatusChange",
    "LateSpan",
    "LatestReading",
    "MaintenanceFinding",
    "MaintenanceFindingStatusChange",
    "MaintenanceRun",
    "MinuteRollup",
    "PointsReading",
    "QuarterHourRollup",
    "Reading",
    "ReadingValues",
    "RegisterDifference",
    "Resolution",
    "Rollup",
    "SystemDay",
    "UncountedDays",
    "Zone",
    "ZoneLease",
]
