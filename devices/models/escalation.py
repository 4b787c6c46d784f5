"""Mails to operators about alarms that nobody acknowledged in time (DV-5)."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from derms.lib.lifecycle import (
    HasLifecycle,
    Moves,
    StatusChange,
    append_only,
    only_listed_moves,
)
from devices.statuses import ALARM_MAIL_MOVES, AlarmMailStatus


class Escalation(models.Model):
    """One decision of the clock to tell the operators; `words` say to how many, or why to nobody.

    The alarms point to it, each to one at most.
    """

    at = models.DateTimeField()
    words = models.CharField(max_length=300)

    def __str__(self) -> str:
        return f"Escalation {self.pk}"


class AlarmMail(HasLifecycle):
    """One mail to one operator, in the outbox until it is sent or given up."""

    MOVES: ClassVar[Moves] = ALARM_MAIL_MOVES

    escalation = models.ForeignKey(Escalation, models.PROTECT, related_name="mails")
    username = models.CharField(max_length=150)
    name = models.CharField(max_length=300)
    email = models.EmailField()
    subject = models.CharField(max_length=200)
    body = models.TextField()
    status = models.CharField(
        max_length=16, choices=AlarmMailStatus.choices, default=AlarmMailStatus.QUEUED
    )
    created_at = models.DateTimeField()
    attempts = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    last_error = models.TextField(blank=True)

    class Meta:
        triggers = [only_listed_moves(ALARM_MAIL_MOVES)]
        constraints = [
            models.UniqueConstraint(
                fields=["escalation", "email"], name="one_mail_per_escalation_and_address"
            ),
            models.CheckConstraint(
                condition=~Q(status=AlarmMailStatus.SENT) | Q(sent_at__isnull=False),
                name="sent_alarm_mail_has_sent_at",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_attempt_at"],
                condition=Q(status__in=[AlarmMailStatus.QUEUED, AlarmMailStatus.SENDING]),
                name="alarm_mails_to_send",
            )
        ]

    def __str__(self) -> str:
        return f"Mail {self.pk} to {self.email}"


class AlarmMailStatusChange(StatusChange):
    """One move of a mail."""

    mail = models.ForeignKey(AlarmMail, models.PROTECT, related_name="status_changes")

    class Meta:
        triggers = [append_only()]
