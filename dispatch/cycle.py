"""What the clock does to a dispatch: a decision from what is written down, remembered nowhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

# After this a member that has not confirmed is named and no longer waited for.
STRAGGLER_AFTER = timedelta(seconds=30)


class Stage(StrEnum):
    """Where the dispatch stands."""

    PREPARING = "preparing"
    EXECUTING = "executing"
    ACTIVE = "active"
    RELEASING = "releasing"


class Progress(StrEnum):
    """What became of a command."""

    OPEN = "open"
    VERIFIED = "verified"
    OVER = "over"  # completed, reverted or superseded: it was in force once
    FAILED = "failed"  # failed, expired or cancelled: it never was


class Deed(StrEnum):
    """What to do now."""

    WAIT = "wait"
    LAPSE = "lapse"
    BECOME_ACTIVE = "become_active"
    BEGIN_RELEASE = "begin_release"
    BECOME_RELEASED = "become_released"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class CommandFacts:
    """One command of a member, and the one that releases it once there is one."""

    name: str
    progress: Progress
    fault: str = ""
    release: Progress | None = None
    release_fault: str = ""
    # A device that was given a timer is free at this moment, whoever answers.
    reverts_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class DispatchFacts:
    """One dispatch as written down."""

    stage: Stage
    selection_expires_at: datetime
    executed_at: datetime | None
    ends_at: datetime
    commands: Sequence[CommandFacts] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do and the reason that goes on record."""

    deed: Deed
    reason: str = ""


WAIT = Decision(Deed.WAIT)


def decide(dispatch: DispatchFacts, at: datetime) -> Decision:
    if dispatch.stage is Stage.PREPARING:
        return _preparing(dispatch, at)
    if dispatch.stage is Stage.RELEASING:
        return _releasing(dispatch, at)
    if dispatch.stage is Stage.EXECUTING:
        verdict = _executing(dispatch, at)
        if verdict.deed is not Deed.WAIT:
            return verdict
    if at >= dispatch.ends_at:
        return Decision(Deed.BEGIN_RELEASE, "Its time is over.")
    return WAIT


def _preparing(dispatch: DispatchFacts, at: datetime) -> Decision:
    if at < dispatch.selection_expires_at:
        return WAIT
    return Decision(Deed.LAPSE, "The selection was not executed in time.")


def _executing(dispatch: DispatchFacts, at: datetime) -> Decision:
    commands = dispatch.commands
    confirmed = [c for c in commands if c.progress in {Progress.VERIFIED, Progress.OVER}]
    waiting = [c for c in commands if c.progress is Progress.OPEN]
    failed = [c for c in commands if c.progress is Progress.FAILED]
    if not confirmed and not waiting:
        return Decision(Deed.FAIL, f"No member took its set-point. {_named(failed)}")
    is_late = dispatch.executed_at is not None and at >= dispatch.executed_at + STRAGGLER_AFTER
    if not confirmed or (waiting and not is_late):
        return WAIT
    stragglers = failed + waiting
    reason = f"{len(confirmed)} of {len(commands)} members confirmed."
    return Decision(Deed.BECOME_ACTIVE, f"{reason} {_named(stragglers)}".strip())


def _releasing(dispatch: DispatchFacts, at: datetime) -> Decision:
    released = [c for c in dispatch.commands if c.release is not None]
    unconfirmed = [c for c in released if c.release in {Progress.OPEN, Progress.FAILED}]
    by_timer = [c for c in unconfirmed if _has_reverted(c, at)]
    unsure = [c for c in unconfirmed if not _has_reverted(c, at)]
    if any(c.release is Progress.OPEN or c.reverts_at is not None for c in unsure):
        return WAIT
    if unsure:
        return Decision(Deed.FAIL, f"Release not confirmed. {_named(unsure, of_release=True)}")
    if by_timer:
        return Decision(
            Deed.BECOME_RELEASED,
            f"{len(by_timer)} of {len(released)} were released by their own timer."
            f" {_named(by_timer, of_release=True)}".strip(),
        )
    return Decision(Deed.BECOME_RELEASED, f"All {len(released)} releases confirmed.")


def _has_reverted(command: CommandFacts, at: datetime) -> bool:
    return command.reverts_at is not None and at >= command.reverts_at


def _named(commands: Sequence[CommandFacts], *, of_release: bool = False) -> str:
    """The first few by name and reason; the rest counted."""
    shown = [
        f"{c.name}: {(c.release_fault if of_release else c.fault) or 'no answer yet'}"
        for c in commands[:3]
    ]
    more = f" and {len(commands) - 3} more" if len(commands) > 3 else ""
    return ("; ".join(shown) + more + ".") if shown else ""
