"""Tariff book and customer agreements (CS-2, CS-3)."""

import pghistory
import pgtrigger
from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, BigIntegerRangeField, DateTimeRangeField
from django.contrib.postgres.fields import RangeOperators as Op
from django.db import models
from django.db.models import F, Func, Q, Value

from customers.models.customer import Customer, UsagePoint


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


class TariffVersion(models.Model):
    """One published wording of a tariff, in force for a period; it never changes."""

    tariff = models.ForeignKey(Tariff, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    summary_lines = ArrayField(models.CharField(max_length=200))
    text = models.TextField()
    text_sha256 = models.CharField(max_length=64)
    active_from = models.DateTimeField()
    active_to = models.DateTimeField(null=True, blank=True)

    # Eligibility, as data that the portal, the screens and the group formation all ask.
    technologies = ArrayField(models.CharField(max_length=24))
    apparent_power_max_va = models.PositiveIntegerField()
    phases = ArrayField(models.CharField(max_length=3))
    required_communication = models.CharField(max_length=24, choices=RequiredCommunication.choices)
    may_join_groups = models.BooleanField()
    dispatches_per_month_max = models.PositiveIntegerField(null=True, blank=True)

    export_price_per_kwh = models.DecimalField(max_digits=9, decimal_places=5)
    curtailment_price_per_kwh = models.DecimalField(max_digits=9, decimal_places=5)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tariff", "number"], name="tariff_version_number"),
            models.CheckConstraint(
                condition=Q(active_to__isnull=True) | Q(active_to__gt=F("active_from")),
                name="tariff_version_period_runs_forward",
            ),
            ExclusionConstraint(
                name="one_tariff_version_in_force",
                expressions=[
                    (
                        Func(
                            F("tariff"),
                            F("tariff"),
                            Value("[]"),
                            function="int8range",
                            output_field=BigIntegerRangeField(),
                        ),
                        Op.OVERLAPS,
                    ),
                    (
                        Func(
                            F("active_from"),
                            F("active_to"),
                            function="tstzrange",
                            output_field=DateTimeRangeField(),
                        ),
                        Op.OVERLAPS,
                    ),
                ],
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
class CustomerAgreement(models.Model):
    """A customer's acceptance of one tariff version: who, when, from where, the exact text."""

    tariff_version = models.ForeignKey(TariffVersion, models.PROTECT, related_name="agreements")
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="agreements")
    usage_point = models.ForeignKey(UsagePoint, models.PROTECT, related_name="agreements")
    text_sha256 = models.CharField(max_length=64)
    accepted_at = models.DateTimeField()
    accepted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    accepted_name = models.CharField(max_length=120)
    accepted_from_address = models.GenericIPAddressField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["usage_point", "tariff_version"],
                condition=Q(ended_at__isnull=True),
                name="one_open_agreement_per_point_and_version",
            )
        ]
        triggers = [
            pgtrigger.ReadOnly(name="acceptance_never_changes", exclude=["ended_at"]),
            pgtrigger.Protect(name="acceptance_never_deleted", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"Agreement {self.pk} of {self.accepted_name}"
