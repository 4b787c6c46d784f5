"""DER with devices that have reported, for the tests of groups and dispatches."""

from datetime import datetime, timedelta

from customers.models import TariffVersion, UsagePoint
from derms.accounts.models import User
from devices.models import Device, LatestReading
from interconnection.models import DER
from interconnection.statuses import Technology
from tests.factories import make_agreement, make_der, make_device


def heard(
    device: Device,
    *,
    at: datetime,
    power_w: float,
    charge_pct: float | None = None,
    age_s: float = 1.0,
    quality: str = "good",
) -> LatestReading:
    measured_at = at - timedelta(seconds=age_s)
    reading, _ = LatestReading.objects.update_or_create(
        device=device,
        defaults={
            "measured_at": measured_at,
            "received_at": measured_at,
            "active_power_w": power_w,
            "state_of_charge_pct": charge_pct,
            "voltage_v": 241.0,
            "operating_state": "producing",
            "quality": quality,
        },
    )
    return reading


def solar(
    point: UsagePoint,
    tariff: TariffVersion,
    person: User,
    *,
    at: datetime,
    power_w: float | None = 6_000,
    age_s: float = 1.0,
) -> DER:
    """An 8 kW PV system with an inverter that reports `power_w`, or has never reported."""
    agreement = make_agreement(point, tariff, accepted_by=person)
    return solar_under(make_der(point, agreement), at=at, power_w=power_w, age_s=age_s)


def solar_under(der: DER, *, at: datetime, power_w: float | None, age_s: float = 1.0) -> DER:
    device = make_device(der)
    if power_w is not None:
        heard(device, at=at, power_w=power_w, age_s=age_s)
    return der


def battery_beside(
    neighbour: DER, *, at: datetime, power_w: float = 0, charge_pct: float = 50.0
) -> DER:
    """A 5 kW, 10 kWh battery at the same service point and under the same agreement."""
    der = make_der(neighbour.usage_point, neighbour.agreement, technology=Technology.BATTERY)
    heard(make_device(der), at=at, power_w=power_w, charge_pct=charge_pct)
    return der


def device_of(der: DER) -> Device:
    return Device.objects.get(der=der, active_to=None)
