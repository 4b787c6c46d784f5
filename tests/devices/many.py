"""A fleet of thousands, made in a few statements."""

from datetime import datetime, timedelta

from customers.models import Customer, CustomerAgreement, ServiceLocation, TariffVersion, UsagePoint
from derms.accounts.models import User
from devices.models import Device, DeviceCondition, LatestReading, Zone
from interconnection.models import DER, Feeder, ServiceConnection
from interconnection.statuses import Technology
from tests.factories import (
    AT,
    make_feeder,
    make_person,
    make_tariff_version,
    make_transformer,
    nameplate,
)

MAKERS = ("Helios", "Sol", "Voltara", "Batteria")


def make_premises(count: int) -> list[DER]:
    """Premises on feeders of a hundred each, with a DER at each that has no device yet."""
    version = TariffVersion.objects.first() or make_tariff_version()
    accepted_by = User.objects.filter(username="everybody").first() or make_person("everybody")
    first = UsagePoint.objects.count()
    numbers = range(first, first + count)
    customers = Customer.objects.bulk_create(
        Customer(account_number=f"M{n:06}", name=f"Customer {n}", since_date=AT.date())
        for n in numbers
    )
    places = ServiceLocation.objects.bulk_create(
        ServiceLocation(street=f"{n} Long Street", postcode="1", locality="Millbrook")
        for n in numbers
    )
    points = UsagePoint.objects.bulk_create(
        UsagePoint(customer=customer, location=place, meter_number=f"MT{n:06}", phases="A",
                   nominal_voltage_v=120)
        for n, customer, place in zip(numbers, customers, places, strict=True)
    )  # fmt: skip
    feeders = {n // 100 for n in numbers}
    transformers = {n: make_transformer(_feeder(f"G{n:02}")) for n in sorted(feeders)}
    ServiceConnection.objects.bulk_create(
        ServiceConnection(usage_point=point, transformer=transformers[n // 100])
        for n, point in zip(numbers, points, strict=True)
    )
    agreements = CustomerAgreement.objects.bulk_create(
        CustomerAgreement(
            tariff_version=version,
            customer=point.customer,
            usage_point=point,
            text_sha256=version.text_sha256,
            accepted_at=AT,
            accepted_by=accepted_by,
            accepted_name=point.customer.name,
        )
        for point in points
    )
    return DER.objects.bulk_create(
        DER(
            name=f"Roof {n}",
            usage_point=point,
            agreement=agreement,
            technology=Technology.PHOTOVOLTAIC,
            permitted_at=AT,
            permitted_by="enzo",
            **nameplate(serial_number=f"SN{n:07}") | {"manufacturer": MAKERS[n % len(MAKERS)]},
        )
        for n, point, agreement in zip(numbers, points, agreements, strict=True)
    )


def _feeder(name: str) -> Feeder:
    return Feeder.objects.filter(name=name).first() or make_feeder(name)


def make_fleet(count: int, at: datetime) -> list[Device]:
    """Devices at premises, each with values, every tenth silent."""
    zones = [Zone.objects.get_or_create(name=f"g{n:02}")[0] for n in range(-(-count // 100))]
    devices = Device.objects.bulk_create(
        Device(
            kind=Device.Kind.INVERTER,
            der=der,
            usage_point=der.usage_point,
            zone=zones[n // 100],
            host=f"10.{n // 200}.0.{n % 200 + 1}",
            port=502,
            manufacturer=der.manufacturer,
            model=der.model,
            serial_number=der.serial_number,
            version="1.0.0",
            active_from=AT,
            discovery={"models": [{"id": n, "addr": n, "length": 50} for n in range(20)]},
        )
        for n, der in enumerate(make_premises(count))
    )
    LatestReading.objects.bulk_create(
        LatestReading(
            device=device,
            measured_at=at - timedelta(seconds=600 if n % 10 == 0 else 1),
            received_at=at,
            active_power_w=float(n),
            operating_state="producing",
            quality="good",
        )
        for n, device in enumerate(devices)
    )
    DeviceCondition.objects.bulk_create(
        DeviceCondition(device=device, updated_at=at, is_local=n % 50 == 0)
        for n, device in enumerate(devices)
    )
    return devices
