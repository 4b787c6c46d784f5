"""Conditions that approvals pick from, and those that one approval has (IC-5)."""

import pghistory
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from derms.lib.lifecycle import append_only
from interconnection.models.decision import Decision
from interconnection.screening.profile import CATEGORY, ProfileFault, read_profile
from interconnection.screening.schedule import Band
from interconnection.statuses import ConditionKind


@pghistory.track(append_only=True)
class StandardCondition(models.Model):
    """One of the library; `wording` may hold {limit}, {profile} and {schedule}."""

    code = models.SlugField(max_length=40, unique=True)
    title = models.CharField(max_length=120)
    kind = models.CharField(max_length=24, choices=ConditionKind.choices)
    wording = models.CharField(max_length=300)
    settings_profile = models.CharField(max_length=120, blank=True)
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(kind=ConditionKind.SETTINGS_PROFILE) | ~Q(settings_profile=""),
                name="profile_condition_names_it",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def clean(self) -> None:
        """A profile that names a category has to be one that a device may be set to."""
        if self.kind == ConditionKind.SETTINGS_PROFILE and CATEGORY.search(self.settings_profile):
            try:
                read_profile(self.settings_profile)
            except ProfileFault as fault:
                raise ValidationError({"settings_profile": str(fault)}) from fault


class DecisionCondition(models.Model):
    """A condition as one decision has it: words for people, figures for machines.

    `schedule` holds bands of `screening.schedule`; outside of them `export_limit_w` holds.
    """

    decision = models.ForeignKey(Decision, models.PROTECT, related_name="terms")
    standard = models.ForeignKey(StandardCondition, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=24, choices=ConditionKind.choices)
    wording = models.CharField(max_length=300)
    export_limit_w = models.PositiveBigIntegerField(null=True, blank=True)
    settings_profile = models.CharField(max_length=120, blank=True)
    schedule = models.JSONField(default=list, blank=True)

    class Meta:
        triggers = [append_only()]
        constraints = [
            models.UniqueConstraint(
                fields=["decision", "standard"], name="condition_once_per_decision"
            ),
        ]

    def __str__(self) -> str:
        return self.wording

    @property
    def bands(self) -> list[Band]:
        return [Band(**band) for band in self.schedule]
