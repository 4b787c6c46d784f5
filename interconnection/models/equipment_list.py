"""Versions of the list of certified equipment (IC-1)."""

from django.db import models
from django.db.models import Q


class EquipmentList(models.Model):
    """A list as it was brought in; with a number once it is, or has been, in force.

    `content` is the file, compressed; `faults` are its lines that cannot be used, as {line, words}.
    """

    number = models.PositiveIntegerField(null=True, blank=True, unique=True)
    source_name = models.CharField(max_length=200)
    source_sha256 = models.CharField(max_length=64)
    content = models.BinaryField()
    models_listed = models.PositiveIntegerField()
    added = models.PositiveIntegerField()
    changed = models.PositiveIntegerField()
    withdrawn = models.PositiveIntegerField()
    faults = models.JSONField(default=list)
    checked_at = models.DateTimeField()
    checked_by = models.CharField(max_length=150)
    in_force_at = models.DateTimeField(null=True, blank=True)
    in_force_by = models.CharField(max_length=150, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(number__isnull=True, in_force_at__isnull=True)
                | Q(number__isnull=False, in_force_at__isnull=False),
                name="equipment_list_in_force_has_a_number",
            ),
        ]

    def __str__(self) -> str:
        return f"List {self.number}" if self.number else f"{self.source_name}, not in force"
