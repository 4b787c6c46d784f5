"""Asking for every point of a device: a row, and the zone's bell (DV-1)."""

from datetime import datetime, timedelta

from django.db import transaction

from derms.lib.errors import NotFound
from devices.models import Device, PointsReading
from devices.services.commands import ring_zones

# A gateway that has taken it ends it sooner; one that died never does.
PATIENCE = timedelta(seconds=60)
KEPT = 3


def ask_for_points(*, device_id: int, at: datetime, by: str) -> PointsReading:
    """Have the zone's gateway read everything once; asked again meanwhile it is the same reading.

    Raises NotFound when there is no such device in service.
    """
    with transaction.atomic():
        device = (
            Device.objects.select_related("zone")
            .select_for_update(of=("self",), no_key=True)
            .filter(pk=device_id, active_to__isnull=True)
            .first()
        )
        if device is None:
            raise NotFound(f"There is no active device {device_id}.")
        open_one = PointsReading.objects.filter(device=device, ended_at__isnull=True).first()
        if open_one is not None:
            if at - open_one.asked_at <= PATIENCE:
                return open_one
            _give_up(open_one, at)
        reading = PointsReading.objects.create(device=device, asked_at=at, asked_by=by)
        _forget_older(device)
        ring_zones({device.zone.name})
    return reading


def _give_up(reading: PointsReading, at: datetime) -> None:
    words = "No gateway took it within a minute."
    if reading.taken_at is not None:
        words = "The gateway that took it did not bring it."
    PointsReading.objects.filter(pk=reading.pk, ended_at__isnull=True).update(
        ended_at=at, fault=words
    )


def _forget_older(device: Device) -> None:
    """They are a look, not a record: a few are enough."""
    theirs = PointsReading.objects.filter(device=device)
    kept = list(theirs.order_by("-pk").values_list("pk", flat=True)[:KEPT])
    theirs.exclude(pk__in=kept).delete()
