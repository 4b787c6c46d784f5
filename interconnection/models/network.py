"""The network model as far as screens, groups and pictures need it (IC-2)."""

import uuid

from django.db import models

from customers.models import UsagePoint


class Substation(models.Model):
    """Where a feeder begins."""

    name = models.CharField(max_length=64, unique=True)
    latitude = models.FloatField(null=True, blank=True)
    longitude = models.FloatField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name


class Feeder(models.Model):
    """A medium-voltage circuit from a substation's breaker to its ends."""

    mrid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(max_length=64, unique=True)
    substation = models.ForeignKey(Substation, models.PROTECT, related_name="feeders")
    nominal_voltage_v = models.PositiveIntegerField()
    rated_capacity_w = models.PositiveBigIntegerField()
    hosting_capacity_w = models.PositiveBigIntegerField(null=True, blank=True)
    source = models.CharField(max_length=200)

    def __str__(self) -> str:
        return self.name


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

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["feeder", "name"], name="section_name_in_feeder")
        ]

    def __str__(self) -> str:
        return f"{self.feeder_id}/{self.name}"


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


class DistributionTransformer(models.Model):
    """A service transformer that feeds one or several premises."""

    mrid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(max_length=64, unique=True)
    bus = models.ForeignKey(Bus, models.PROTECT, related_name="transformers")
    phases = models.CharField(max_length=3)
    rated_va = models.PositiveIntegerField(null=True, blank=True)
    secondary_voltage_v = models.PositiveIntegerField()
    # How many premises its secondary was planned for.
    premises = models.PositiveSmallIntegerField(default=1)

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
