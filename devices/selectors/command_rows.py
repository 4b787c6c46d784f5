"""Commands as people read them: what was asked, how far it came, what went over the wire (DV-3)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from devices.models import CommandStatusChange, DeviceCommand
from devices.selectors.commands import timer_ends_at
from devices.selectors.settings import command_words
from devices.selectors.wording import label_of
from devices.statuses import COMMAND_ENDED, COMMAND_OPEN, CommandStatus

KINDS: Mapping[str, str] = {
    CommandStatus.QUEUED: "wait",
    CommandStatus.LEASED: "wait",
    CommandStatus.SENT: "wait",
    CommandStatus.UNKNOWN: "warn",
    CommandStatus.VERIFIED: "done",
    CommandStatus.COMPLETED: "off",
    CommandStatus.REVERTED: "warn",
    CommandStatus.SUPERSEDED: "off",
    CommandStatus.CANCELLED: "off",
    CommandStatus.EXPIRED: "warn",
    CommandStatus.FAILED: "bad",
}
# The way of a command that goes well.
WAY: tuple[tuple[str, str], ...] = (
    (CommandStatus.QUEUED, "Asked"),
    (CommandStatus.LEASED, "Taken by the gateway"),
    (CommandStatus.SENT, "Written"),
    (CommandStatus.VERIFIED, "Read back"),
)
WORDS: Mapping[str, str] = {
    CommandStatus.QUEUED: "Waits for a gateway",
    CommandStatus.LEASED: "Taken by a gateway",
    CommandStatus.SENT: "Written, not read back yet",
    CommandStatus.UNKNOWN: "Nobody answered: it is read back before anything is said",
    CommandStatus.VERIFIED: "Written and read back",
}


@dataclass(frozen=True, slots=True)
class Move:
    """One line of a command's course."""

    at: datetime
    who: str
    what: str
    reason: str
    after_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandRow:
    """One command; `moves` run from the newest to the oldest."""

    id: int
    function: str
    label: str
    words: str
    is_release: bool
    status: str
    word: str
    kind: str
    status_words: str
    requested_at: datetime
    requested_by: str
    reason: str
    fault: str
    sent_at: datetime | None
    verified_at: datetime | None
    refreshed_at: datetime | None
    ended_at: datetime | None
    not_before: datetime
    expires_at: datetime
    reversion_s: int
    ramp_s: int | None
    timer_ends_at: datetime | None
    attempts: int
    address: int | None
    written: str
    read_back: str
    is_same: bool | None
    moves: Sequence[Move]

    @property
    def is_open(self) -> bool:
        return self.status in COMMAND_OPEN

    @property
    def is_over(self) -> bool:
        return self.status in COMMAND_ENDED

    @property
    def is_held(self) -> bool:
        return self.status == CommandStatus.VERIFIED and not self.is_release

    @property
    def steps(self) -> list[dict[str, str]]:
        """Where it stands on its way; one that ended early stops where it was."""
        order = [status for status, _ in WAY]
        reached = order.index(self.status) if self.status in order else 0
        if self.verified_at is not None or self.status == CommandStatus.VERIFIED:
            reached = len(order)
        elif self.sent_at is not None:
            reached = order.index(CommandStatus.SENT)
        here = "todo" if self.is_over else "current"
        return [
            {"label": label, "state": "done" if i < reached else here if i == reached else "todo"}
            for i, (_, label) in enumerate(WAY)
        ]


def command_row(command: DeviceCommand) -> CommandRow:
    """`command` as `command_log` gives it."""
    written, read_back = command.registers_written, command.registers_read_back
    return CommandRow(
        id=command.pk,
        function=command.function,
        label=label_of(command.function),
        words=command_words(command),
        is_release=command.is_release,
        status=command.status,
        word=command.get_status_display(),
        kind=KINDS.get(command.status, "idle"),
        status_words=WORDS.get(command.status, command.get_status_display()),
        requested_at=command.requested_at,
        requested_by=command.requested_by,
        reason=command.reason,
        fault=command.fault,
        sent_at=command.sent_at,
        verified_at=command.verified_at,
        refreshed_at=command.refreshed_at,
        ended_at=command.ended_at,
        not_before=command.not_before,
        expires_at=command.expires_at,
        reversion_s=command.reversion_s,
        ramp_s=command.ramp_s,
        timer_ends_at=timer_ends_at(command),
        attempts=command.attempts,
        address=command.register_address,
        written=_registers(written),
        read_back=_registers(read_back),
        is_same=None if not written or not read_back else written == read_back,
        moves=_moves(command),
    )


def _registers(values: Sequence[int] | None) -> str:
    return " ".join(f"{value:04X}" for value in values or ())


def _moves(command: DeviceCommand) -> list[Move]:
    """The newest first; `after_s` counts from when it was asked."""
    asked_at = command.requested_at

    def move(at: datetime, who: str, what: str, reason: str = "") -> Move:
        return Move(at, who, what, reason, (at - asked_at).total_seconds())

    changes: list[CommandStatusChange] = getattr(command, "moves", [])
    labels = dict(CommandStatus.choices)
    course = [
        move(c.at, c.by, str(labels.get(c.new_status, c.new_status)), c.reason)
        for c in reversed(changes)
    ]
    if command.refreshed_at is not None:
        course.append(move(command.refreshed_at, "gateway", "Timer written again, last"))
        course.sort(key=lambda one: one.at, reverse=True)
    return [*course, move(asked_at, command.requested_by, "Asked", command.reason)]
