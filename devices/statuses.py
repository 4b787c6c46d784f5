"""Statuses of the device floor and the moves each allows."""

from django.db import models

from derms.lib.lifecycle import Moves


class CommandStatus(models.TextChoices):
    """How far a command has come. Terminal exactly once (DV-3, DI-3)."""

    QUEUED = "queued", "Queued"
    LEASED = "leased", "Taken by a gateway"
    SENT = "sent", "Written"
    UNKNOWN = "unknown", "Outcome unknown"
    VERIFIED = "verified", "Verified"
    COMPLETED = "completed", "Completed"
    REVERTED = "reverted", "Reverted by the device"
    SUPERSEDED = "superseded", "Superseded"
    CANCELLED = "cancelled", "Cancelled"
    EXPIRED = "expired", "Expired"
    FAILED = "failed", "Failed"


_C = CommandStatus
COMMAND_MOVES: Moves = {
    _C.QUEUED: frozenset({_C.LEASED, _C.SUPERSEDED, _C.CANCELLED, _C.EXPIRED, _C.FAILED}),
    # A leased command whose worker died may have been written: it is read back first, and may so
    # be found verified without a second write.
    _C.LEASED: frozenset(
        {_C.QUEUED, _C.SENT, _C.UNKNOWN, _C.VERIFIED, _C.SUPERSEDED, _C.EXPIRED, _C.FAILED}
    ),
    _C.SENT: frozenset({_C.UNKNOWN, _C.VERIFIED, _C.SUPERSEDED, _C.EXPIRED, _C.FAILED}),
    _C.UNKNOWN: frozenset({_C.SENT, _C.VERIFIED, _C.SUPERSEDED, _C.EXPIRED, _C.FAILED}),
    _C.VERIFIED: frozenset({_C.COMPLETED, _C.REVERTED, _C.SUPERSEDED}),
    _C.COMPLETED: frozenset(),
    _C.REVERTED: frozenset(),
    _C.SUPERSEDED: frozenset(),
    _C.CANCELLED: frozenset(),
    _C.EXPIRED: frozenset(),
    _C.FAILED: frozenset(),
}
COMMAND_ENDED = frozenset(status for status, moves in COMMAND_MOVES.items() if not moves)
# A gateway still has something to do for these.
COMMAND_OPEN = frozenset({_C.QUEUED, _C.LEASED, _C.SENT, _C.UNKNOWN})


class AlarmStatus(models.TextChoices):
    """Whether an alarm needs an operator (ISA-18.2 states)."""

    UNACKNOWLEDGED = "unacknowledged", "Unacknowledged"
    ACKNOWLEDGED = "acknowledged", "Acknowledged"
    RETURNED = "returned", "Returned, unacknowledged"
    SHELVED = "shelved", "Shelved"
    CLEARED = "cleared", "Cleared"


_A = AlarmStatus
ALARM_MOVES: Moves = {
    _A.UNACKNOWLEDGED: frozenset({_A.ACKNOWLEDGED, _A.RETURNED, _A.SHELVED}),
    # A group that somebody has seen needs him again when more devices join it.
    _A.ACKNOWLEDGED: frozenset({_A.CLEARED, _A.SHELVED, _A.UNACKNOWLEDGED}),
    _A.RETURNED: frozenset({_A.CLEARED, _A.UNACKNOWLEDGED, _A.SHELVED}),
    _A.SHELVED: frozenset({_A.UNACKNOWLEDGED, _A.CLEARED}),
    _A.CLEARED: frozenset(),
}
ALARM_PRIORITIES = {1: "Critical", 2: "High", 3: "Medium", 4: "Low"}
# The cause is there and nobody has put the alarm aside.
ALARM_ACTIVE = frozenset({_A.UNACKNOWLEDGED, _A.ACKNOWLEDGED})
# What operators have before them.
ALARM_ANNOUNCED = ALARM_ACTIVE | {_A.RETURNED}


class AlarmMailStatus(models.TextChoices):
    """How far a mail to an operator has come."""

    QUEUED = "queued", "Waits"
    SENDING = "sending", "Being sent"
    SENT = "sent", "Sent"
    FAILED = "failed", "Could not be sent"


_M = AlarmMailStatus
ALARM_MAIL_MOVES: Moves = {
    _M.QUEUED: frozenset({_M.SENDING}),
    _M.SENDING: frozenset({_M.SENT, _M.FAILED, _M.QUEUED}),
    _M.SENT: frozenset(),
    _M.FAILED: frozenset(),
}


