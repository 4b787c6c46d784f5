"""The periodic job that rolls the history up, a bounded piece at a time (DV-4).

What it has done stands in rows. Each piece is one transaction that holds those rows, so that two
runs at a time, or one that ends in the middle, change nothing. Readings that come late leave a
note in the transaction that stores them, and their intervals are rolled up again.
"""

from datetime import datetime, timedelta

from django.db import connection

from devices.models import LATE_S, HistoryProgress
from devices.services.partitions import READINGS, midnight, parts, quoted
from devices.services.rolling import longer
from devices.services.rolling.late import note_late, roll_up_late
from devices.services.rolling.levels import LEVELS, Level, roll_up_everybody
from devices.services.rolling.progress import Progress, complete_until, held_progress
from devices.services.rolling.statements import NEAR_S
from devices.services.rolling.tidying import tidy_readings

__all__ = ["note_late", "roll_up_readings", "roll_up_until", "tidy_readings"]

Part = HistoryProgress.Part
# A few seconds of work; what is left is done by the next run.
MOST_READINGS = 1_000_000
# From here on the next piece is twice as long, or half.
FEW_READINGS = 100_000
LONGEST_PIECE = timedelta(days=1)
# Behind a moment readings may be this late without a note, and the last pair reaches this far.
BEHIND = timedelta(seconds=LATE_S + NEAR_S)


def roll_up_readings(*, at: datetime, most_readings: int = MOST_READINGS) -> bool:
    """One run of the periodic job; returns whether nothing is left to do now."""
    complete = complete_until(at)
    if complete is None:
        return False
    return roll_up_until(complete - BEHIND, most_readings=most_readings)


def roll_up_until(until: datetime, *, most_readings: int = MOST_READINGS) -> bool:
    """Roll up what ends by this moment, before which no reading comes any more without a note."""
    left = most_readings
    for work in (_late, *(_Frontier(level, until).run for level in LEVELS), _days, _strips):
        left -= work(left)
        if left <= 0:
            return False
    return True


def _late(most_readings: int) -> int:
    """Half of the run at most, so that the present goes on while much of the past arrives."""
    handled, most = 0, timedelta(hours=1)
    while handled < most_readings / 2:
        with held_progress() as progress:
            readings = roll_up_late(progress, most=most) if progress else None
        if readings is None:
            break
        handled += 1 + readings
        most = most * 4 if readings < FEW_READINGS else max(most / 4, timedelta(minutes=15))
    return handled


class _Frontier:
    """Rolls up what follows what was rolled up, in pieces of a length that fits the readings."""

    def __init__(self, level: Level, until: datetime) -> None:
        self._level = level
        self._until = level.floor(until)
        self._length = level.length

    def run(self, most_readings: int) -> int:
        handled = 0
        while handled < most_readings:
            with held_progress() as progress:
                readings = self._piece(progress) if progress else None
            if readings is None:
                break
            handled += 1 + readings
            if readings < FEW_READINGS:
                self._length = min(2 * self._length, LONGEST_PIECE)
            else:
                half = self._length / 2 // self._level.length * self._level.length
                self._length = max(self._level.length, half)
        return handled

    def _piece(self, progress: Progress) -> int | None:
        """The next piece, None when there is none."""
        level = self._level
        begins_at = progress.done_until(level.part)
        if begins_at is None:
            begins_at = level.floor(_oldest() or self._until)
            progress.begin(level.part, begins_at)
        ends_at = min(self._until, begins_at + self._length)
        if ends_at <= begins_at:
            return None
        kept_from = progress.done_until(Part.RAW_DROPPED)
        readings = roll_up_everybody(level, begins_at, ends_at, kept_from=kept_from)
        progress.done(level.part, ends_at)
        return readings


def _days(most_readings: int) -> int:
    return _longer(longer.DAY, most_readings)


def _strips(most_readings: int) -> int:
    return _longer(longer.STRIP, most_readings)


def _longer(kind: longer.Longer, most_readings: int) -> int:
    handled = 0
    while handled < most_readings:
        with held_progress() as progress:
            quarters = longer.advance(kind, progress) if progress else 0
        if not quarters:
            break
        handled += quarters
    return handled


def _oldest() -> datetime | None:
    """Where readings begin, None without any; the day is enough."""
    with connection.cursor() as cursor:
        cursor.execute("select min(measured_at) from devices_reading_default")
        (waiting,) = cursor.fetchone()
        found = [waiting] if waiting else []
        for part in parts(READINGS):
            cursor.execute(f"select exists(select 1 from {quoted(part)})")  # noqa: S608  our names
            if cursor.fetchone() == (True,):
                found.append(midnight(READINGS.begin_of_part(part)))
                break
    return min(found, default=None)
