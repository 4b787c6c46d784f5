"""The two finer roll-ups, minutes and quarters of an hour, both made from the readings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection

from devices.models import HistoryProgress
from devices.services.partitions import (
    MINUTES,
    QUARTER_HOURS,
    READINGS,
    PartedTable,
    make_parts,
    parts,
)
from devices.services.rolling.statements import CLOSE_S, for_everybody, for_some

Part = HistoryProgress.Part
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Level:
    """Intervals of one length, which begin at multiples of it in UTC."""

    part: Part
    table: PartedTable
    length: timedelta

    def floor(self, at: datetime) -> datetime:
        return at - (at - EPOCH) % self.length


MINUTE = Level(Part.MINUTE, MINUTES, timedelta(minutes=1))
QUARTER_HOUR = Level(Part.QUARTER_HOUR, QUARTER_HOURS, timedelta(minutes=15))
LEVELS = (MINUTE, QUARTER_HOUR)


@dataclass(frozen=True, slots=True)
class Span:
    """Whole intervals of one device."""

    device_id: int
    begins_at: datetime
    ends_at: datetime


def roll_up_everybody(
    level: Level, begins_at: datetime, ends_at: datetime, *, kept_from: datetime | None
) -> int:
    """Roll up the intervals of all devices; returns how many readings were in them."""
    days = _days_heard(begins_at, ends_at)
    if not days:
        return 0
    make_parts(level.table, days)
    readings, began_earlier = _run(
        for_everybody(level.table.name),
        _facts(level, kept_from) | {"begins_at": begins_at, "ends_at": ends_at},
    )
    before = begins_at - level.length
    roll_up_some(
        level, [Span(device, before, begins_at) for device in began_earlier], kept_from=kept_from
    )
    return readings


def roll_up_some(level: Level, spans: Sequence[Span], *, kept_from: datetime | None) -> int:
    """Roll up the intervals of some devices again; spans of one device do not overlap."""
    if not spans:
        return 0
    make_parts(level.table, {day for one in spans for day in _days(one.begins_at, one.ends_at)})
    readings, _ = _run(
        for_some(level.table.name),
        _facts(level, kept_from)
        | {
            "devices": [one.device_id for one in spans],
            "begins": [one.begins_at for one in spans],
            "ends": [one.ends_at for one in spans],
            "begins_at": min(one.begins_at for one in spans),
            "ends_at": max(one.ends_at for one in spans),
        },
    )
    return readings


def _facts(level: Level, kept_from: datetime | None) -> dict[str, Any]:
    return {
        "level_s": level.length.total_seconds(),
        "close_s": max(CLOSE_S, 3 * settings.READING_PERIOD_S),
        # The first interval behind what was dropped has lost the readings before it.
        "kept_from": kept_from + level.length if kept_from else LONG_AGO,
    }


def _days_heard(begins_at: datetime, ends_at: datetime) -> set[date]:
    """Days that can hold a result: those of readings, and the one before a reading at midnight."""
    days = _days(begins_at, ends_at)
    with connection.cursor() as cursor:
        cursor.execute("select exists(select 1 from devices_reading_default)")
        if cursor.fetchone() == (True,):
            return days
    there = set(parts(READINGS))
    day = timedelta(days=1)
    return {one for one in days if {READINGS.part(one), READINGS.part(one + day)} & there}


def _days(begins_at: datetime, ends_at: datetime) -> set[date]:
    first = begins_at.astimezone(UTC).date()
    last = (ends_at - timedelta(microseconds=1)).astimezone(UTC).date()
    return {first + timedelta(days=number) for number in range((last - first).days + 1)}


def _run(statement: str, facts: Mapping[str, Any]) -> tuple[int, list[int]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, facts)
        readings, devices = cursor.fetchone()
    return readings, devices
