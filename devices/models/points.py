"""Every point of every model of a device, read once because somebody asked (DV-1)."""

from django.db import models
from django.db.models import Q

from devices.models.device import Device


class PointsReading(models.Model):
    """One walk over a device's whole register map: who asked for it, and what it said.

    `points` is a list of `{model, title, address, points: [[name, value, unit]]}`. Waiting, under
    way and over are functions of the row: taken or not, ended or not.
    """

    device = models.ForeignKey(Device, models.PROTECT, related_name="points_readings")
    asked_at = models.DateTimeField()
    asked_by = models.CharField(max_length=150)
    taken_at = models.DateTimeField(null=True, blank=True)
    taken_by = models.CharField(max_length=100, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    points = models.JSONField(default=list, blank=True)
    flags = models.JSONField(default=list, blank=True)
    fault = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["device"],
                condition=Q(ended_at__isnull=True),
                name="one_points_reading_under_way",
            ),
        ]

    def __str__(self) -> str:
        return f"Points of device {self.device_id} asked at {self.asked_at}"

    @property
    def is_under_way(self) -> bool:
        return self.ended_at is None
