"""What happened before today: the record of every DER that already runs, step by step."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from customers.models import CustomerAgreement, TariffVersion, UsagePoint
from customers.services import next_number
from derms.accounts.models import User
from derms.demo.fleet_file import House, Machine
from derms.demo.tariffs import TECHNOLOGY, nameplate_of
from devices.models import Device
from devices.services import register_device
from interconnection.models import (
    DER,
    ApplicationStatusChange,
    ApplicationUnit,
    EquipmentModel,
    InterconnectionApplication,
)
from interconnection.statuses import ApplicationStatus, Technology

_S = ApplicationStatus
# Days from one step to the next, and who took it: an ordinary case.
STEPS: tuple[tuple[str, str, str, int], ...] = (
    (_S.DRAFT, _S.SUBMITTED, "customer", 1),
    (_S.SUBMITTED, _S.IN_REVIEW, "cleo", 3),
    (_S.IN_REVIEW, _S.DECISION_PROPOSED, "enzo", 5),
    (_S.DECISION_PROPOSED, _S.APPROVED, "olga", 1),
    (_S.APPROVED, _S.COMMISSIONING, "cleo", 10),
    (_S.COMMISSIONING, _S.PERMITTED, "enzo", 12),
)
KIND = {"pv": Device.Kind.INVERTER, "battery": Device.Kind.BATTERY, "meter": Device.Kind.METER}
BUSINESS_ABOVE_VA = 30_000


@dataclass(frozen=True)
class Book:
    """What every record refers to."""

    tariffs: dict[str, TariffVersion]
    equipment: dict[tuple[str, str], EquipmentModel]
    people: dict[str, User]


def seed_running_der(
    houses: Sequence[House], points: dict[str, UsagePoint], book: Book, *, at: datetime
) -> dict[str, Device]:
    """The permitted DER and the devices of every commissioned house, by the machine's key."""
    devices: dict[str, Device] = {}
    for number, house in enumerate(houses):
        machines = [machine for machine in house.machines if machine.is_commissioned]
        if not machines:
            continue
        permitted_at = at - timedelta(days=40 + number * 3, hours=number % 9)
        point = points[house.key]
        ders = _permitted_der(house, machines, point, book, permitted_at)
        for machine in machines:
            devices[machine.key] = _device(
                machine, house, point, ders.get(machine.key), permitted_at
            )
    return devices


def _permitted_der(
    house: House,
    machines: Sequence[Machine],
    point: UsagePoint,
    book: Book,
    permitted_at: datetime,
) -> dict[str, DER]:
    rated = [machine for machine in machines if machine.kind != "meter"]
    if not rated:
        return {}
    is_business = sum(machine.rated_va for machine in rated) > BUSINESS_ABOVE_VA
    tariff = book.tariffs["BUSINESS-FLEX" if is_business else "SOLAR-PARTNER"]
    started_at = permitted_at - timedelta(days=sum(step[3] for step in STEPS))
    agreement = _agreement(point, tariff, book.people, started_at)
    application = InterconnectionApplication.objects.create(
        reference=next_number(letter="A", at=started_at),
        customer=point.customer,
        usage_point=point,
        agreement=agreement,
        status=_S.PERMITTED,
        created_at=started_at,
        created_by=point.customer.name,
        submitted_at=started_at + timedelta(days=1),
        complete_at=started_at + timedelta(days=4),
    )
    _steps(application, started_at)
    return {
        machine.key: _der(machine, house, application, agreement, book, permitted_at)
        for machine in rated
    }


def _agreement(
    point: UsagePoint, tariff: TariffVersion, people: dict[str, User], at: datetime
) -> CustomerAgreement:
    """Customers without an account signed on paper; customer service entered it."""
    return CustomerAgreement.objects.create(
        tariff_version=tariff,
        customer=point.customer,
        usage_point=point,
        text_sha256=tariff.text_sha256,
        accepted_at=at,
        accepted_by=point.customer.user or people["cleo"],
        accepted_name=point.customer.name,
    )


def _steps(application: InterconnectionApplication, started_at: datetime) -> None:
    moment = started_at
    changes = []
    for old, new, by, days in STEPS:
        moment += timedelta(days=days)
        changes.append(
            ApplicationStatusChange(
                application=application,
                old_status=old,
                new_status=new,
                at=moment,
                by=application.customer.name if by == "customer" else by,
            )
        )
    ApplicationStatusChange.objects.bulk_create(changes)


def _der(
    machine: Machine,
    house: House,
    application: InterconnectionApplication,
    agreement: CustomerAgreement,
    book: Book,
    permitted_at: datetime,
) -> DER:
    technology = TECHNOLOGY[machine.kind]
    rating = nameplate_of(machine, phases=house.phase) | {
        "serial_number": machine.serial_number,
        "version": machine.version,
    }
    unit = ApplicationUnit.objects.create(
        application=application,
        technology=technology,
        equipment=book.equipment[machine.manufacturer, machine.model],
        dc_rating_w=machine.dc_rated_w or None,
        **rating,
    )
    what = "Solar" if technology == Technology.PHOTOVOLTAIC else "Battery"
    return DER.objects.create(
        name=f"{what} {machine.rated_w / 1000:g} kW, {application.usage_point.location.street}",
        unit=unit,
        usage_point=application.usage_point,
        agreement=agreement,
        technology=technology,
        permitted_at=permitted_at,
        permitted_by="enzo",
        **rating,
    )


def _device(
    machine: Machine, house: House, point: UsagePoint, der: DER | None, at: datetime
) -> Device:
    return register_device(
        der=der,
        usage_point=point,
        kind=KIND[machine.kind],
        zone_name=house.feeder.lower(),
        host=machine.host,
        port=machine.port,
        unit=machine.unit,
        serial_number=machine.serial_number,
        manufacturer=machine.manufacturer,
        model=machine.model,
        version=machine.version,
        discovery={},
        reported_nameplate={},
        at=at,
        by="enzo",
    )
