"""What a device was approved to hold, and what it was found to hold (DV-3)."""

import pghistory
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from devices.models.command import DeviceCommand
from devices.models.device import Device


@pghistory.track(append_only=True)
class ApprovedSetting(models.Model):
    """How a function of a device shall stand while no command holds it, and who approved that."""

    device = models.ForeignKey(Device, models.PROTECT, related_name="approved_settings")
    function = models.CharField(max_length=32)
    is_enabled = models.BooleanField()
    value_w = models.FloatField(null=True, blank=True)
    parameters = models.JSONField(default=dict, blank=True)
    approved_by = models.CharField(max_length=150)
    approved_at = models.DateTimeField()
    # In words: the application, the condition, the profile it comes from.
    source = models.CharField(max_length=200)
    # For a limit that changes with the hour: when it falls next, and the lowest it ever falls to.
    # The device gets both, so that it falls by itself when nobody can reach it.
    holds_until = models.DateTimeField(null=True, blank=True)
    afterwards_w = models.FloatField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["device", "function"],
                condition=Q(ended_at__isnull=True),
                name="one_approved_setting_per_function",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.function} of device {self.device_id}"


class FoundSetting(models.Model):
    """What a device held for one function when its settings were last read.

    `command` is the one that should hold it now, null when the approved setting should.
    `differs_since` and `difference` are set while it holds something else than it should.
    """

    device = models.ForeignKey(Device, models.PROTECT, related_name="found_settings")
    function = models.CharField(max_length=32)
    read_at = models.DateTimeField()
    is_enabled = models.BooleanField()
    value_w = models.FloatField(null=True, blank=True)
    parameters = models.JSONField(default=dict, blank=True)
    registers = ArrayField(models.PositiveIntegerField(), default=list)
    command = models.ForeignKey(
        DeviceCommand, models.PROTECT, null=True, blank=True, related_name="+"
    )
    differs_since = models.DateTimeField(null=True, blank=True)
    difference = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["device", "function"], name="one_found_setting_per_function"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.function} found at device {self.device_id}"


class DeviceCondition(models.Model):
    """How one device is to talk to: what its slow polls and the gateway's own counting say."""

    device = models.OneToOneField(
        Device, models.PROTECT, primary_key=True, related_name="condition"
    )
    updated_at = models.DateTimeField()
    supervised_at = models.DateTimeField(null=True, blank=True)
    is_local = models.BooleanField(null=True, blank=True)
    clock_offset_s = models.FloatField(null=True, blank=True)
    firmware = models.CharField(max_length=32, blank=True)
    # Alarm words that only slow polls bring: model 714 PrtAlrms and model 802 Evt1.
    port_alarm_bits = models.BigIntegerField(default=0, db_default=0)
    battery_alarm_bits = models.BigIntegerField(default=0, db_default=0)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    round_trip_ms = models.FloatField(null=True, blank=True)
    polls = models.BigIntegerField(default=0)
    failures = models.BigIntegerField(default=0)
    failures_in_row = models.PositiveIntegerField(default=0)
    last_fault = models.CharField(max_length=300, blank=True)
    last_fault_kind = models.CharField(max_length=32, blank=True, db_default="")
    last_fault_at = models.DateTimeField(null=True, blank=True)
    # While the circuit is open: since when, and when it is tried again.
    open_since = models.DateTimeField(null=True, blank=True)
    retry_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"Condition of device {self.device_id}"
