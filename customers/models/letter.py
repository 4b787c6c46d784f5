"""Mails to people who are no customers: companies, and people who are invited (TP-1, CS-9)."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from customers.statuses import LETTER_MOVES, LetterStatus
from derms.lib.lifecycle import (
    HasLifecycle,
    Moves,
    StatusChange,
    append_only,
    only_listed_moves,
)


class Letter(HasLifecycle):
    """One mail to one address, in the outbox until it is sent or given up.

    A secret one loses its text as soon as it is sent or given up.
    """

    MOVES: ClassVar[Moves] = LETTER_MOVES

    name = models.CharField(max_length=120)
    email = models.EmailField()
    about = models.CharField(max_length=80)
    subject = models.CharField(max_length=200)
    body = models.TextField(blank=True)
    is_secret = models.BooleanField(default=False)
    status = models.CharField(
        max_length=16, choices=LetterStatus.choices, default=LetterStatus.QUEUED
    )
    created_at = models.DateTimeField()
    attempts = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    last_error = models.TextField(blank=True)

    class Meta:
        triggers = [only_listed_moves(LETTER_MOVES)]
        constraints = [
            models.CheckConstraint(
                condition=~Q(status=LetterStatus.SENT) | Q(sent_at__isnull=False),
                name="sent_letter_has_sent_at",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_attempt_at"],
                condition=Q(status__in=[LetterStatus.QUEUED, LetterStatus.SENDING]),
                name="letters_to_send",
            )
        ]

    def __str__(self) -> str:
        return f"Letter {self.pk} to {self.email}"


class LetterStatusChange(StatusChange):
    """One move of a letter."""

    letter = models.ForeignKey(Letter, models.PROTECT, related_name="status_changes")

    class Meta:
        triggers = [append_only()]
