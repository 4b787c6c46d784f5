"""Dispatches, the set-points they were split into, and what was delivered (DI-1, DI-3, DI-7)."""

import uuid
from typing import ClassVar

import pghistory
from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import BigIntegerRangeField, DateTimeRangeField
from django.contrib.postgres.fields import RangeOperators as Op
from django.db import models
from django.db.models import F, Func, Q, Value

from derms.lib.lifecycle import (
    HasLifecycle,
    Moves,
    StatusChange,
    append_only,
    only_listed_moves,
)
from devices.models import Device, DeviceCommand
from dispatch.statuses import (
    DISPATCH_IN_FORCE,
    DISPATCH_MOVES,
    DISPATCH_PREPARING,
    DispatchFunction,
    DispatchStatus,
)
from groups.models import DERGroup
from interconnection.models import DER


@pghistory.track(append_only=True)
class DERGroupDispatch(HasLifecycle):
    """One order to one group for one interval (IEC 61968-5 DERGroupDispatch).

    `target_w` is the group's active power at its points of common coupling, injection positive.
    """

    MOVES: ClassVar[Moves] = DISPATCH_MOVES

    mrid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    group = models.ForeignKey(DERGroup, models.PROTECT, related_name="+")
    function = models.CharField(max_length=32, choices=DispatchFunction.choices)
    target_w = models.BigIntegerField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    ramp_s = models.PositiveIntegerField(null=True, blank=True)
    reason = models.CharField(max_length=200)
    status = models.CharField(
        max_length=16, choices=DispatchStatus.choices, default=DispatchStatus.SELECTED
    )
    selected_at = models.DateTimeField()
    selected_by = models.CharField(max_length=150)
    selection_expires_at = models.DateTimeField()
    # What a program sent as Idempotency-Key: the same key twice is the same dispatch.
    request_key = models.CharField(max_length=100, null=True, blank=True, unique=True)
    plan_sha256 = models.CharField(max_length=64, blank=True)
    plan = models.JSONField(default=dict)
    executed_at = models.DateTimeField(null=True, blank=True)
    executed_by = models.CharField(max_length=150, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        triggers = [only_listed_moves(DISPATCH_MOVES)]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="dispatch_runs_forward"
            ),
            models.UniqueConstraint(
                fields=["group"],
                condition=Q(status__in=sorted(DISPATCH_PREPARING)),
                name="one_selection_per_group",
            ),
            ExclusionConstraint(
                name="one_dispatch_per_group_and_interval",
                condition=Q(status__in=sorted(DISPATCH_IN_FORCE)),
                expressions=[
                    (
                        Func(
                            F("group"),
                            F("group"),
                            Value("[]"),
                            function="int8range",
                            output_field=BigIntegerRangeField(),
                        ),
                        Op.OVERLAPS,
                    ),
                    (
                        Func(
                            F("starts_at"),
                            F("ends_at"),
                            function="tstzrange",
                            output_field=DateTimeRangeField(),
                        ),
                        Op.OVERLAPS,
                    ),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"Dispatch {self.pk}"


class DispatchStatusChange(StatusChange):
    """One move of a dispatch."""

    dispatch = models.ForeignKey(DERGroupDispatch, models.PROTECT, related_name="status_changes")

    class Meta:
        triggers = [append_only()]


class Setpoint(models.Model):
    """A member's share of a dispatch, and the commands that carry it."""

    dispatch = models.ForeignKey(DERGroupDispatch, models.PROTECT, related_name="setpoints")
    der = models.ForeignKey(DER, models.PROTECT, related_name="+")
    device = models.ForeignKey(Device, models.PROTECT, related_name="+")
    value_w = models.IntegerField()
    before_w = models.FloatField()
    command = models.OneToOneField(DeviceCommand, models.PROTECT, related_name="+")
    release_command = models.OneToOneField(
        DeviceCommand, models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["dispatch", "der"], name="one_setpoint_per_member")
        ]

    def __str__(self) -> str:
        return f"{self.value_w} W for {self.der_id}"


class OptOut(models.Model):
    """A customer left one event out: from then on the member runs as it likes (CS-8)."""

    setpoint = models.OneToOneField(Setpoint, models.PROTECT, related_name="opt_out")
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        triggers = [append_only()]

    def __str__(self) -> str:
        return f"{self.setpoint_id} left out"


@pghistory.track(append_only=True)
class Delivery(models.Model):
    """What one member delivered during one dispatch; a correction is a new version.

    Energies in Wh over the interval in which the set-point was in force. `curtailed_wh` is the
    energy that would have been produced without the dispatch minus what was produced.
    """

    dispatch = models.ForeignKey(DERGroupDispatch, models.PROTECT, related_name="deliveries")
    der = models.ForeignKey(DER, models.PROTECT, related_name="+")
    version = models.PositiveSmallIntegerField(default=1)
    measured_from = models.DateTimeField()
    measured_to = models.DateTimeField()
    requested_wh = models.FloatField()
    delivered_wh = models.FloatField()
    available_wh = models.FloatField()
    curtailed_wh = models.FloatField()
    uncertainty_wh = models.FloatField()
    gap_s = models.FloatField(default=0)
    method = models.CharField(max_length=80)
    payment = models.DecimalField(max_digits=10, decimal_places=2)
    computed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["dispatch", "der", "version"], name="delivery_version_once"
            )
        ]

    def __str__(self) -> str:
        return f"Delivery of {self.der_id} in {self.dispatch_id}"
