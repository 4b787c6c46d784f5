"""Programmes and incentives: versions with rules as data, and who takes part (CS-8)."""

import pghistory
import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from customers.models.customer import Customer, UsagePoint
from customers.models.terms import LeavingTerms, Left, one_in_force, runs_forward


class IncentiveKind(models.TextChoices):
    """For what an incentive is paid."""

    ONCE = "once", _("once, on joining")
    MONTHLY = "monthly", _("each month")
    PER_KW = "per_kw", _("once for each kW of rating")
    PER_EVENT = "per_event", _("for each event taken part in")


class Programme(models.Model):
    """Something that customers may take part in besides their tariff."""

    code = models.CharField(max_length=32, unique=True)
    name = models.CharField(max_length=120)

    def __str__(self) -> str:
        return self.name


class ProgrammeVersion(LeavingTerms):
    """One published wording of a programme, in force for a period; it never changes."""

    programme = models.ForeignKey(Programme, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    active_from = models.DateTimeField()
    active_to = models.DateTimeField(null=True, blank=True)
    summary = models.CharField(max_length=300)
    text = models.TextField()

    # Who qualifies; an empty list asks nothing.
    technologies = ArrayField(models.CharField(max_length=24), default=list, blank=True)
    tariff_codes = ArrayField(models.CharField(max_length=32), default=list, blank=True)
    postcodes = ArrayField(models.CharField(max_length=16), default=list, blank=True)
    apparent_power_min_va = models.PositiveIntegerField(default=0)
    apparent_power_max_va = models.PositiveIntegerField(null=True, blank=True)
    needs_control = models.BooleanField(default=False)
    places_max = models.PositiveIntegerField(null=True, blank=True)

    incentive_kind = models.CharField(max_length=16, choices=IncentiveKind.choices)
    incentive_amount = models.DecimalField(max_digits=9, decimal_places=2)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["programme", "number"], name="programme_version_number"
            ),
            runs_forward("programme_version_period_runs_forward"),
            one_in_force("programme", name="one_programme_version_in_force"),
        ]
        triggers = [
            pgtrigger.ReadOnly(name="published_never_changes", exclude=["active_to"]),
            pgtrigger.Protect(name="published_never_deleted", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.programme_id} version {self.number}"


@pghistory.track(append_only=True)
class Enrolment(Left):
    """One service point in one programme, from joining to leaving."""

    programme = models.ForeignKey(Programme, models.PROTECT, related_name="enrolments")
    version = models.ForeignKey(ProgrammeVersion, models.PROTECT, related_name="enrolments")
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="enrolments")
    usage_point = models.ForeignKey(UsagePoint, models.PROTECT, related_name="enrolments")
    enrolled_at = models.DateTimeField()
    enrolled_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["usage_point", "programme"],
                condition=Q(ended_at=None),
                name="one_open_enrolment_per_point_and_programme",
            )
        ]
        triggers = [
            pgtrigger.ReadOnly(
                name="enrolment_never_changes",
                exclude=["leave_asked_at", "leave_asked_by", "leaves_at", "ended_at"],
            ),
            pgtrigger.Protect(name="enrolment_never_deleted", operation=pgtrigger.Delete),
        ]
        indexes = [
            models.Index(
                fields=["leaves_at"],
                condition=Q(ended_at=None, leaves_at__isnull=False),
                name="enrolments_to_end",
            )
        ]

    def __str__(self) -> str:
        return f"{self.usage_point_id} in {self.programme_id}"
