"""Tariff book and customer agreements (CS-2, CS-3)."""

import pghistory
import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from customers.models.customer import Customer, UsagePoint
from customers.models.terms import LeavingTerms, Left, one_in_force, runs_forward
from customers.tariffs.calendar import PriceSchedule
from customers.tariffs.schedules import schedule_of


class RequiredCommunication(models.TextChoices):
    """What a tariff demands of an inverter's communication."""

    NONE = "none", "None"
    MONITOR = "monitor", "Monitoring"
    MONITOR_AND_CONTROL = "monitor_and_control", "Monitoring and control"


class Tariff(models.Model):
    """A rate plan that customers may choose."""

    code = models.CharField(max_length=32, unique=True)
    name = models.CharField(max_length=120)

    def __str__(self) -> str:
        return self.name


class TariffTerms(LeavingTerms):
    """Everything a tariff says: wording, rules and prices, as data that all floors ask."""

    summary_lines = ArrayField(models.CharField(max_length=200))

    technologies = ArrayField(models.CharField(max_length=24))
    apparent_power_max_va = models.PositiveIntegerField()
    phases = ArrayField(models.CharField(max_length=3))
    postcodes = ArrayField(models.CharField(max_length=16), default=list, blank=True)
    needs_interval_meter = models.BooleanField(default=False)
    required_communication = models.CharField(max_length=24, choices=RequiredCommunication.choices)
    required_forms = ArrayField(models.CharField(max_length=120), default=list, blank=True)
    may_join_groups = models.BooleanField()
    dispatches_per_month_max = models.PositiveIntegerField(null=True, blank=True)

    # As `customers.tariffs.schedules` reads it: seasons, days, times, import and export.
    prices = models.JSONField()
    curtailment_price_per_kwh = models.DecimalField(max_digits=9, decimal_places=5)

    class Meta:
        abstract = True

    @property
    def schedule(self) -> PriceSchedule:
        return schedule_of(self.prices)


class TariffVersion(TariffTerms):
    """One published wording of a tariff, in force for a period; it never changes."""

    tariff = models.ForeignKey(Tariff, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    # What customers accept: the wording, then prices and rules in words.
    text = models.TextField()
    text_sha256 = models.CharField(max_length=64)
    active_from = models.DateTimeField()
    active_to = models.DateTimeField(null=True, blank=True)
    drafted_by = models.CharField(max_length=150, blank=True)
    published_by = models.CharField(max_length=150, blank=True)
    published_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tariff", "number"], name="tariff_version_number"),
            runs_forward("tariff_version_period_runs_forward"),
            one_in_force("tariff", name="one_tariff_version_in_force"),
            models.CheckConstraint(
                condition=Q(published_by="") | ~Q(published_by=models.F("drafted_by")),
                name="tariff_published_by_a_second_person",
            ),
        ]
        triggers = [
            # Only the end of its validity may be set later.
            pgtrigger.ReadOnly(name="published_never_changes", exclude=["active_to"]),
            pgtrigger.Protect(name="published_never_deleted", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.tariff_id} version {self.number}"


@pghistory.track(append_only=True)
class TariffDraft(TariffTerms):
    """The next version of a tariff while it is written; `version` is what it was published as."""

    tariff = models.ForeignKey(Tariff, models.PROTECT, related_name="drafts")
    wording = models.TextField(blank=True)
    active_from = models.DateTimeField()
    # Grows with each saving, so that two people do not overwrite one another.
    revision = models.PositiveIntegerField(default=1)
    edited_at = models.DateTimeField()
    edited_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    version = models.OneToOneField(
        TariffVersion, models.PROTECT, null=True, blank=True, related_name="draft"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tariff"], condition=Q(version=None), name="one_open_draft_per_tariff"
            )
        ]

    def __str__(self) -> str:
        return f"Draft of {self.tariff_id}"


@pghistory.track(append_only=True)
class CustomerAgreement(Left):
    """A customer's acceptance of one tariff version: who, when, from where, the exact text."""

    tariff_version = models.ForeignKey(TariffVersion, models.PROTECT, related_name="agreements")
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="agreements")
    usage_point = models.ForeignKey(UsagePoint, models.PROTECT, related_name="agreements")
    text_sha256 = models.CharField(max_length=64)
    accepted_at = models.DateTimeField()
    accepted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    accepted_name = models.CharField(max_length=120)
    accepted_from_address = models.GenericIPAddressField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["usage_point", "tariff_version"],
                condition=Q(ended_at__isnull=True),
                name="one_open_agreement_per_point_and_version",
            )
        ]
        triggers = [
            # Only leaving may be recorded later.
            pgtrigger.ReadOnly(
                name="acceptance_never_changes",
                exclude=["leave_asked_at", "leave_asked_by", "leaves_at", "ended_at"],
            ),
            pgtrigger.Protect(name="acceptance_never_deleted", operation=pgtrigger.Delete),
        ]
        indexes = [
            models.Index(
                fields=["leaves_at"],
                condition=Q(ended_at=None, leaves_at__isnull=False),
                name="agreements_to_end",
            )
        ]

    def __str__(self) -> str:
        return f"Agreement {self.pk} of {self.accepted_name}"
