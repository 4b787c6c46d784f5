"""How long the history is kept: parts of tables are made ahead and dropped behind (DV-4)."""

import logging
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.conf import settings
from django.db import transaction

from devices.models import HistoryProgress, LateSpan
from devices.services.partitions import (
    DAYS,
    MINUTES,
    QUARTER_HOURS,
    READINGS,
    STRIPS,
    PartedTable,
    drop_part,
    make_parts,
    midnight,
    parts,
)
from devices.services.rolling.levels import QUARTER_HOUR
from devices.services.rolling.progress import Progress, held_progress
from devices.services.rolling.tidying import begin_again

logger = logging.getLogger(__name__)
Part = HistoryProgress.Part
DAYS_AHEAD = 3


@dataclass(frozen=True, slots=True)
class Kept:
    """How long a table is kept, and what has to be done with a part before it may go."""

    table: PartedTable
    days: int
    needed_by: tuple[Part, ...] = ()


def keep_partitions(*, at: datetime, keep_days: int) -> list[str]:
    """Make the days ahead, drop what is past keeping; returns the names of what was dropped.

    Readings go after `keep_days`, roll-ups after what the settings say, and nothing goes before
    what is made from it is complete.
    """
    today = at.astimezone(UTC).date()
    with transaction.atomic():
        ahead = {today + timedelta(days=days) for days in range(-1, DAYS_AHEAD + 1)}
        make_parts(READINGS, ahead)
    dropped: list[str] = []
    for kept in _kept(keep_days):
        oldest = kept.table.begin_of(today - timedelta(days=kept.days))
        old = [part for part in parts(kept.table) if kept.table.begin_of_part(part) < oldest]
        for part in old:
            if not _drop(kept, part):
                logger.warning("history_part_kept part=%s", part)
                break
            dropped.append(part)
    return dropped


def _kept(keep_days: int) -> tuple[Kept, ...]:
    minutes, years = 7 * settings.MINUTES_KEEP_WEEKS, 366 * settings.QUARTER_HOURS_KEEP_YEARS
    return (
        Kept(READINGS, keep_days, (Part.MINUTE, Part.QUARTER_HOUR)),
        Kept(MINUTES, minutes),
        Kept(QUARTER_HOURS, years, (Part.DAY, Part.STRIP)),
        Kept(STRIPS, years),
        Kept(DAYS, 366 * settings.DAYS_KEEP_YEARS),
    )


def _drop(kept: Kept, part: str) -> bool:
    """Drop one part if everything that is made from it is; the work on it waits meanwhile."""
    ends = kept.table.end_of(kept.table.begin_of_part(part))
    with held_progress() as progress:
        if progress is None or not _is_used_up(progress, kept, ends):
            return False
        if kept.table is READINGS:
            begins = midnight(kept.table.begin_of_part(part))
            begin_again(progress, begins, begins)
        if not drop_part(kept.table, part):
            return False
        if kept.table is READINGS:
            _note_dropped(progress, ends)
    return True


def _is_used_up(progress: Progress, kept: Kept, ends: date) -> bool:
    if not kept.needed_by:
        return True
    # A reading behind midnight completes the last interval before it.
    needed = midnight(ends) + QUARTER_HOUR.length
    for by in kept.needed_by:
        done = progress.done_until(by)
        if done is None or done < needed:
            return False
    return not LateSpan.objects.filter(from_at__lt=needed).exists()


def _note_dropped(progress: Progress, ends: date) -> None:
    until = midnight(ends)
    before = progress.done_until(Part.RAW_DROPPED)
    progress.done(Part.RAW_DROPPED, max(until, before) if before else until)