class ImportStatus(models.TextChoices):
    """How far a list of devices has come (DV-6)."""

    RECEIVED = "received", "Waiting to be read"
    CHECKING = "checking", "Being read"
    READY = "ready", "Preview"
    APPLYING = "applying", "Being applied"
    APPLIED = "applied", "Applied"
    REFUSED = "refused", "Refused"
    DISCARDED = "discarded", "Discarded"


IMPORT_MOVES: Moves = {
    ImportStatus.RECEIVED: frozenset({ImportStatus.CHECKING, ImportStatus.DISCARDED}),
    ImportStatus.CHECKING: frozenset({ImportStatus.READY, ImportStatus.REFUSED}),
    ImportStatus.READY: frozenset({ImportStatus.APPLYING, ImportStatus.DISCARDED}),
    # What no longer fits the register goes back to the preview, with nothing written.
    ImportStatus.APPLYING: frozenset({ImportStatus.APPLIED, ImportStatus.READY}),
    ImportStatus.APPLIED: frozenset(),
    ImportStatus.REFUSED: frozenset(),
    ImportStatus.DISCARDED: frozenset(),
}
# A worker still has something to do for these.
IMPORT_OPEN = frozenset({ImportStatus.RECEIVED, ImportStatus.CHECKING, ImportStatus.APPLYING})
IMPORT_KINDS = {
    ImportStatus.RECEIVED: "wait",
    ImportStatus.CHECKING: "wait",
    ImportStatus.READY: "active",
    ImportStatus.APPLYING: "wait",
    ImportStatus.APPLIED: "done",
    ImportStatus.REFUSED: "bad",
    ImportStatus.DISCARDED: "off",
}


class DifferenceStatus(models.TextChoices):
    """What became of a difference between the register and a device (DV-6)."""

    OPEN = "open", "To decide"
    ACCEPTED = "accepted", "Register corrected"
    KEPT = "kept", "Somebody is sent"
    IGNORED = "ignored", "Ignored for now"
    GONE = "gone", "Gone"


_D = DifferenceStatus
DIFFERENCE_MOVES: Moves = {
    _D.OPEN: frozenset({_D.ACCEPTED, _D.KEPT, _D.IGNORED, _D.GONE}),
    # Decided otherwise later, or gone by itself; time brings an ignored one back.
    _D.KEPT: frozenset({_D.ACCEPTED, _D.IGNORED, _D.GONE}),
    _D.IGNORED: frozenset({_D.OPEN, _D.ACCEPTED, _D.KEPT, _D.GONE}),
    _D.ACCEPTED: frozenset(),
    _D.GONE: frozenset(),
}
# The register and the device still differ.
DIFFERENCE_STANDING = frozenset({_D.OPEN, _D.KEPT, _D.IGNORED})
DIFFERENCE_KINDS = {
    _D.OPEN: "warn",
    _D.ACCEPTED: "done",
    _D.KEPT: "wait",
    _D.IGNORED: "off",
    _D.GONE: "idle",
}


class MaintenanceStatus(models.TextChoices):
    """How far a finding about a system's output has come (CS-11)."""

    WATCH = "watch", "Watched"
    OPEN = "open", "To be looked at"
    TOLD = "told", "Customer knows"
    RESOLVED = "resolved", "As before"
    DISMISSED = "dismissed", "Dismissed"


_F = MaintenanceStatus
MAINTENANCE_MOVES: Moves = {
    _F.WATCH: frozenset({_F.OPEN, _F.RESOLVED, _F.DISMISSED}),
    _F.OPEN: frozenset({_F.TOLD, _F.RESOLVED, _F.DISMISSED}),
    _F.TOLD: frozenset({_F.RESOLVED, _F.DISMISSED}),
    _F.RESOLVED: frozenset(),
    _F.DISMISSED: frozenset(),
}
# One of these at a time for each system.
MAINTENANCE_STANDING = frozenset({_F.WATCH, _F.OPEN, _F.TOLD})
MAINTENANCE_KINDS: dict[str, str] = {
    _F.WATCH: "wait",
    _F.OPEN: "warn",
    _F.TOLD: "active",
    _F.RESOLVED: "done",
    _F.DISMISSED: "off",
}
