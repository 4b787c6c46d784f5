"""What a command would write, as the gateway plans it on the device, without writing it (DV-3)."""

from django.db import models

from devices.models.device import Device


class CommandRehearsal(models.Model):
    """One question to a gateway before a command: which registers, what value, what is missing.

    `order` is what would be asked; `writes` a list of `{address, registers}` in their order.
    """

    device = models.ForeignKey(Device, models.PROTECT, related_name="rehearsals")
    asked_at = models.DateTimeField()
    asked_by = models.CharField(max_length=150)
    order = models.JSONField()
    taken_at = models.DateTimeField(null=True, blank=True)
    taken_by = models.CharField(max_length=100, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    writes = models.JSONField(default=list, blank=True)
    value_w = models.FloatField(null=True, blank=True)
    reverts_in_device = models.BooleanField(null=True, blank=True)
    notes = models.JSONField(default=list, blank=True)
    fault = models.CharField(max_length=300, blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["device"],
                condition=models.Q(ended_at__isnull=True),
                name="rehearsals_open",
            ),
        ]

    def __str__(self) -> str:
        return f"Rehearsal {self.pk} for device {self.device_id}"
