"""A feeder's zone with Ada's inverter and battery in it, and an empty history."""

import pytest

from customers.models import TariffVersion
from devices.models import Device
from interconnection.statuses import Technology
from tests.factories import (
    make_agreement,
    make_customer,
    make_der,
    make_device,
    make_person,
    make_tariff_version,
    make_usage_point,
)


@pytest.fixture
def inverter(db: None) -> Device:
    return make_devices(1)[0]


@pytest.fixture
def battery(db: None) -> Device:
    return make_devices(1, technology=Technology.BATTERY)[0]


def make_devices(count: int, *, technology: str = Technology.PHOTOVOLTAIC) -> list[Device]:
    person = make_person(f"owner{Device.objects.count()}")
    usage_point = make_usage_point(make_customer(user=person))
    version = TariffVersion.objects.first() or make_tariff_version()
    agreement = make_agreement(usage_point, version, accepted_by=person)
    return [
        make_device(make_der(usage_point, agreement, technology=technology)) for _ in range(count)
    ]
