"""Limits that engineers set for the fleet, a feeder or a kind of device (DV-5)."""

import pghistory
from django.db import models
from django.db.models import Q

from devices.alarming.limits import WATCHED, Limit
from devices.models.device import Device
from interconnection.models import Feeder


@pghistory.track(
    pghistory.InsertEvent(),
    pghistory.UpdateEvent(),
    pghistory.DeleteEvent(),
    append_only=True,
)
class AlarmLimit(models.Model):
    """A limit with dead-band and delay; the narrowest scope that fits a device holds.

    Without a row for the fleet, what `devices.alarming.limits.first_limits` says holds.
    """

    kind = models.CharField(
        max_length=32, choices=[(one.kind, one.label) for one in WATCHED.values()]
    )
    feeder = models.ForeignKey(Feeder, models.PROTECT, null=True, blank=True, related_name="+")
    device_kind = models.CharField(max_length=16, choices=Device.Kind.choices, blank=True)
    is_enabled = models.BooleanField(default=True)
    limit = models.FloatField()
    dead_band = models.FloatField()
    delay_on_s = models.PositiveIntegerField()
    delay_off_s = models.PositiveIntegerField()
    priority = models.PositiveSmallIntegerField()
    reason = models.CharField(max_length=300)
    changed_at = models.DateTimeField()
    changed_by = models.CharField(max_length=150)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "feeder", "device_kind"],
                nulls_distinct=False,
                name="one_alarm_limit_per_scope",
            ),
            models.CheckConstraint(
                condition=Q(priority__gte=1, priority__lte=4), name="alarm_limit_priority_1_to_4"
            ),
            models.CheckConstraint(
                condition=Q(dead_band__gte=0), name="alarm_limit_dead_band_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.limit:g}, {self.scope}"

    @property
    def scope(self) -> str:
        """In words: where it holds."""
        kind = self.get_device_kind_display() if self.device_kind else ""
        if self.feeder is not None:
            return f"{self.feeder.name}, each {kind.lower()}" if kind else self.feeder.name
        return f"each {kind.lower()}" if kind else "the whole fleet"

    @property
    def rank(self) -> int:
        """The narrower, the higher: a feeder says more than a kind of device."""
        return 2 * (self.feeder_id is not None) + bool(self.device_kind)

    def as_limit(self) -> Limit:
        return Limit(
            kind=self.kind,
            limit=self.limit,
            dead_band=self.dead_band,
            delay_on_s=self.delay_on_s,
            delay_off_s=self.delay_off_s,
            priority=self.priority,
            is_enabled=self.is_enabled,
        )
