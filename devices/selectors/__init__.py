"""Questions to the device floor."""

from devices.selectors.alarm_rates import announced_per_10_min
from devices.selectors.alarms import (
    AlarmFilter,
    alarms,
    announced_alarms,
    counts_by_priority,
    counts_by_tab,
    members_of,
    open_alarms,
    place_words,
    search_alarms,
)
from devices.selectors.columns import ReadingColumns, reading_columns
from devices.selectors.commands import (
    command_log,
    commands_for,
    commands_in_force,
    history_of,
)
from devices.selectors.energy import EnergySpan, energy_between, energy_of_day
from devices.selectors.faces import Face, face_of
from devices.selectors.fleet import (
    devices_for,
    devices_of,
    fleet_image,
    gateways,
    latest_readings,
    quality_now,
)
from devices.selectors.history import ReadingPoint, readings_between
from devices.selectors.metering import Counted, counted_as, counted_energy
from devices.selectors.past import bucket_for, sums_in_buckets
from devices.selectors.resolutions import complete_until
from devices.selectors.series import Interval, Series, device_series, heard_count, intervals_of
from devices.selectors.sums import Sum, Sums, group_series

__all__ = [
    "AlarmFilter",
    "Counted",
    "EnergySpan",
    "Face",
    "Interval",
    "ReadingColumns",
    "ReadingPoint",
    "Series",
    "Sum",
    "Sums",
    "alarms",
    "announced_alarms",
    "announced_per_10_min",
    "bucket_for",
    "command_log",
    "commands_for",
    "commands_in_force",
    "complete_until",
    "counted_as",
    "counted_energy",
    "counts_by_priority",
    "counts_by_tab",
    "device_series",
    "devices_for",
    "devices_of",
    "energy_between",
    "energy_of_day",
    "face_of",
    "fleet_image",
    "gateways",
    "group_series",
    "heard_count",
    "history_of",
    "intervals_of",
    "latest_readings",
    "members_of",
    "open_alarms",
    "place_words",
    "quality_now",
    "reading_columns",
    "readings_between",
    "search_alarms",
    "sums_in_buckets",
]
