"""Which statutory clock runs for an application, from the moves it made."""

from collections.abc import Sequence
from datetime import date

from customers.flows.clock import Holidays
from interconnection.screening.clock import (
    COMPLETENESS_DAYS,
    REVIEW_DAYS,
    Clock,
    Turn,
    read_clock,
)
from interconnection.statuses import ApplicationStatus

S = ApplicationStatus
CHECKING: frozenset[str] = frozenset({S.SUBMITTED})
REVIEWING: frozenset[str] = frozenset({S.IN_REVIEW, S.DECISION_PROPOSED})
# In these the clock of the step stands still.
PAUSED: frozenset[str] = frozenset({S.INCOMPLETE, S.HELD})
Move = tuple[str, date]


def clock_for(
    status: str, moves: Sequence[Move], *, today: date, holidays: Holidays
) -> Clock | None:
    """The clock of the step that `status` belongs to; None when no clock does."""
    if status in CHECKING | {S.INCOMPLETE}:
        return read_clock(
            turns(moves, CHECKING), allowed_days=COMPLETENESS_DAYS, today=today, holidays=holidays
        )
    if status in REVIEWING | {S.HELD}:
        return read_clock(
            turns(moves, REVIEWING), allowed_days=REVIEW_DAYS, today=today, holidays=holidays
        )
    return None


def turns(moves: Sequence[Move], statuses: frozenset[str]) -> list[Turn]:
    """The periods spent in these statuses."""
    found: list[Turn] = []
    since: date | None = None
    for new_status, day in moves:
        if new_status in statuses:
            since = since or day
        elif since is not None:
            found.append(Turn(from_date=since, to_date=day))
            since = None
    if since is not None:
        found.append(Turn(from_date=since, to_date=None))
    return found
