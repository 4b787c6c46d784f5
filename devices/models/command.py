"""The one ledger of everything ever asked of a device, whoever asked (DV-3)."""

import uuid
from typing import ClassVar

import pghistory
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
from devices.models.device import Device
from devices.statuses import COMMAND_MOVES, COMMAND_OPEN, CommandStatus


@pghistory.track(append_only=True)
class DeviceCommand(HasLifecycle):
    """One thing asked of one device, with an expiry and a reversion time in the device.

    `sequence` orders the commands of a device: a newer one supersedes every older one of the same
    function. `fence` is that of the zone lease under which the command was last taken.
    """

    MOVES: ClassVar[Moves] = COMMAND_MOVES

    mrid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    device = models.ForeignKey(Device, models.PROTECT, related_name="commands")
    idempotency_key = models.CharField(max_length=100, unique=True)
    sequence = models.BigIntegerField()
    function = models.CharField(max_length=32)
    is_release = models.BooleanField(default=False)
    value_w = models.IntegerField(null=True, blank=True)
    parameters = models.JSONField(default=dict, blank=True)
    reversion_s = models.PositiveIntegerField()
    ramp_s = models.PositiveIntegerField(null=True, blank=True)
    not_before = models.DateTimeField()
    expires_at = models.DateTimeField()
    status = models.CharField(
        max_length=16, choices=CommandStatus.choices, default=CommandStatus.QUEUED
    )
    requested_at = models.DateTimeField()
    requested_by = models.CharField(max_length=150)
    reason = models.CharField(max_length=200, blank=True)
    leased_by = models.CharField(max_length=100, blank=True)
    leased_until = models.DateTimeField(null=True, blank=True)
    fence = models.BigIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    register_address = models.PositiveIntegerField(null=True, blank=True)
    registers_written = ArrayField(models.PositiveIntegerField(), null=True, blank=True)
    registers_read_back = ArrayField(models.PositiveIntegerField(), null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    verified_at = models.DateTimeField(null=True, blank=True)
    refreshed_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    # Known once it was written: whether the device itself lets go after `reversion_s`.
    reverts_in_device = models.BooleanField(null=True, blank=True)
    # What stood there before, of a setting that has no off: a release writes it back.
    found_before = models.JSONField(null=True, blank=True)
    # When a measurement first agreed with what was verified; a sign, not a proof.
    confirmed_by_measurement_at = models.DateTimeField(null=True, blank=True)
    # How often it was found lost and written again.
    rewrites = models.PositiveSmallIntegerField(default=0)
    fault = models.CharField(max_length=300, blank=True)

    class Meta:
        triggers = [only_listed_moves(COMMAND_MOVES)]
        constraints = [
            models.UniqueConstraint(
                fields=["device", "sequence"], name="command_sequence_per_device"
            ),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("not_before")), name="command_expires_after_start"
            ),
            models.CheckConstraint(
                condition=Q(is_release=True) | Q(reversion_s__gt=0),
                name="command_has_a_reversion_time",
            ),
            models.CheckConstraint(
                condition=~Q(status=CommandStatus.VERIFIED) | Q(verified_at__isnull=False),
                name="verified_command_has_verified_at",
            ),
        ]
        indexes = [
            models.Index(
                fields=["device", "sequence"],
                condition=Q(status__in=sorted(COMMAND_OPEN)),
                name="commands_open",
            ),
            models.Index(
                fields=["device", "function"],
                condition=Q(status=CommandStatus.VERIFIED),
                name="commands_in_force",
            ),
            models.Index(
                fields=["ended_at"],
                condition=Q(status=CommandStatus.FAILED),
                name="commands_failed",
            ),
        ]

    def __str__(self) -> str:
        return f"Command {self.pk} ({self.function})"


class CommandStatusChange(StatusChange):
    """One move of a command."""

    command = models.ForeignKey(DeviceCommand, models.PROTECT, related_name="status_changes")

    class Meta:
        triggers = [append_only()]
        indexes = [models.Index(fields=["command", "at"], name="command_history")]
