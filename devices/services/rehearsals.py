"""Asking a gateway what a command would write, before anybody executes it (DV-3)."""

from datetime import datetime, timedelta

from django.db import transaction

from devices.models import CommandRehearsal, Device
from devices.services.commands import ring_zones
from devices.services.orders import CommandOrder

# Who reviews has decided within a minute; nobody reads it afterwards.
KEPT = timedelta(hours=1)


def rehearse(*, order: CommandOrder, at: datetime, by: str) -> CommandRehearsal:
    """Have the zone's gateway plan this order on the device; nothing is written to it."""
    with transaction.atomic():
        zone = Device.objects.values_list("zone__name", flat=True).get(pk=order.device_id)
        CommandRehearsal.objects.filter(device=order.device_id, asked_at__lt=at - KEPT).delete()
        rehearsal = CommandRehearsal.objects.create(
            device_id=order.device_id,
            asked_at=at,
            asked_by=by,
            order={
                "function": str(order.function),
                "value_w": order.value_w,
                "parameters": dict(order.parameters),
                "is_release": order.is_release,
                "reversion_s": order.reversion_s,
                "ramp_s": order.ramp_s,
            },
        )
        ring_zones({zone})
    return rehearsal
