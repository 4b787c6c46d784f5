"""Readings that came late: what was made without them is made again."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from devices.models import ChangedSpan, HistoryProgress, LateSpan
from devices.services.rolling import longer
from devices.services.rolling.levels import EPOCH, LEVELS, QUARTER_HOUR, Level, Span, roll_up_some
from devices.services.rolling.progress import Progress
from devices.services.rolling.tidying import begin_again

Part = HistoryProgress.Part
MOST_SPANS = 5_000

# The intervals that hold the readings, a neighbour on both sides, whose border they may cross,
# and the one in which a silence ended that is now shorter: those before `done_until`, merged.
AFFECTED = """
with late as (
    select * from unnest(%(devices)s::bigint[], %(froms)s::timestamptz[], %(tos)s::timestamptz[])
        as s(device_id, from_at, to_at)
), level as (
    select make_interval(secs => %(level_s)s) as length, %(epoch)s::timestamptz as epoch
), touched as (
    select device_id, date_bin(length, from_at - length, epoch) as begins_at,
           date_bin(length, to_at + length, epoch) + length as ends_at
    from late, level
    union all
    select device_id, following.begins_at, following.begins_at + length
    from late, level cross join lateral (
        select date_bin(length, r.measured_at - interval '1 us', epoch) as begins_at
        from devices_reading r
        where r.device_id = late.device_id and r.measured_at > late.to_at and r.quality <> 'bad'
        order by r.measured_at limit 1
    ) following
)
select device_id, lower(span), upper(span) from (
    select device_id, unnest(range_agg(
        tstzrange(begins_at, least(ends_at, %(done_until)s)))) as span
    from touched where begins_at < %(done_until)s group by device_id
) merged order by 1, 2
"""


def note_late(spans: Iterable[tuple[int, datetime, datetime]]) -> None:
    """Note readings of devices from..to in the transaction that stores them."""
    LateSpan.objects.bulk_create(
        LateSpan(device_id=device, from_at=from_at, to_at=to_at) for device, from_at, to_at in spans
    )


def roll_up_late(progress: Progress, *, most: timedelta) -> int | None:
    """Take notes of at most this much time together; returns the readings, None without notes."""
    taken = _take(most)
    if not taken:
        return None
    kept_from = progress.done_until(Part.RAW_DROPPED)
    readings = 0
    for level in LEVELS:
        done_until = progress.done_until(level.part)
        if done_until is None:
            continue
        spans = _affected(level, taken, done_until)
        readings += roll_up_some(level, spans, kept_from=kept_from)
        if level is QUARTER_HOUR:
            for kind in (longer.DAY, longer.STRIP):
                longer.redo(kind, progress, spans)
    for row in taken:
        begin_again(progress, row.from_at, row.to_at)
    _note_changed(progress, taken)
    return readings


def _note_changed(progress: Progress, taken: Sequence[LateSpan]) -> None:
    """Days that were complete may have been told to somebody: they say something else now."""
    complete = progress.done_until(Part.DAY)
    if complete is None:
        return
    ChangedSpan.objects.bulk_create(
        ChangedSpan(device_id=row.device_id, from_at=row.from_at, to_at=row.to_at)
        for row in taken
        if row.from_at < complete
    )


def _take(most: timedelta) -> list[LateSpan]:
    """The oldest notes, the last of them cut where it is too long."""
    taken: list[LateSpan] = []
    left = most
    rows = LateSpan.objects.select_for_update(skip_locked=True).order_by("pk")[:MOST_SPANS]
    for row in rows:
        if left <= timedelta(0):
            break
        if row.to_at - row.from_at > left:
            until = row.from_at + left
            LateSpan.objects.create(device_id=row.device_id, from_at=until, to_at=row.to_at)
            row.to_at = until
        # A reading alone is work too.
        left -= row.to_at - row.from_at + timedelta(seconds=1)
        taken.append(row)
    LateSpan.objects.filter(pk__in=[row.pk for row in taken]).delete()
    return taken


def _affected(level: Level, taken: Sequence[LateSpan], done_until: datetime) -> list[Span]:
    facts: dict[str, Any] = {
        "devices": [row.device_id for row in taken],
        "froms": [row.from_at for row in taken],
        "tos": [row.to_at for row in taken],
        "level_s": level.length.total_seconds(),
        "epoch": EPOCH,
        "done_until": done_until,
    }
    with connection.cursor() as cursor:
        cursor.execute(AFFECTED, facts)
        return [Span(*row) for row in cursor.fetchall()]
