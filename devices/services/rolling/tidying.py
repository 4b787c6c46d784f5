"""Days that are over are put in order: each device's readings lie together (DV-4).

The gateway writes all devices' readings of a moment side by side. A day of one device would then
be read from as many pages as it has readings; in order it is read from a few. A copy is made in
pieces and takes the day's place; whatever is written to the day meanwhile leaves a note, and the
copy is begun again.
"""

from datetime import UTC, datetime, timedelta

from django.db import OperationalError, connection

from devices.models import HistoryProgress, LateSpan
from devices.services.partitions import LONGEST_WAIT, READINGS, midnight, parts, quoted
from devices.services.rolling.levels import QUARTER_HOUR
from devices.services.rolling.progress import Progress, held_progress

Part = HistoryProgress.Part
MOST_READINGS = 1_000_000
FEW_READINGS = 100_000
FIRST_PIECE = timedelta(minutes=15)
DAY = timedelta(days=1)
# Notes from whoever writes to the day while it is copied, the gateway or anybody else.
WATCH = """
create trigger tidying after insert on {part} for each row execute function devices_note_late()
"""


def tidy_readings(*, most_readings: int = MOST_READINGS) -> int:
    """Put the oldest untidy day in order as far as it goes; returns the readings handled."""
    handled, length = 0, FIRST_PIECE
    while handled < most_readings:
        try:
            with held_progress() as progress:
                readings = _piece(progress, length) if progress else None
        except OperationalError:
            # Somebody reads the table for long: the next run tries again.
            break
        if readings is None:
            break
        handled += 1 + readings
        length = min(2 * length, DAY) if readings < FEW_READINGS else max(length / 2, FIRST_PIECE)
    return handled


def begin_again(progress: Progress, begins_at: datetime, ends_at: datetime) -> None:
    """Forget the copy of a day that has changed, or goes, in this time."""
    until = progress.done_until(Part.TIDY)
    if until is None:
        return
    day = midnight(until.astimezone(UTC).date())
    if begins_at < day + DAY and ends_at >= day:
        _forget_copy(day)
        progress.done(Part.TIDY, day)


def _piece(progress: Progress, length: timedelta) -> int | None:
    until = progress.done_until(Part.TIDY)
    day = _next_day(until)
    if day is None or not _is_over(progress, day):
        return None
    if until is None:
        progress.begin(Part.TIDY, day)
    begins_at = max(until or day, day)
    with connection.cursor() as cursor:
        cursor.execute(f"set local lock_timeout = '{LONGEST_WAIT}'")
    if begins_at == day:
        _begin_copy(day)
    ends_at = min(day + DAY, begins_at + length)
    readings = _copy(day, begins_at, ends_at)
    if ends_at == day + DAY:
        _take_its_place(day)
    progress.done(Part.TIDY, ends_at)
    return readings


def _next_day(until: datetime | None) -> datetime | None:
    """The day that is being copied, or the oldest day behind those that are in order."""
    days = [midnight(READINGS.begin_of_part(part)) for part in parts(READINGS)]
    return next((day for day in days if until is None or day + DAY > until), None)


def _is_over(progress: Progress, day: datetime) -> bool:
    rolled_up = progress.done_until(Part.QUARTER_HOUR)
    is_rolled_up = rolled_up is not None and rolled_up >= day + DAY + QUARTER_HOUR.length
    return is_rolled_up and not _has_late(day)


def _has_late(day: datetime) -> bool:
    return LateSpan.objects.filter(from_at__lt=day + DAY, to_at__gte=day).exists()


def _begin_copy(day: datetime) -> None:
    _forget_copy(day)
    part, copy = _names(day)
    with connection.cursor() as cursor:
        cursor.execute(WATCH.format(part=part))
        cursor.execute(f"create table {copy} (like devices_reading including all)")
        # With it the copy needs not be read through when it takes its place.
        cursor.execute(
            f"alter table {copy} add constraint only_this_day"
            " check (measured_at >= %s and measured_at < %s)",
            [day, day + DAY],
        )


def _copy(day: datetime, begins_at: datetime, ends_at: datetime) -> int:
    part, copy = _names(day)
    with connection.cursor() as cursor:
        cursor.execute(
            f"insert into {copy} select * from {part}"  # noqa: S608  our own names
            " where measured_at >= %s and measured_at < %s order by device_id, measured_at",
            [begins_at, ends_at],
        )
        return int(cursor.rowcount)


def _take_its_place(day: datetime) -> None:
    part, copy = _names(day)
    with connection.cursor() as cursor:
        cursor.execute(f"analyze {copy}")
        cursor.execute(f"alter table devices_reading detach partition {part}")
    # Nobody writes any more now, and the notes of all who did can be seen.
    if _has_late(day):
        raise OperationalError("readings came while their day was put in order")
    with connection.cursor() as cursor:
        cursor.execute(
            f"alter table devices_reading attach partition {copy} for values from (%s) to (%s)",
            [day, day + DAY],
        )
        cursor.execute(f"alter table {copy} drop constraint only_this_day")
        cursor.execute(f"drop table {part}")
        cursor.execute(f"alter table {copy} rename to {part}")


def _forget_copy(day: datetime) -> None:
    part, copy = _names(day)
    with connection.cursor() as cursor:
        cursor.execute(f"drop table if exists {copy}")
        cursor.execute(f"drop trigger if exists tidying on {part}")


def _names(day: datetime) -> tuple[str, str]:
    part = READINGS.part(day.date())
    return quoted(part), quoted(f"{part}_tidy")
