"""The network model as far as screens, groups and pictures need it (IC-2)."""

import uuid

import pghistory
from django.core.validators import MinValueValidator
from django.db import models

from customers.models import UsagePoint
from interconnection.statuses import NetworkService, PrimaryConnection, Stability, Wires


@pghistory.track(append_only=True)
class Substation(models.Model):
    """Where a feeder begins; an empty fact is one that nobody has entered."""

    name = models.CharField(max_length=64, unique=True)
    latitude = models.FloatField(null=True, blank=True)
    longitude = models.FloatField(null=True, blank=True)
    stability = models.CharField(
        "transient-stability limits nearby", max_length=16, choices=Stability.choices, blank=True
    )
    transmission_generation_w = models.PositiveBigIntegerField(
        "generation on the transmission side, W", null=True, blank=True
    )

    def __str__(self) -> str:
        return self.name


@pghistory.track(append_only=True)
class Feeder(models.Model):
    """A medium-voltage circuit from a substation's breaker to its ends."""

    mrid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(max_length=64, unique=True)
    substation = models.ForeignKey(Substation, models.PROTECT, related_name="feeders")
    nominal_voltage_v = models.PositiveIntegerField()
    rated_capacity_w = models.PositiveBigIntegerField()
    hosting_capacity_w = models.PositiveBigIntegerField(null=True, blank=True)
    source = models.CharField(max_length=200)
    is_under_tariff = models.BooleanField("under the tariff", null=True, blank=True)

    def __str__(self) -> str:
        return self.name


@pghistory.track(append_only=True)
class LineSection(models.Model):
    """A part of a feeder bounded by automatic sectionalizing devices or the end of the line.

    Loads are of the last twelve months; a missing figure stays missing and no screen passes on it.
    """

    feeder = models.ForeignKey(Feeder, models.PROTECT, related_name="sections")
    name = models.CharField(max_length=64)
    head_device = models.CharField(max_length=64)
    upstream = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="downstream"
    )
    peak_load_w = models.PositiveBigIntegerField(null=True, blank=True)
    minimum_load_w = models.PositiveBigIntegerField(null=True, blank=True)
    minimum_daytime_load_w = models.PositiveBigIntegerField(null=True, blank=True)
    minimum_tracking_load_w = models.PositiveBigIntegerField(
        "minimum load 08:00-18:00, W", null=True, blank=True
    )
    primary_wires = models.PositiveSmallIntegerField(
        "wires of the primary line", choices=Wires.choices, null=True, blank=True
    )
    # Of the head device: what it can interrupt, and what it may have to today.
    interrupting_rating_a = models.PositiveIntegerField(
        "interrupting rating of the head device, A", null=True, blank=True,
        validators=[MinValueValidator(1)],
    )  # fmt: skip
    fault_duty_a = models.PositiveIntegerField(
        "fault duty of the head device, A", null=True, blank=True
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["feeder", "name"], name="section_name_in_feeder")
        ]

    def __str__(self) -> str:
        return f"{self.feeder_id}/{self.name}"


@pghistory.track(append_only=True)
class Bus(models.Model):
    """A node of the network; x and y are drawing coordinates."""

    feeder = models.ForeignKey(Feeder, models.PROTECT, related_name="buses")
    section = models.ForeignKey(LineSection, models.PROTECT, related_name="buses")
    name = models.CharField(max_length=64)
    phases = models.CharField(max_length=3)
    nominal_voltage_v = models.PositiveIntegerField()
    distance_m = models.FloatField()
    x = models.FloatField()
    y = models.FloatField()
    is_mainline = models.BooleanField("on a mainline", null=True, blank=True)
    fault_current_a = models.PositiveIntegerField("fault current, A", null=True, blank=True)
    ground_fault_a = models.PositiveIntegerField(
        "fault current of one phase to earth, A", null=True, blank=True
    )
    ica_static_grid_w = models.PositiveBigIntegerField(
        "lowest static-grid capacity, W", null=True, blank=True
    )
    ica_operational_w = models.PositiveBigIntegerField(
        "lowest operational capacity, W", null=True, blank=True
    )
    ica_protection_va = models.PositiveBigIntegerField(
        "protection capacity, VA", null=True, blank=True
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["feeder", "name"], name="bus_name_in_feeder")
        ]

    def __str__(self) -> str:
        return self.name


class LineSegment(models.Model):
    """A line, cable, closed switch or in-line transformer between two buses."""

    feeder = models.ForeignKey(Feeder, models.PROTECT, related_name="segments")
    name = models.CharField(max_length=64)
    from_bus = models.ForeignKey(Bus, models.PROTECT, related_name="+")
    to_bus = models.ForeignKey(Bus, models.PROTECT, related_name="+")
    phases = models.CharField(max_length=3)
    length_m = models.FloatField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["feeder", "name"], name="segment_name_in_feeder")
        ]

    def __str__(self) -> str:
        return self.name


@pghistory.track(append_only=True)
class DistributionTransformer(models.Model):
    """A service transformer that feeds one or several premises."""

    mrid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(max_length=64, unique=True)
    bus = models.ForeignKey(Bus, models.PROTECT, related_name="transformers")
    phases = models.CharField(max_length=3)
    rated_va = models.PositiveIntegerField(null=True, blank=True)
    secondary_voltage_v = models.PositiveIntegerField()
    secondary_a = models.PositiveIntegerField(
        "what its secondary's conductors carry, A", null=True, blank=True
    )
    # How many premises its secondary was planned for.
    premises = models.PositiveSmallIntegerField(default=1)
    network_service = models.CharField(
        "service", max_length=8, choices=NetworkService.choices, blank=True
    )
    network_peak_load_w = models.PositiveBigIntegerField(
        "largest load of its spot network, W", null=True, blank=True
    )
    primary_connection = models.CharField(
        max_length=16, choices=PrimaryConnection.choices, blank=True
    )
    is_centre_tapped = models.BooleanField("centre tap", null=True, blank=True)

    def __str__(self) -> str:
        return self.name


class ServiceConnection(models.Model):
    """Which transformer feeds a service point."""

    usage_point = models.OneToOneField(UsagePoint, models.PROTECT, related_name="+")
    transformer = models.ForeignKey(
        DistributionTransformer, models.PROTECT, related_name="connections"
    )

    def __str__(self) -> str:
        return f"{self.usage_point_id} at {self.transformer_id}"
