"""What customers are told: an outbox row written with the change that caused it (CS-9)."""

from typing import ClassVar

from django.db import models

from customers.models.customer import Channel, Customer, Language
from customers.statuses import NOTICE_MOVES, NoticeStatus
from derms.lib.lifecycle import (
    HasLifecycle,
    Moves,
    StatusChange,
    append_only,
    only_listed_moves,
)


class Notice(HasLifecycle):
    """One message to one customer, with its delivery state."""

    MOVES: ClassVar[Moves] = NOTICE_MOVES

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="notices")
    channel = models.CharField(max_length=16, choices=Channel.choices)
    template = models.CharField(max_length=48)
    about = models.CharField(max_length=64, blank=True)
    # The wording it was made from (0: the one that comes with the product), and the case's facts.
    wording_number = models.PositiveIntegerField(default=0)
    facts = models.JSONField(default=dict, blank=True)
    language = models.CharField(max_length=8, choices=Language.choices, default=Language.ENGLISH)
    subject = models.CharField(max_length=200)
    body = models.TextField()
    status = models.CharField(
        max_length=16, choices=NoticeStatus.choices, default=NoticeStatus.QUEUED
    )
    created_at = models.DateTimeField()
    attempts = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    # The number that the provider of text messages and calls gave it.
    provider_id = models.CharField(max_length=64, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)
    last_error = models.TextField(blank=True)

    class Meta:
        triggers = [only_listed_moves(NOTICE_MOVES)]
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "template", "about"], name="told_once_about_one_thing"
            ),
            models.CheckConstraint(
                condition=~models.Q(status=NoticeStatus.SENT) | models.Q(sent_at__isnull=False),
                name="sent_notice_has_sent_at",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_attempt_at"],
                condition=models.Q(status=NoticeStatus.QUEUED),
                name="notices_to_send",
            )
        ]

    def __str__(self) -> str:
        return f"{self.template} to {self.customer_id}"


class NoticeStatusChange(StatusChange):
    """One move of a notice."""

    notice = models.ForeignKey(Notice, models.PROTECT, related_name="status_changes")

    class Meta:
        triggers = [append_only()]


class NoticeWording(models.Model):
    """The utility's own words for one kind of notice in one language.

    The newest is used, none ever changes.
    """

    template = models.CharField(max_length=48)
    language = models.CharField(max_length=8, choices=Language.choices, default=Language.ENGLISH)
    # Counted within its language.
    number = models.PositiveIntegerField()
    subject = models.CharField(max_length=200)
    body = models.TextField()
    written_at = models.DateTimeField()
    written_by = models.CharField(max_length=150)
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        triggers = [append_only()]
        constraints = [
            models.UniqueConstraint(
                fields=["template", "language", "number"], name="notice_wording_number"
            ),
            models.CheckConstraint(
                condition=models.Q(number__gt=0), name="notice_wording_number_is_positive"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.template} {self.language} {self.number}"
