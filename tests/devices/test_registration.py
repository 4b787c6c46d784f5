"""Registering devices: duplicates and impossible values in words (DV-1, DV-6)."""

from typing import Any

import pytest

from devices.models import Device
from devices.services import register_device, retire_device
from devices.services.registration import DeviceInvalid
from tests.factories import AT, make_der


def entry(device: Device, **changes: Any) -> dict[str, Any]:
    """Another device of the same customer."""
    assert device.der is not None
    der = make_der(device.usage_point, device.der.agreement)
    facts = {
        "der": der,
        "usage_point": device.usage_point,
        "kind": "inverter",
        "zone_name": "Millbrook",
        "host": "10.0.0.7",
        "port": 502,
        "unit": 1,
        "serial_number": der.serial_number,
        "manufacturer": der.manufacturer,
        "model": der.model,
        "version": "1.0",
        "discovery": {"base": 40000},
        "reported_nameplate": {"active_power_max_w": 8000},
    }
    return facts | changes


def test_a_device_gets_its_zone_and_its_first_day(inverter: Device) -> None:
    device = register_device(**entry(inverter), at=AT, by="enzo")

    assert device.zone.name == "millbrook"
    assert (device.active_from, device.registered_by) == (AT, "enzo")


def test_an_address_in_use_is_refused_beside_its_field(inverter: Device) -> None:
    taken = {"host": inverter.host, "port": inverter.port, "unit": inverter.unit}

    with pytest.raises(DeviceInvalid) as refusal:
        register_device(**entry(inverter, **taken), at=AT, by="enzo")

    assert set(refusal.value.fields) == {"host"}
    assert inverter.serial_number in refusal.value.message


def test_a_serial_number_in_use_is_refused_beside_its_field(inverter: Device) -> None:
    twin = {"serial_number": inverter.serial_number, "manufacturer": inverter.manufacturer}

    with pytest.raises(DeviceInvalid) as refusal:
        register_device(**entry(inverter, **twin), at=AT, by="enzo")

    assert "already registered" in refusal.value.fields["serial_number"][0]


def test_a_der_has_one_device_at_a_time(inverter: Device) -> None:
    with pytest.raises(DeviceInvalid) as refusal:
        register_device(**entry(inverter, der=inverter.der), at=AT, by="enzo")
    assert set(refusal.value.fields) == {"der"}

    retire_device(device=inverter, at=AT.replace(hour=20))
    changed = entry(inverter, der=inverter.der, serial_number=inverter.serial_number)

    assert register_device(**changed, at=AT.replace(hour=21), by="enzo").der == inverter.der


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"kind": "toaster"}, "kind"),
        ({"der": None}, "der"),
        ({"host": " "}, "host"),
        ({"port": 0}, "port"),
        ({"unit": 256}, "unit"),
        ({"serial_number": ""}, "serial_number"),
    ],
)
def test_impossible_values_are_refused_beside_their_field(
    inverter: Device, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(DeviceInvalid) as refusal:
        register_device(**entry(inverter, **changes), at=AT, by="enzo")

    assert set(refusal.value.fields) == {field}
    assert not Device.objects.exclude(pk=inverter.pk).exists()
