"""Versions of a feeder's circuit: immutable, one of them current (IC-2)."""

from django.db import models
from django.db.models import Q

from derms.lib.lifecycle import append_only


class NetworkVersion(models.Model):
    """One circuit as imported; a study names the version it is for, so nothing here changes.

    `circuit` is the compressed JSON of a powerflow Circuit, `circuit_sha256` of that JSON before
    compression. The newest version of a name is the current one.
    """

    name = models.CharField(max_length=64)
    number = models.PositiveIntegerField()
    source_name = models.CharField(max_length=200)
    source_sha256 = models.CharField(max_length=64)
    circuit = models.BinaryField()
    circuit_sha256 = models.CharField(max_length=64)
    buses = models.PositiveIntegerField()
    load_w = models.FloatField()
    remarks = models.JSONField(default=list)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=150)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["name", "number"], name="network_version_once"),
            models.CheckConstraint(condition=Q(number__gte=1), name="network_version_from_1"),
        ]
        triggers = [append_only()]

    def __str__(self) -> str:
        return f"{self.name} version {self.number}"
