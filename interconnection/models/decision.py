"""What Engineering proposes and Operations confirms (IC-5)."""

from typing import ClassVar

import pghistory
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from derms.lib.lifecycle import (
    HasLifecycle,
    Moves,
    StatusChange,
    append_only,
    only_listed_moves,
)
from interconnection.models.application import InterconnectionApplication
from interconnection.models.network import Feeder
from interconnection.models.study import ScreeningRun
from interconnection.statuses import DECISION_MOVES, DecisionStatus, DecisionVerdict


class NetworkUpgrade(models.Model):
    """Work on the network that applications may have to wait for."""

    feeder = models.ForeignKey(Feeder, models.PROTECT, related_name="upgrades")
    name = models.CharField(max_length=120, unique=True)
    planned_in_service_date = models.DateField()
    in_service_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name


@pghistory.track(append_only=True)
class Decision(HasLifecycle):
    """A verdict proposed by an engineer and confirmed by another person in Operations."""

    MOVES: ClassVar[Moves] = DECISION_MOVES

    application = models.ForeignKey(
        InterconnectionApplication, models.PROTECT, related_name="decisions"
    )
    verdict = models.CharField(max_length=16, choices=DecisionVerdict.choices)
    reasons = models.TextField()
    # Why the engineer approves although a screen did not pass.
    override_reason = models.TextField(blank=True)
    conditions = ArrayField(models.CharField(max_length=300), default=list, blank=True)
    upgrade = models.ForeignKey(
        NetworkUpgrade, models.PROTECT, null=True, blank=True, related_name="holds"
    )
    screening_run = models.ForeignKey(
        ScreeningRun, models.PROTECT, null=True, blank=True, related_name="+"
    )
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    answered_at = models.DateTimeField(null=True, blank=True)
    answer_note = models.TextField(blank=True)
    status = models.CharField(
        max_length=16, choices=DecisionStatus.choices, default=DecisionStatus.PROPOSED
    )

    class Meta:
        triggers = [only_listed_moves(DECISION_MOVES)]
        constraints = [
            models.CheckConstraint(
                condition=Q(answered_by__isnull=True) | ~Q(answered_by=F("proposed_by")),
                name="decision_takes_two_people",
            ),
            models.CheckConstraint(
                condition=Q(status=DecisionStatus.PROPOSED) | Q(answered_by__isnull=False),
                name="answered_decision_names_operations",
            ),
            models.CheckConstraint(
                condition=~Q(verdict=DecisionVerdict.HOLD) | Q(upgrade__isnull=False),
                name="hold_names_its_upgrade",
            ),
            models.UniqueConstraint(
                fields=["application"],
                condition=Q(status=DecisionStatus.PROPOSED),
                name="one_open_decision_per_application",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.verdict} of {self.application_id}"


class DecisionStatusChange(StatusChange):
    """One move of a decision."""

    decision = models.ForeignKey(Decision, models.PROTECT, related_name="status_changes")

    class Meta:
        triggers = [append_only()]
