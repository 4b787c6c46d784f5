"""Work that a worker takes and holds on lease: it tells how far it is, and hears if it is wanted.

Rows wait as "queued" and are held as "running", with `leased_until`, `attempts` and progress.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import F, Q, QuerySet

from derms.lib.lifecycle import HasLifecycle, MovedMeanwhile

LEASE = timedelta(seconds=30)
TELL_EVERY = timedelta(seconds=1)
MOST_ATTEMPTS = 3
QUEUED, RUNNING = "queued", "running"
Row = TypeVar("Row", bound=HasLifecycle)


def take_next(rows: QuerySet[Row], *, oldest_by: str, at: datetime, worker: str) -> Row | None:
    """Claim the oldest that waits, or one whose worker has let its lease run out."""
    waiting = Q(status=QUEUED) | Q(status=RUNNING, leased_until__lt=at)
    with transaction.atomic():
        row = (
            rows.select_for_update(skip_locked=True, no_key=True)
            .filter(waiting, attempts__lt=MOST_ATTEMPTS)
            .order_by(oldest_by, "pk")
            .first()
        )
        if row is None:
            return None
        if row.status == RUNNING:
            row.move(QUEUED, at=at, by=worker, reason="Its worker went away.")
        return row.move(
            RUNNING, at=at, by=worker, started_at=at, leased_until=at + LEASE,
            attempts=F("attempts") + 1, progress_pct=0, progress_words="Starting",
        )  # fmt: skip


def lost_too_often(rows: QuerySet[Row], *, at: datetime) -> QuerySet[Row]:
    """Those that took several workers with them: the next shall not follow."""
    return rows.filter(status=RUNNING, leased_until__lt=at, attempts__gte=MOST_ATTEMPTS)


class Watch:
    """About once a second the row is told; it is over when the row is no longer this worker's."""

    def __init__(self, mine: QuerySet[Any], clock: Callable[[], datetime]) -> None:
        self._mine = mine
        self._clock = clock
        self._share, self._words = 0.0, "Starting"
        self._told_at = clock()
        self._is_over = False

    def tell(self, share: float, words: str) -> None:
        self._share, self._words = share, words

    def is_over(self) -> bool:
        at = self._clock()
        if not self._is_over and at - self._told_at >= TELL_EVERY:
            self._told_at = at
            renewed = self._mine.update(
                leased_until=at + LEASE,
                progress_pct=min(99, int(100 * self._share)),
                progress_words=self._words,
            )
            self._is_over = not renewed
        return self._is_over


def end(row: HasLifecycle, status: str, at: datetime, by: str, **fields: Any) -> None:
    """Write how it ended, unless it was cancelled or another worker took it."""
    try:
        row.move(status, at=at, by=by, ended_at=at, **fields)
    except MovedMeanwhile:
        row.refresh_from_db(fields=["status"])
