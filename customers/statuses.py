"""Statuses of the customer floor and the moves each allows."""

from django.db import models

from derms.lib.lifecycle import Moves


class ServiceOrderStatus(models.TextChoices):
    """Where a field order stands (CS-6)."""

    OPEN = "open", "Open"
    IN_PROGRESS = "in_progress", "In progress"
    BLOCKED = "blocked", "Blocked"
    DONE = "done", "Done"
    CANCELLED = "cancelled", "Cancelled"


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


class NoticeStatus(models.TextChoices):
    """Whether a customer has been told (CS-9)."""

    QUEUED = "queued", "Queued"
    SENT = "sent", "Sent"
    FAILED = "failed", "Failed"


NOTICE_MOVES: Moves = {
    NoticeStatus.QUEUED: frozenset({NoticeStatus.SENT, NoticeStatus.FAILED}),
    NoticeStatus.SENT: frozenset(),
    NoticeStatus.FAILED: frozenset({NoticeStatus.QUEUED}),
}
