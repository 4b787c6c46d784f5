"""Bringing devices into the register and out of it (DV-1, DV-6)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypedDict, Unpack

from django.db import IntegrityError, transaction

from customers.models import UsagePoint
from derms.lib.errors import InvalidInput
from derms.lib.jobs import run_after_commit
from devices.models import Device, Zone
from devices.services.settings import end_settings
from interconnection.models import DER


class DeviceInvalid(InvalidInput):
    """The device cannot be registered like this."""

    code = "device_invalid"


class DeviceEntry(TypedDict):
    """What is registered of a device; `discovery` and `reported_nameplate` as it said itself."""

    der: DER | None
    usage_point: UsagePoint
    kind: str
    zone_name: str
    host: str
    port: int
    unit: int
    serial_number: str
    manufacturer: str
    model: str
    version: str
    discovery: Mapping[str, Any]
    reported_nameplate: Mapping[str, Any]


def register_device(*, at: datetime, by: str, **entry: Unpack[DeviceEntry]) -> Device:
    """Add a device and tell its zone's gateway, which begins to poll it.

    Raises DeviceInvalid with the words beside each field when its address or serial number is in
    use, or when a value cannot be right. `by` is recorded with the row's history.
    """
    problems = _problems(entry)
    if problems:
        raise _invalid(problems)
    try:
        with transaction.atomic():
            zone, _ = Zone.objects.get_or_create(name=entry["zone_name"].lower())
            device = Device.objects.create(
                der=entry["der"],
                usage_point=entry["usage_point"],
                kind=entry["kind"],
                zone=zone,
                host=entry["host"],
                port=entry["port"],
                unit=entry["unit"],
                serial_number=entry["serial_number"],
                manufacturer=entry["manufacturer"],
                model=entry["model"],
                version=entry["version"],
                discovery=dict(entry["discovery"]),
                reported_nameplate=dict(entry["reported_nameplate"]),
                registered_by=by,
                active_from=at,
            )
            tell_gateway(zone)
    except IntegrityError as error:
        # Somebody registered the same between our look and our row.
        raise _invalid(_problems(entry) or {"serial_number": [str(error)]}) from error
    return device


def retire_device(*, device: Device, at: datetime) -> Device:
    """End a device's service and what was approved for it; its history stays."""
    with transaction.atomic():
        device.active_to = at
        device.save(update_fields=["active_to"])
        end_settings(device_id=device.pk, at=at)
        tell_gateway(device.zone)
    return device


def tell_gateway(zone: Zone) -> None:
    run_after_commit(
        "devices.tasks.configuration_changed", queue=f"zone.{zone.name}", zone=zone.name
    )


def _problems(entry: DeviceEntry) -> dict[str, list[str]]:
    problems: dict[str, list[str]] = {}
    if entry["kind"] not in Device.Kind.values:
        problems["kind"] = [f"Choose one of: {', '.join(Device.Kind.values)}."]
    elif entry["kind"] != Device.Kind.METER and entry["der"] is None:
        problems["der"] = ["An inverter or a battery belongs to a DER. Choose it."]
    if not entry["host"].strip():
        problems["host"] = ["Enter the address the device answers at."]
    if not 1 <= entry["port"] <= 65_535:
        problems["port"] = ["A port lies between 1 and 65535; Modbus TCP usually uses 502."]
    if not 0 <= entry["unit"] <= 255:
        problems["unit"] = ["A unit id lies between 0 and 255."]
    if not entry["serial_number"].strip():
        problems["serial_number"] = ["Enter the serial number; it tells this device from others."]
    return problems or _duplicates(entry)


def _duplicates(entry: DeviceEntry) -> dict[str, list[str]]:
    active = Device.objects.filter(active_to__isnull=True)
    problems: dict[str, list[str]] = {}
    other = active.filter(host=entry["host"], port=entry["port"], unit=entry["unit"]).first()
    if other is not None:
        problems["host"] = [
            f"{other} already answers at {other.host}:{other.port}, unit {other.unit}. "
            "Give another address, or take that device out of service first."
        ]
    twin = active.filter(
        manufacturer=entry["manufacturer"], serial_number=entry["serial_number"]
    ).first()
    if twin is not None:
        problems["serial_number"] = [
            f"Serial number {twin.serial_number} of {twin.manufacturer} is already registered, "
            f"at {twin.host}:{twin.port}. Check the number on the label."
        ]
    if entry["der"] is not None and active.filter(der=entry["der"]).exists():
        problems["der"] = [f"{entry['der']} already has a device. Take that out of service first."]
    return problems


def _invalid(problems: dict[str, list[str]]) -> DeviceInvalid:
    words = " ".join(sentence for sentences in problems.values() for sentence in sentences)
    return DeviceInvalid(f"The device was not registered. {words}", fields=problems)
