"""Work that a worker holds on lease: it tells how far it is, and hears whether it is wanted."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet

from derms.lib.lifecycle import HasLifecycle, MovedMeanwhile

LEASE = timedelta(seconds=30)
TELL_EVERY = timedelta(seconds=1)
MOST_ATTEMPTS = 3


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
