"""How far the upkeep of the history is: rows that a piece of work holds while it is done."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.db import connection, transaction

from devices.models import HistoryProgress

Part = HistoryProgress.Part
# Sorting what many devices said in a minute; the default would go to disk.
WORK_MEMORY = "64MB"


class Progress:
    """The rows of all parts, held until the transaction ends."""

    def __init__(self, rows: dict[str, HistoryProgress]) -> None:
        self._rows = rows

    def __getitem__(self, part: Part) -> HistoryProgress:
        return self._rows[part]

    def done_until(self, part: Part) -> datetime | None:
        return self._rows[part].done_until

    def begin(self, part: Part, at: datetime, *, zone: str = "") -> HistoryProgress:
        """Note where a part of the work begins, the first time it is done."""
        row = self._rows[part]
        row.begun_at = row.done_until = at
        row.zone = zone
        row.save()
        return row

    def done(self, part: Part, until: datetime, *, device_id: int = 0) -> None:
        row = self._rows[part]
        row.done_until, row.done_device_id = until, device_id
        row.save(update_fields=["done_until", "done_device_id"])


@contextmanager
def held_progress() -> Iterator[Progress | None]:
    """One piece of work in one transaction; None while somebody else does one."""
    if HistoryProgress.objects.count() < len(Part):
        HistoryProgress.objects.bulk_create(
            [HistoryProgress(part=part) for part in Part], ignore_conflicts=True
        )
    with transaction.atomic():
        rows = HistoryProgress.objects.select_for_update(skip_locked=True).order_by("part")
        found = {row.part: row for row in rows}
        if len(found) < len(Part):
            yield None
            return
        with connection.cursor() as cursor:
            cursor.execute(f"set local work_mem = '{WORK_MEMORY}'")
            # Compiling these statements takes longer than running them.
            cursor.execute("set local jit = off")
        yield Progress(found)


def complete_until(at: datetime) -> datetime | None:
    """Note that somebody looks now; answers the newest moment whose writers are all done.

    A transaction that had begun by a moment and ends later shows its readings later. So a moment
    counts as seen only when every transaction that was running then is over.
    """
    with held_progress() as progress:
        if progress is None:
            return None
        row = progress[Part.COMPLETE]
        oldest_running, own = _transactions()
        if row.seen_at is not None and row.seen_xid <= oldest_running:
            row.done_until = row.seen_at
            row.seen_at = None
        if row.seen_at is None:
            row.seen_at, row.seen_xid = at, own
        row.save()
        return row.done_until


def _transactions() -> tuple[int, int]:
    """The oldest transaction that is still running, and ours: those before it began before."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select pg_snapshot_xmin(pg_current_snapshot())::text::bigint,"
            " pg_current_xact_id()::text::bigint"
        )
        oldest, own = cursor.fetchone()
    return oldest, own
