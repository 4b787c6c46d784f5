"""Devices, the communication zones they lie in, and who serves a zone (DV-1, OP-3)."""

import uuid

import pghistory
from django.db import models
from django.db.models import F, Q

from customers.models import UsagePoint
from interconnection.models import DER


class Zone(models.Model):
    """A part of the fleet that one gateway worker serves at a time."""

    name = models.SlugField(max_length=32, unique=True)
    # Since when the periodic watch has seen nobody serve it; null while somebody does.
    unserved_since = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name


class ZoneLease(models.Model):
    """Which worker owns a zone until when; the fence grows with every new owner."""

    zone = models.OneToOneField(Zone, models.CASCADE, related_name="lease")
    owner = models.CharField(max_length=100)
    fence = models.BigIntegerField(default=0)
    taken_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField()
    heartbeat_at = models.DateTimeField()
    lateness_max_ms = models.FloatField(default=0)
    polls_per_s = models.FloatField(default=0)
    # Connections made in this term: where it climbs, devices shut the door again and again.
    connects = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.zone_id} held by {self.owner}"


@pghistory.track(append_only=True)
class Device(models.Model):
    """An inverter, battery or meter that the product talks to."""

    class Kind(models.TextChoices):
        """What the device is on the wire."""

        INVERTER = "inverter", "Inverter"
        BATTERY = "battery", "Battery"
        METER = "meter", "Meter"

    mrid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=16, choices=Kind.choices)
    der = models.ForeignKey(DER, models.PROTECT, null=True, blank=True, related_name="+")
    usage_point = models.ForeignKey(UsagePoint, models.PROTECT, related_name="+")
    zone = models.ForeignKey(Zone, models.PROTECT, related_name="devices")
    host = models.CharField(max_length=255)
    port = models.PositiveIntegerField()
    unit = models.PositiveSmallIntegerField(default=1)
    manufacturer = models.CharField(max_length=64, blank=True)
    model = models.CharField(max_length=64, blank=True)
    version = models.CharField(max_length=32, blank=True)
    serial_number = models.CharField(max_length=64)
    discovery = models.JSONField(default=dict)
    reported_nameplate = models.JSONField(default=dict)
    poll_period_s = models.FloatField(default=1.0)
    registered_by = models.CharField(max_length=150, blank=True)
    active_from = models.DateTimeField()
    active_to = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["host", "port", "unit"],
                condition=Q(active_to__isnull=True),
                name="one_active_device_per_endpoint",
            ),
            models.UniqueConstraint(
                fields=["manufacturer", "serial_number"],
                condition=Q(active_to__isnull=True),
                name="one_active_device_per_serial",
            ),
            models.UniqueConstraint(
                fields=["der"],
                condition=Q(active_to__isnull=True),
                name="one_active_device_per_der",
            ),
            models.CheckConstraint(
                condition=Q(kind="meter") | Q(der__isnull=False),
                name="inverter_or_battery_is_a_der",
            ),
            models.CheckConstraint(
                condition=Q(active_to__isnull=True) | Q(active_to__gt=F("active_from")),
                name="device_period_runs_forward",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.manufacturer} {self.model} {self.serial_number}"
