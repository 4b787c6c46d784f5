"""Alarms: what needs an operator, and the signs they are raised from (DV-5)."""

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
from devices.models.escalation import Escalation
from devices.statuses import ALARM_MOVES, ALARM_PRIORITIES, AlarmStatus
from interconnection.models import Feeder


class AlarmKind(models.TextChoices):
    """What is wrong."""

    LOST_COMMUNICATION = "lost_communication", "Lost communication"
    GATEWAY_SILENT = "gateway_silent", "No gateway serves the zone"
    WRONG_DEVICE = "wrong_device", "Another device answers"
    LOCAL_CONTROL = "local_control", "Switched to local control"
    COMMAND_FAILED = "command_failed", "Command failed"
    SETTING_DRIFT = "setting_drift", "Setting differs from command"
    PROTECTION_TRIP = "protection_trip", "Protection tripped"
    DEVICE_FAULT = "device_fault", "Device reports a fault"
    DEVICE_WARNING = "device_warning", "Device warns"
    VOLTAGE_HIGH = "voltage_high", "Voltage above limit"
    VOLTAGE_LOW = "voltage_low", "Voltage below limit"
    FREQUENCY_HIGH = "frequency_high", "Frequency above limit"
    FREQUENCY_LOW = "frequency_low", "Frequency below limit"
    OVERLOAD = "overload", "Beyond its rating"
    CHARGE_LOW = "charge_low", "State of charge low"
    CHARGE_HIGH = "charge_high", "State of charge high"
    CLOCK_OFF = "clock_off", "Clock is off"


class AlarmFacts(models.Model):
    """What is wrong and where.

    `cause` tells causes of one kind at one place apart (which bit, which function); `place` is
    "device 7", "service 3", "feeder 2", "zone f12" or "endpoint 10.0.0.5:502". Kind, cause and
    place together are there once.
    """

    kind = models.CharField(max_length=32, choices=AlarmKind.choices)
    cause = models.CharField(max_length=64, blank=True)
    place = models.CharField(max_length=300)
    device = models.ForeignKey(Device, models.PROTECT, null=True, blank=True, related_name="+")
    feeder = models.ForeignKey(Feeder, models.PROTECT, null=True, blank=True, related_name="+")
    # The command that a "command failed" alarm is about.
    command = models.ForeignKey(
        DeviceCommand, models.PROTECT, null=True, blank=True, related_name="+"
    )
    priority = models.PositiveSmallIntegerField()
    message = models.CharField(max_length=400)
    value = models.FloatField(null=True, blank=True)
    limit = models.FloatField(null=True, blank=True)
    unit = models.CharField(max_length=16, blank=True)

    class Meta:
        abstract = True


class AlarmSign(AlarmFacts):
    """Whether a cause is there, and since when; an alarm follows when it stays for its delay.

    Kept while the cause is there and for a while after: it also remembers on which side of a
    dead-band a value is.
    """

    is_present = models.BooleanField()
    changed_at = models.DateTimeField()
    delay_on_s = models.PositiveIntegerField(default=0)
    delay_off_s = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "cause", "place"], name="one_sign_per_cause_and_place"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.cause} at {self.place}"


class Alarm(AlarmFacts, HasLifecycle):
    """One cause at one place, from the first sign until it is over and seen.

    A group (`is_group`) stands for many alarms of one kind from one place, its members. A shelved
    alarm keeps `returned_at` up to date: it says whether the cause is there.
    """

    Kind = AlarmKind
    MOVES: ClassVar[Moves] = ALARM_MOVES

    raised_at = models.DateTimeField()
    # When it was last put before the operators: raised, raised again, or back from the shelf.
    announced_at = models.DateTimeField()
    returned_at = models.DateTimeField(null=True, blank=True)
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_by = models.CharField(max_length=150, blank=True)
    shelved_at = models.DateTimeField(null=True, blank=True)
    shelved_until = models.DateTimeField(null=True, blank=True)
    shelved_by = models.CharField(max_length=150, blank=True)
    shelved_reason = models.CharField(max_length=300, blank=True)
    chattering_since = models.DateTimeField(null=True, blank=True)
    is_group = models.BooleanField(default=False)
    group = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="members")
    # How many members of a group have their cause still.
    member_count = models.PositiveIntegerField(default=0)
    # The mail to operators about it, once.
    escalation = models.ForeignKey(
        Escalation, models.PROTECT, null=True, blank=True, related_name="alarms"
    )
    status = models.CharField(
        max_length=16, choices=AlarmStatus.choices, default=AlarmStatus.UNACKNOWLEDGED
    )

    class Meta:
        triggers = [only_listed_moves(ALARM_MOVES)]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "cause", "place"],
                condition=~Q(status=AlarmStatus.CLEARED),
                name="one_alarm_per_cause_and_place",
            ),
            models.CheckConstraint(
                condition=Q(priority__gte=1, priority__lte=4), name="alarm_priority_1_to_4"
            ),
            models.CheckConstraint(
                condition=~Q(status=AlarmStatus.SHELVED)
                | (Q(shelved_until__isnull=False) & ~Q(shelved_reason="") & ~Q(shelved_by="")),
                name="shelved_alarm_says_until_why_and_who",
            ),
            models.CheckConstraint(
                condition=Q(is_group=False) | Q(group__isnull=True), name="groups_do_not_nest"
            ),
        ]
        indexes = [
            models.Index(
                fields=["priority", "-raised_at", "-id"],
                condition=~Q(status=AlarmStatus.CLEARED),
                name="alarms_open",
            ),
            models.Index(fields=["-raised_at", "-id"], name="alarms_by_time"),
            models.Index(fields=["device", "-raised_at"], name="alarms_of_device"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} at {self.place}"

    @property
    def priority_label(self) -> str:
        return ALARM_PRIORITIES[self.priority]

    @property
    def is_unseen(self) -> bool:
        return self.status in {AlarmStatus.UNACKNOWLEDGED, AlarmStatus.RETURNED}

    @property
    def is_shelved(self) -> bool:
        return self.status == AlarmStatus.SHELVED


class AlarmStatusChange(StatusChange):
    """One move of an alarm; the first comes from nothing, when it was raised."""

    alarm = models.ForeignKey(Alarm, models.PROTECT, related_name="status_changes")

    class Meta:
        triggers = [append_only()]
        indexes = [
            models.Index(fields=["alarm", "at"], name="alarm_history"),
            # Of what rates and chattering are counted.
            models.Index(
                fields=["at"],
                condition=Q(new_status=AlarmStatus.UNACKNOWLEDGED),
                name="alarms_announced",
            ),
        ]
