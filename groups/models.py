"""DER groups and who was a member when (GR-1 … GR-3)."""

import uuid
from typing import ClassVar

import pghistory
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import BigIntegerRangeField, DateTimeRangeField
from django.contrib.postgres.fields import RangeOperators as Op
from django.db import models
from django.db.models import F, Func, Q, Value

from customers.models import TariffVersion, ThirdParty
from derms.lib.lifecycle import (
    HasLifecycle,
    Moves,
    StatusChange,
    append_only,
    only_listed_moves,
)
from groups.statuses import GROUP_MOVES, GroupStatus
from interconnection.models import DER, Feeder


@pghistory.track(append_only=True)
class DERGroup(HasLifecycle):
    """Several DER that are seen and dispatched as one (IEC 61968-5 DERGroup)."""

    MOVES: ClassVar[Moves] = GROUP_MOVES

    mrid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(max_length=80, unique=True)
    purpose = models.CharField(max_length=200, blank=True)
    feeder = models.ForeignKey(Feeder, models.PROTECT, null=True, blank=True, related_name="+")
    third_party = models.ForeignKey(
        ThirdParty, models.PROTECT, null=True, blank=True, related_name="+"
    )
    requested_at = models.DateTimeField()
    requested_by = models.CharField(max_length=150)
    status = models.CharField(
        max_length=24, choices=GroupStatus.choices, default=GroupStatus.REQUESTED
    )

    class Meta:
        triggers = [only_listed_moves(GROUP_MOVES)]

    def __str__(self) -> str:
        return self.name


class GroupStatusChange(StatusChange):
    """One move of a group."""

    group = models.ForeignKey(DERGroup, models.PROTECT, related_name="status_changes")

    class Meta:
        triggers = [append_only()]


@pghistory.track(append_only=True)
class GroupMembership(models.Model):
    """A DER in a group for a period, under one tariff version; `active_from` null = asked for."""

    group = models.ForeignKey(DERGroup, models.PROTECT, related_name="memberships")
    der = models.ForeignKey(DER, models.PROTECT, related_name="+")
    tariff_version = models.ForeignKey(TariffVersion, models.PROTECT, related_name="+")
    active_from = models.DateTimeField(null=True, blank=True)
    active_to = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(active_to__isnull=True)
                | Q(active_from__isnull=False, active_to__gt=F("active_from")),
                name="membership_period_runs_forward",
            ),
            models.UniqueConstraint(
                fields=["group", "der"],
                condition=Q(active_to__isnull=True),
                name="one_open_membership_in_a_group",
            ),
            ExclusionConstraint(
                name="der_in_one_live_group_at_a_time",
                condition=Q(active_from__isnull=False),
                expressions=[
                    (
                        Func(
                            F("der"),
                            F("der"),
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

    def __str__(self) -> str:
        return f"{self.der_id} in {self.group_id}"


class TariffRuleCheck(models.Model):
    """Customer service's check of one requested group: each member against its tariff's rules."""

    group = models.ForeignKey(DERGroup, models.PROTECT, related_name="rule_checks")
    rows = models.JSONField()
    is_passed = models.BooleanField()
    checked_at = models.DateTimeField()
    checked_by = models.CharField(max_length=150)

    class Meta:
        triggers = [append_only()]

    def __str__(self) -> str:
        return f"Tariff check of {self.group_id}"
