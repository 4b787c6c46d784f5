"""Statuses of the customer floor and the moves each allows."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from derms.lib.lifecycle import Moves


class ServiceOrderStatus(models.TextChoices):
    """Where a field order stands (CS-6)."""

    OPEN = "open", "Open"
    IN_PROGRESS = "in_progress", "In progress"
    BLOCKED = "blocked", "Blocked"
    DONE = "done", "Done"
    CANCELLED = "cancelled", "Cancelled"


SERVICE_ORDER_ENDED = frozenset({ServiceOrderStatus.DONE, ServiceOrderStatus.CANCELLED})
SERVICE_ORDER_MOVES: Moves = {
    ServiceOrderStatus.OPEN: frozenset(
        {ServiceOrderStatus.IN_PROGRESS, ServiceOrderStatus.CANCELLED}
    ),
    ServiceOrderStatus.IN_PROGRESS: frozenset(
        {ServiceOrderStatus.BLOCKED, ServiceOrderStatus.DONE, ServiceOrderStatus.CANCELLED}
    ),
    ServiceOrderStatus.BLOCKED: frozenset(
        {ServiceOrderStatus.IN_PROGRESS, ServiceOrderStatus.CANCELLED}
    ),
    ServiceOrderStatus.DONE: frozenset(),
    ServiceOrderStatus.CANCELLED: frozenset(),
}


class RequestStatus(models.TextChoices):
    """Where a service request stands (CS-4); its step says more."""

    OPEN = "open", _("In progress")
    WAITING = "waiting", _("Customer's turn")
    DONE = "done", _("Done")
    DECLINED = "declined", _("Declined")
    WITHDRAWN = "withdrawn", _("Withdrawn")


_R = RequestStatus
REQUEST_ENDED = frozenset({_R.DONE, _R.DECLINED, _R.WITHDRAWN})
REQUEST_MOVES: Moves = {
    _R.OPEN: frozenset({_R.WAITING, *REQUEST_ENDED}),
    _R.WAITING: frozenset({_R.OPEN, *REQUEST_ENDED}),
    _R.DONE: frozenset(),
    _R.DECLINED: frozenset(),
    _R.WITHDRAWN: frozenset(),
}
# How a status is drawn; a word always stands beside it.
REQUEST_STATUS_KIND: dict[str, str] = {
    _R.OPEN: "wait",
    _R.WAITING: "warn",
    _R.DONE: "done",
    _R.DECLINED: "bad",
    _R.WITHDRAWN: "off",
}


class ProposalStatus(models.TextChoices):
    """What became of a visit that the product proposed (CS-6)."""

    PROPOSED = "proposed", "Proposed"
    ACCEPTED = "accepted", "Accepted"
    DECLINED = "declined", "Declined"
    GONE = "gone", "No longer needed"


PROPOSAL_MOVES: Moves = {
    ProposalStatus.PROPOSED: frozenset(
        {ProposalStatus.ACCEPTED, ProposalStatus.DECLINED, ProposalStatus.GONE}
    ),
    ProposalStatus.ACCEPTED: frozenset(),
    ProposalStatus.DECLINED: frozenset(),
    ProposalStatus.GONE: frozenset(),
}


class WorkStatus(models.TextChoices):
    """How far a work request has come (CS-7)."""

    REQUESTED = "requested", "With Engineering"
    PLANNED = "planned", "Customer's turn"
    ACCEPTED = "accepted", "Crew to be planned"
    SCHEDULED = "scheduled", "Crew is planned"
    DONE = "done", "Built"
    CANCELLED = "cancelled", "Cancelled"


_W = WorkStatus
WORK_UNPLANNED = frozenset({_W.REQUESTED, _W.CANCELLED})
WORK_OPEN = frozenset({_W.REQUESTED, _W.PLANNED, _W.ACCEPTED, _W.SCHEDULED})
WORK_MOVES: Moves = {
    _W.REQUESTED: frozenset({_W.PLANNED, _W.CANCELLED}),
    _W.PLANNED: frozenset({_W.ACCEPTED, _W.CANCELLED}),
    _W.ACCEPTED: frozenset({_W.SCHEDULED, _W.CANCELLED}),
    _W.SCHEDULED: frozenset({_W.DONE, _W.ACCEPTED, _W.CANCELLED}),
    _W.DONE: frozenset(),
    _W.CANCELLED: frozenset(),
}
WORK_STATUS_KIND: dict[str, str] = {
    _W.REQUESTED: "wait",
    _W.PLANNED: "warn",
    _W.ACCEPTED: "wait",
    _W.SCHEDULED: "active",
    _W.DONE: "done",
    _W.CANCELLED: "off",
}


class NoticeStatus(models.TextChoices):
    """Whether a customer has been told (CS-9)."""

    QUEUED = "queued", "Queued"
    SENDING = "sending", "Being sent"
    BY_HAND = "by_hand", "Customer service tells"
    SENT = "sent", "Sent"
    DELIVERED = "delivered", "Delivered"
    RETURNED = "returned", "Came back"
    FAILED = "failed", "Failed"


# What customer service has to pass on in person.
NOTICE_TO_PASS_ON = frozenset({NoticeStatus.BY_HAND, NoticeStatus.FAILED, NoticeStatus.RETURNED})

# An attempt claims its notice (sending) before it speaks to a mail server. One that never said how
# it ended is not repeated by a machine, as the customer may have the message: it goes to failed.
# A provider may tell what became of a message before the attempt has ended.
_N = NoticeStatus
NOTICE_MOVES: Moves = {
    _N.QUEUED: frozenset({_N.SENDING, _N.BY_HAND, _N.SENT}),
    _N.SENDING: frozenset({_N.SENT, _N.QUEUED, _N.FAILED, _N.DELIVERED, _N.RETURNED}),
    _N.BY_HAND: frozenset({_N.SENT}),
    _N.SENT: frozenset({_N.DELIVERED, _N.RETURNED}),
    _N.DELIVERED: frozenset({_N.RETURNED}),
    _N.RETURNED: frozenset({_N.QUEUED, _N.SENT}),
    _N.FAILED: frozenset({_N.QUEUED, _N.SENT}),
}


class LetterStatus(models.TextChoices):
    """How far a mail to somebody who is no customer has come."""

    QUEUED = "queued", "Waits"
    SENDING = "sending", "Being sent"
    SENT = "sent", "Sent"
    FAILED = "failed", "Could not be sent"


_L = LetterStatus
LETTER_MOVES: Moves = {
    _L.QUEUED: frozenset({_L.SENDING}),
    _L.SENDING: frozenset({_L.SENT, _L.FAILED, _L.QUEUED}),
    _L.SENT: frozenset(),
    _L.FAILED: frozenset(),
}
