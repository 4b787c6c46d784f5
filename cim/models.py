"""What other systems said, and what was answered (IX-1)."""

import pgtrigger
from django.conf import settings
from django.db import models

from customers.models import (
    ServiceOrder,
    ServiceOrderStatusChange,
    WorkRequest,
    WorkRequestStatusChange,
)


class MessageLog(models.Model):
    """One message that came in, word for word, with the answer: evidence, and the memory that
    lets a partner send the same message again without a second effect.
    """

    sender = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    message_id = models.CharField(max_length=200)
    correlation_id = models.CharField(max_length=200, blank=True)
    verb = models.CharField(max_length=24)
    noun = models.CharField(max_length=64)
    received_at = models.DateTimeField()
    sha256 = models.CharField(max_length=64)
    content = models.TextField()
    outcome = models.CharField(max_length=16)
    reply = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["sender", "message_id"], name="message_answered_once")
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]
        indexes = [models.Index(fields=["-received_at"], name="messages_by_time")]

    def __str__(self) -> str:
        return f"{self.verb} {self.noun} {self.message_id}"


class OrderPush(models.Model):
    """One move of an order or a work request that a work-management system is told of: outbox row
    and evidence. The message keeps its id and its bytes through every attempt, so that repeating
    is safe.
    """

    change = models.OneToOneField(
        ServiceOrderStatusChange, models.PROTECT, related_name="+", null=True, blank=True
    )
    order = models.ForeignKey(ServiceOrder, models.PROTECT, related_name="+", null=True, blank=True)
    work_change = models.OneToOneField(
        WorkRequestStatusChange, models.PROTECT, related_name="+", null=True, blank=True
    )
    work = models.ForeignKey(WorkRequest, models.PROTECT, related_name="+", null=True, blank=True)
    message_id = models.UUIDField(unique=True)
    content = models.TextField()
    queued_at = models.DateTimeField()
    next_attempt_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True, blank=True)
    given_up_at = models.DateTimeField(null=True, blank=True)
    answer = models.TextField(blank=True)
    # Who had it tried again, the last time.
    asked_again_by = models.CharField(max_length=150, blank=True)
    asked_again_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "order pushes"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(
                    order__isnull=False, change__isnull=False, work=None, work_change=None
                )
                | models.Q(work__isnull=False, work_change__isnull=False, order=None, change=None),
                name="push_of_an_order_or_a_work",
            ),
            models.CheckConstraint(
                condition=models.Q(sent_at=None) | models.Q(given_up_at=None),
                name="order_push_ends_one_way",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_attempt_at"],
                condition=models.Q(sent_at=None, given_up_at=None),
                name="order_pushes_due",
            )
        ]

    def __str__(self) -> str:
        return f"Push of {self.order or self.work}"

    @property
    def state(self) -> str:
        """In words, for the back office and the desk."""
        if self.sent_at is not None:
            return "taken"
        if self.given_up_at is not None:
            return "refused"
        return "waiting" if not self.attempts else f"waiting, tried {self.attempts} times"
