"""Deeds on dispatches: select, check, execute, follow, release, settle (DI-1, DI-3, DI-7)."""

from dispatch.services.corrections import correct_statements
from dispatch.services.execution import (
    AlreadyExecuted,
    NothingToRelease,
    PlanChanged,
    SelectionExpired,
    execute_dispatch,
    release_dispatch,
)
from dispatch.services.following import run_cycle
from dispatch.services.selection import (
    GroupAlreadyDispatched,
    GroupHeld,
    GroupNotLive,
    NotYourSelection,
    TooFewMembers,
    cancel_selection,
    check_dispatch,
    select_dispatch,
)
from dispatch.services.settling import settle_dispatch
from dispatch.services.statements import (
    HistoryNotReady,
    PeriodNotOver,
    issue_due_statements,
    issue_statement,
)

__all__ = [
    "AlreadyExecuted",
    "GroupAlreadyDispatched",
    "GroupHeld",
    "GroupNotLive",
    "HistoryNotReady",
    "NotYourSelection",
    "NothingToRelease",
    "PeriodNotOver",
    "PlanChanged",
    "SelectionExpired",
    "TooFewMembers",
    "cancel_selection",
    "check_dispatch",
    "correct_statements",
    "execute_dispatch",
    "issue_due_statements",
    "issue_statement",
    "release_dispatch",
    "run_cycle",
    "select_dispatch",
    "settle_dispatch",
]
