"""What is made from quarters of an hour: days where the utility is, and strips for sums."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection

from devices.models import DayRollup, HistoryProgress
from devices.services.partitions import (
    DAYS,
    QUARTER_HOURS,
    STRIPS,
    PartedTable,
    make_parts,
    midnight,
    parts,
)
from devices.services.rolling import longer_statements as statements
from devices.services.rolling.levels import QUARTER_HOUR, Span
from devices.services.rolling.progress import Progress

Part = HistoryProgress.Part
# So many devices of a day in one piece; each has 96 quarters of an hour.
DEVICES_AT_ONCE = 5_000
QUARTERS_A_DAY = 96


@dataclass(frozen=True, slots=True)
class Longer:
    """A result for each device and day."""

    part: Part
    table: PartedTable
    of_range: str
    of_some: str


DAY = Longer(Part.DAY, DAYS, statements.DAY_OF_RANGE, statements.DAYS_OF_SOME)
STRIP = Longer(Part.STRIP, STRIPS, statements.STRIPS_OF_RANGE, statements.STRIPS_OF_SOME)


@dataclass(frozen=True, slots=True)
class Day:
    """One day, 23 to 25 hours long where clocks are put forward and back."""

    day: date
    begins_at: datetime
    ends_at: datetime


def day_in(zone: ZoneInfo, at: datetime) -> Day:
    day = at.astimezone(zone).date()
    following = datetime.combine(day + timedelta(days=1), time(), tzinfo=zone)
    return Day(
        day,
        datetime.combine(day, time(), tzinfo=zone).astimezone(UTC),
        following.astimezone(UTC),
    )


def advance(kind: Longer, progress: Progress) -> int:
    """Do the next piece that can be done; returns the quarters of an hour in it, 0 for none."""
    row = progress[kind.part]
    if not _has_begun(kind, progress):
        return 0
    assert row.done_until is not None  # noqa: S101  it has begun
    day = day_in(ZoneInfo(row.zone), row.done_until)
    quarters_until = progress.done_until(Part.QUARTER_HOUR)
    # One more: a reading behind midnight may still complete the day's last quarter.
    if quarters_until is None or quarters_until < day.ends_at + QUARTER_HOUR.length:
        return 0
    after, highest = row.done_device_id, _highest_device_id()
    if after < highest:
        make_parts(kind.table, {day.day})
        up_to = after + DEVICES_AT_ONCE
        devices = _run(kind.of_range, _facts(day) | {"after": after, "up_to": up_to})
        progress.done(kind.part, row.done_until, device_id=up_to)
        return 1 + devices * QUARTERS_A_DAY
    progress.done(kind.part, day.ends_at)
    return 1


def redo(kind: Longer, progress: Progress, changed: Sequence[Span]) -> None:
    """Make again what was made of quarters of an hour that have changed."""
    row = progress[kind.part]
    if row.done_until is None:
        return
    zone = ZoneInfo(row.zone)
    again = {
        (span.device_id, day)
        for span in changed
        for day in _days_of(span, zone)
        if day.begins_at < row.done_until
        or (day.begins_at == row.done_until and span.device_id <= row.done_device_id)
    }
    if not again:
        return
    days = [day for _, day in again]
    make_parts(kind.table, {day.day for day in days})
    facts = {
        "devices": [device for device, _ in again],
        "days": [day.day for day in days],
        "begins": [day.begins_at for day in days],
        "ends": [day.ends_at for day in days],
        "begins_at": min(day.begins_at for day in days),
        "ends_at": max(day.ends_at for day in days),
    }
    _run(kind.of_some, facts)


def _has_begun(kind: Longer, progress: Progress) -> bool:
    row = progress[kind.part]
    zone = settings.TIME_ZONE if kind is DAY else "UTC"
    if row.done_until is not None and row.zone == zone:
        return True
    begun_at = progress[Part.QUARTER_HOUR].begun_at
    if begun_at is None:
        return False
    first = parts(QUARTER_HOURS)
    if first:
        begun_at = max(begun_at, midnight(QUARTER_HOURS.begin_of_part(first[0])))
    day = day_in(ZoneInfo(zone), begun_at)
    if row.done_until is not None:
        # The utility's zone was changed: days of the new one, as far back as they can be told.
        DayRollup.objects.filter(begins_at__gte=day.begins_at).delete()
    progress.begin(kind.part, day.begins_at, zone=zone)
    return True


def _days_of(span: Span, zone: ZoneInfo) -> Iterator[Day]:
    at = span.begins_at
    while at < span.ends_at:
        day = day_in(zone, at)
        yield day
        at = day.ends_at


def _highest_device_id() -> int:
    with connection.cursor() as cursor:
        cursor.execute("select coalesce(max(device_id), 0) from devices_rollup_quarter_hour")
        (highest,) = cursor.fetchone()
    return int(highest)


def _facts(day: Day) -> dict[str, Any]:
    return {"day": day.day, "begins_at": day.begins_at, "ends_at": day.ends_at}


def _run(statement: str, facts: Mapping[str, Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, facts)
        return int(cursor.rowcount)
