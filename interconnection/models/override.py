"""An engineer's word against a screen or a live test, and the second one's on that (IC-3, IC-6)."""

from typing import ClassVar

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import F, Q

from derms.lib.lifecycle import (
    HasLifecycle,
    Moves,
    StatusChange,
    append_only,
    only_listed_moves,
)
from interconnection.models.der import CommissioningTest
from interconnection.models.study import ScreeningResult
from interconnection.statuses import OVERRIDE_MOVES, OverrideStatus


def takes_two_people(name: str) -> models.CheckConstraint:
    """Who asks does not answer."""
    return models.CheckConstraint(
        condition=Q(answered_by__isnull=True) | ~Q(answered_by=F("asked_by")), name=name
    )


def names_who_answered(name: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        condition=Q(status=OverrideStatus.ASKED) | Q(answered_by__isnull=False), name=name
    )


class AskedAndAnswered(HasLifecycle):
    """What one engineer asks for with a reason and another confirms or declines."""

    MOVES: ClassVar[Moves] = OVERRIDE_MOVES

    reason = models.TextField()
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    answered_at = models.DateTimeField(null=True, blank=True)
    answer_note = models.TextField(blank=True)
    status = models.CharField(
        max_length=16, choices=OverrideStatus.choices, default=OverrideStatus.ASKED
    )

    class Meta:
        abstract = True


@pghistory.track(append_only=True)
class ScreenOverride(AskedAndAnswered):
    """Asked for with a reason, in force when another person has confirmed it.

    It belongs to one result of one run: screens that run again start without it.
    """

    result = models.ForeignKey(ScreeningResult, models.PROTECT, related_name="overrides")

    class Meta:
        triggers = [only_listed_moves(OVERRIDE_MOVES)]
        constraints = [
            takes_two_people("override_takes_two_people"),
            names_who_answered("answered_override_names_who"),
            models.UniqueConstraint(
                fields=["result"],
                condition=~Q(status=OverrideStatus.DECLINED),
                name="one_override_per_result",
            ),
        ]

    def __str__(self) -> str:
        return f"Override of {self.result_id}"


class ScreenOverrideStatusChange(StatusChange):
    """One move of an override."""

    override = models.ForeignKey(ScreenOverride, models.PROTECT, related_name="status_changes")

    class Meta:
        triggers = [append_only()]


@pghistory.track(append_only=True)
class SettingsOverride(AskedAndAnswered):
    """Settings that differ from the approved profile, accepted by two engineers for one test."""

    test = models.ForeignKey(CommissioningTest, models.PROTECT, related_name="overrides")

    class Meta:
        triggers = [only_listed_moves(OVERRIDE_MOVES)]
        constraints = [
            takes_two_people("settings_override_takes_two_people"),
            names_who_answered("answered_settings_override_names_who"),
            models.UniqueConstraint(
                fields=["test"],
                condition=~Q(status=OverrideStatus.DECLINED),
                name="one_settings_override_per_test",
            ),
        ]

    def __str__(self) -> str:
        return f"Override of the settings in test {self.test_id}"


class SettingsOverrideStatusChange(StatusChange):
    """One move of an override of settings."""

    override = models.ForeignKey(SettingsOverride, models.PROTECT, related_name="status_changes")

    class Meta:
        triggers = [append_only()]
