"""Alarms: what needs an operator (DV-5)."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from derms.lib.lifecycle import (
    HasLifecycle,
    Moves,
    StatusChange,
    append_only,
    only_listed_moves,
)
from devices.models.command import DeviceCommand
from devices.models.device import Device
from devices.statuses import ALARM_MOVES, ALARM_PRIORITIES, AlarmStatus
from interconnection.models import Feeder


class Alarm(HasLifecycle):
    """One cause at one place, from the first sign until it is over and seen."""

    class Kind(models.TextChoices):
        """What is wrong."""

        LOST_COMMUNICATION = "lost_communication", "Lost communication"
        COMMAND_FAILED = "command_failed", "Command failed"
        SETTING_DRIFT = "setting_drift", "Setting differs from command"
        VOLTAGE_HIGH = "voltage_high", "Voltage above limit"
        VOLTAGE_LOW = "voltage_low", "Voltage below limit"
        DEVICE_FAULT = "device_fault", "Device reports a fault"
        GATEWAY_SILENT = "gateway_silent", "No gateway serves the zone"

    MOVES: ClassVar[Moves] = ALARM_MOVES

    kind = models.CharField(max_length=32, choices=Kind.choices)
    device = models.ForeignKey(Device, models.PROTECT, null=True, blank=True, related_name="alarms")
    feeder = models.ForeignKey(Feeder, models.PROTECT, null=True, blank=True, related_name="+")
    priority = models.PositiveSmallIntegerField()
    message = models.CharField(max_length=200)
    value = models.FloatField(null=True, blank=True)
    limit = models.FloatField(null=True, blank=True)
    unit = models.CharField(max_length=8, blank=True)
    raised_at = models.DateTimeField()
    returned_at = models.DateTimeField(null=True, blank=True)
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_by = models.CharField(max_length=150, blank=True)
    # The command that a "command failed" alarm is about.
    command = models.ForeignKey(
        DeviceCommand, models.PROTECT, null=True, blank=True, related_name="+"
    )
    status = models.CharField(
        max_length=16, choices=AlarmStatus.choices, default=AlarmStatus.UNACKNOWLEDGED
    )

    class Meta:
        triggers = [only_listed_moves(ALARM_MOVES)]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "device"],
                condition=~Q(status=AlarmStatus.CLEARED),
                name="one_alarm_per_cause_and_device",
            ),
            models.UniqueConstraint(
                fields=["kind", "feeder"],
                condition=Q(device__isnull=True) & ~Q(status=AlarmStatus.CLEARED),
                name="one_alarm_per_cause_and_feeder",
            ),
            models.CheckConstraint(
                condition=Q(priority__gte=1, priority__lte=4), name="alarm_priority_1_to_4"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} at {self.device_id}"

    @property
    def priority_label(self) -> str:
        return ALARM_PRIORITIES[self.priority]

    @property
    def is_unseen(self) -> bool:
        return self.status in {AlarmStatus.UNACKNOWLEDGED, AlarmStatus.RETURNED}


class AlarmStatusChange(StatusChange):
    """One move of an alarm."""

    alarm = models.ForeignKey(Alarm, models.PROTECT, related_name="status_changes")

    class Meta:
        triggers = [append_only()]
