"""Whether a PV system gives what weather and neighbours explain (CS-11; pure)."""

from devices.maintenance.course import (
    Course,
    OfflineNow,
    Policy,
    Stage,
    next_course,
    offline,
)
from devices.maintenance.days import Quarter, output_of_day
from devices.maintenance.facts import Level, Mask, Method, OutputDay, Place, System
from devices.maintenance.judging import Assessment, DayRatio, assess
from devices.maintenance.neighbours import in_order, neighbours, square
from devices.maintenance.sun import Sky, sky_of_day

__all__ = [
    "Assessment",
    "Course",
    "DayRatio",
    "Level",
    "Mask",
    "Method",
    "OfflineNow",
    "OutputDay",
    "Place",
    "Policy",
    "Quarter",
    "Sky",
    "Stage",
    "System",
    "assess",
    "in_order",
    "neighbours",
    "next_course",
    "offline",
    "output_of_day",
    "sky_of_day",
    "square",
]
