"""DER trouble that stays becomes one proposed visit for each device (CS-6)."""

from datetime import datetime, timedelta

from django.utils import timezone

from customers.services import drop_proposals, propose_order
from devices.models import Alarm, Device
from devices.models.alarm import AlarmKind
from devices.statuses import ALARM_ACTIVE

BY = "device watch"
PREFIX = "device "
# What only somebody on site can mend, and how long it may last before it is proposed.
STAYS: dict[str, timedelta] = {
    AlarmKind.LOST_COMMUNICATION: timedelta(hours=24),
    AlarmKind.WRONG_DEVICE: timedelta(hours=1),
    AlarmKind.DEVICE_FAULT: timedelta(hours=1),
    AlarmKind.PROTECTION_TRIP: timedelta(hours=4),
}


def propose_visits(*, at: datetime) -> int:
    """Propose a visit to each device in lasting trouble; how many stand proposed for a device.

    Several alarms of one device make one proposal. Alarms that belong to a flood do not count:
    their cause lies in the network or the gateway. What is well again is no longer proposed.
    """
    by_device: dict[int, list[Alarm]] = {}
    for alarm in _lasting(at):
        by_device.setdefault(alarm.device_id or 0, []).append(alarm)
    for alarms in by_device.values():
        device = alarms[0].device
        assert device is not None  # noqa: S101  filtered below
        propose_order(
            about=f"{PREFIX}{device.pk}",
            usage_point=device.usage_point,
            summary=f"{_name(device)}: {alarms[0].get_kind_display().lower()}",
            reasons="\n".join(_line(alarm) for alarm in alarms),
            began_at=max(alarm.raised_at for alarm in alarms),
            at=at,
            by=BY,
        )
    about = frozenset(f"{PREFIX}{device_id}" for device_id in by_device)
    drop_proposals(keep=about, prefix=PREFIX, at=at, by=BY)
    return len(about)


def _lasting(at: datetime) -> list[Alarm]:
    found = (
        Alarm.objects.filter(
            kind__in=STAYS,
            status__in=ALARM_ACTIVE,
            is_group=False,
            group=None,
            device__active_to=None,
            device__isnull=False,
        )
        .select_related("device__usage_point__location")
        .order_by("raised_at", "pk")
    )
    return [alarm for alarm in found if at - alarm.raised_at >= STAYS[alarm.kind]]


def _name(device: Device) -> str:
    return f"{device.get_kind_display()} {device.serial_number}"


def _line(alarm: Alarm) -> str:
    since = timezone.localtime(alarm.raised_at)
    return f"Since {since:%d %B, %H:%M}: {alarm.message}"
