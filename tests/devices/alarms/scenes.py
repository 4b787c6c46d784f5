"""What devices say and when, for tests of alarms; everything happens around NOW."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from devices.models import (
    Alarm,
    Device,
    DeviceCommand,
    DeviceCondition,
    FoundSetting,
    LatestReading,
    Zone,
    ZoneLease,
)
from devices.services import watch_devices
from tests.factories import AT, make_customer, make_usage_point

NOW = AT + timedelta(minutes=5)
LOOK = timedelta(seconds=5)


def after(seconds: float = 0, *, minutes: float = 0, hours: float = 0) -> datetime:
    return NOW + timedelta(seconds=seconds, minutes=minutes, hours=hours)


def served(device: Device, at: datetime = NOW) -> None:
    """Its zone's gateway is alive, and has been for long."""
    ZoneLease.objects.update_or_create(
        zone=device.zone,
        defaults={
            "owner": "gw",
            "fence": 1,
            "expires_at": at,
            "heartbeat_at": at,
            "taken_at": AT - timedelta(days=1),
        },
    )


def heard(device: Device, at: datetime = NOW, **values: Any) -> None:
    """It answered at that moment, and its gateway heard it."""
    facts = {
        "measured_at": at,
        "received_at": at,
        "quality": "good",
        "operating_state": "producing",
        "voltage_v": 120.0,
        "frequency_hz": 60.0,
        "reason": "",
        "alarm_bits": 0,
    }
    LatestReading.objects.update_or_create(device=device, defaults=facts | values)
    served(device, at)


def all_served(at: datetime) -> None:
    """Every gateway is alive at that moment, whatever its devices do."""
    for zone in Zone.objects.all():
        facts = {"owner": "gw", "fence": 1, "expires_at": at, "heartbeat_at": at}
        ZoneLease.objects.update_or_create(
            zone=zone, defaults=facts | {"taken_at": AT - timedelta(days=1)}
        )


def look(at: datetime) -> None:
    watch_devices(at=at)


def look_on(device: Device, seconds: float, *, at: datetime, **values: Any) -> datetime:
    """Look every five seconds while the device says the same; returns the last moment."""
    end = at + timedelta(seconds=seconds)
    while at < end:
        at += LOOK
        heard(device, at, **values)
        look(at)
    return at


def alarm_of(kind: str, **where: Any) -> Alarm:
    return Alarm.objects.get(kind=kind, **where)


def states(kind: str) -> list[str]:
    return list(Alarm.objects.filter(kind=kind).order_by("pk").values_list("status", flat=True))


def commanded(device: Device, sequence: int, status: str, **facts: Any) -> DeviceCommand:
    return DeviceCommand.objects.create(
        device=device, idempotency_key=f"k{device.pk}-{sequence}", sequence=sequence,
        function="limit_active_power", value_w=1, reversion_s=60, not_before=AT,
        expires_at=NOW + timedelta(hours=1), requested_at=AT, requested_by="olga", status=status,
        **facts,
    )  # fmt: skip


def found(device: Device, function: str, **facts: Any) -> None:
    FoundSetting.objects.update_or_create(
        device=device, function=function, defaults={"read_at": NOW, "is_enabled": True} | facts
    )


def condition(device: Device, **facts: Any) -> None:
    DeviceCondition.objects.update_or_create(
        device=device, defaults={"updated_at": NOW, "supervised_at": NOW} | facts
    )


def make_meters(count: int, *, zone: str = "f12", host: str | None = None) -> list[Device]:
    """Meters of one service point, each at an address of its own unless `host` holds them all."""
    first = Device.objects.count()
    point = make_usage_point(make_customer())
    where, _ = Zone.objects.get_or_create(name=zone)
    return Device.objects.bulk_create(
        Device(
            kind="meter",
            usage_point=point,
            zone=where,
            host=host or f"10.{number // 250}.0.{number % 250}",
            port=502,
            unit=number - first + 1 if host else 1,
            manufacturer="Metra",
            model="M3",
            serial_number=f"M-{number:06}",
            active_from=AT - timedelta(days=1),
        )
        for number in range(first, first + count)
    )


def hear_all(devices: Sequence[Device], at: datetime, **values: Any) -> None:
    """All of these answered at that moment, in one statement."""
    facts = {
        "measured_at": at, "received_at": at, "quality": "good", "operating_state": "unknown",
        "voltage_v": 120.0, "frequency_hz": 60.0, "reason": "", "alarm_bits": 0,
    }  # fmt: skip
    LatestReading.objects.bulk_create(
        [LatestReading(device=device, **(facts | values)) for device in devices],
        update_conflicts=True,
        unique_fields=["device"],
        update_fields=list(facts | values),
    )
    all_served(at)
