"""Rows for tests: keywords, sensible defaults, no magic. Names come from the fixed cast."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from itertools import count
from typing import Any

from django.contrib.auth.hashers import make_password
from django.utils import timezone

from customers.models import (
    Customer,
    CustomerAgreement,
    Representation,
    ServiceLocation,
    Tariff,
    TariffVersion,
    ThirdParty,
    ThirdPartyMember,
    UsagePoint,
)
from customers.tariffs.schedules import flat
from derms.accounts.models import RoleGrant, User
from derms.accounts.roles import Role
from derms.accounts.tokens import SCOPES, create_token
from devices.models import Device, Zone
from groups.models import DERGroup, GroupMembership
from groups.statuses import GroupStatus
from interconnection.models import (
    DER,
    ApplicationUnit,
    Bus,
    DistributionTransformer,
    EquipmentModel,
    Feeder,
    InterconnectionApplication,
    LineSection,
    ServiceConnection,
    Substation,
)
from interconnection.statuses import (
    ApplicationStatus,
    NetworkService,
    PrimaryConnection,
    Stability,
    Technology,
    Wires,
)

AT = datetime(2026, 6, 15, 18, 0, tzinfo=UTC)
PASSWORD = "sun-and-copper-7"  # noqa: S105  of people who live in tests only
_numbers = count(1)


def make_person(username: str, *roles: Role) -> User:
    person = User.objects.create(
        username=username,
        email=f"{username}@example.org",
        password=_hashed(),
        first_name=username.capitalize(),
    )
    for role in roles:
        RoleGrant.objects.create(user=person, role=role, granted_at=AT, granted_by="tests")
    return person


@cache
def _hashed() -> str:
    """Slow by design: once for everybody."""
    return make_password(PASSWORD)


def make_token(person: User, *scopes: str, at: datetime | None = None) -> str:
    """The key of a new token, with every scope unless some are named."""
    chosen = scopes or tuple(SCOPES)
    made = create_token(owner=person, name="tests", scopes=chosen, days=30, at=at or timezone.now())
    return made.key


def make_customer(name: str = "Ada Lovelace", *, user: User | None = None) -> Customer:
    return Customer.objects.create(
        account_number=f"ACC-{next(_numbers):05}",
        name=name,
        email=f"{name.partition(' ')[0].lower()}@example.org",
        user=user,
        since_date=date(2020, 1, 1),
    )


def make_representation(
    *, third_party: ThirdParty, customer: Customer, active_from: datetime = AT, **facts: Any
) -> Representation:
    """A consent to everything, unless `facts` say otherwise."""
    allowed = {"may_see_readings": True, "may_file": True, "may_enrol": True}
    return Representation.objects.create(
        third_party=third_party, customer=customer, active_from=active_from, **{**allowed, **facts}
    )


def make_company(name: str = "Sunpool", *people: User) -> ThirdParty:
    company = ThirdParty.objects.create(
        name=name, email=f"desk@{name.lower().replace(' ', '')}.example"
    )
    for person in people:
        ThirdPartyMember.objects.create(third_party=company, user=person)
    return company


def make_usage_point(
    customer: Customer, *, street: str = "1 Sunny Lane", phases: str = "A"
) -> UsagePoint:
    location = ServiceLocation.objects.create(street=street, postcode="1001", locality="Millbrook")
    return UsagePoint.objects.create(
        customer=customer,
        location=location,
        meter_number=f"MTR-{next(_numbers):05}",
        phases=phases,
        nominal_voltage_v=120,
    )


def make_feeder(
    name: str = "F12",
    *,
    rated_capacity_w: int = 4_000_000,
    peak_load_w: int | None = 2_000_000,
    minimum_load_w: int | None = 600_000,
    minimum_daytime_load_w: int | None = 800_000,
) -> Feeder:
    """A feeder with one line section and one bus."""
    substation, _ = Substation.objects.get_or_create(
        name="S1", defaults={"stability": Stability.NONE_KNOWN}
    )
    feeder = Feeder.objects.create(
        name=name,
        substation=substation,
        nominal_voltage_v=12_470,
        rated_capacity_w=rated_capacity_w,
        source="tests",
        is_under_tariff=True,
    )
    section = LineSection.objects.create(
        feeder=feeder,
        name="1",
        head_device="breaker",
        peak_load_w=peak_load_w,
        minimum_load_w=minimum_load_w,
        minimum_daytime_load_w=minimum_daytime_load_w,
        primary_wires=Wires.FOUR,
        interrupting_rating_a=12_500,
        fault_duty_a=6_000,
    )
    Bus.objects.create(
        feeder=feeder,
        section=section,
        name="1",
        phases="ABC",
        nominal_voltage_v=12_470,
        distance_m=500,
        x=1,
        y=0,
        is_mainline=True,
        fault_current_a=5_000,
        ground_fault_a=4_000,
    )
    return feeder


def make_transformer(
    feeder: Feeder, *, rated_va: int | None = 50_000, phases: str = "A"
) -> DistributionTransformer:
    return DistributionTransformer.objects.create(
        name=f"TX-{next(_numbers):04}",
        bus=feeder.buses.get(),
        phases=phases,
        rated_va=rated_va,
        secondary_voltage_v=240,
        secondary_a=400,
        network_service=NetworkService.RADIAL,
        primary_connection=PrimaryConnection.GROUNDED,
        is_centre_tapped=len(phases) == 1,
    )


def connect(usage_point: UsagePoint, transformer: DistributionTransformer) -> ServiceConnection:
    return ServiceConnection.objects.create(usage_point=usage_point, transformer=transformer)


def make_tariff_version(
    code: str = "SOLAR-PARTNER",
    *,
    technologies: Sequence[str] = (Technology.PHOTOVOLTAIC, Technology.BATTERY),
    apparent_power_max_va: int = 30_000,
    required_communication: str = "monitor_and_control",
    may_join_groups: bool = True,
    active_from: datetime = AT - timedelta(days=365),
    **terms: Any,
) -> TariffVersion:
    tariff, _ = Tariff.objects.get_or_create(code=code, defaults={"name": code.title()})
    wording = f"Terms of {code}."
    values: dict[str, Any] = {
        "tariff": tariff,
        "number": tariff.versions.count() + 1,
        "summary_lines": ["Paid for what you export.", "The utility may limit output when needed."],
        "text": wording,
        "text_sha256": hashlib.sha256(wording.encode()).hexdigest(),
        "active_from": active_from,
        "technologies": list(technologies),
        "apparent_power_max_va": apparent_power_max_va,
        "phases": ["A", "B", "C", "ABC"],
        "required_communication": required_communication,
        "may_join_groups": may_join_groups,
        "prices": flat(Decimal("0.08000")),
        "curtailment_price_per_kwh": "0.12000",
    }
    return TariffVersion.objects.create(**{**values, **terms})


def make_agreement(
    usage_point: UsagePoint, tariff_version: TariffVersion, *, accepted_by: User
) -> CustomerAgreement:
    return CustomerAgreement.objects.create(
        tariff_version=tariff_version,
        customer=usage_point.customer,
        usage_point=usage_point,
        text_sha256=tariff_version.text_sha256,
        accepted_at=AT,
        accepted_by=accepted_by,
        accepted_name=usage_point.customer.name,
    )


def nameplate(
    *,
    active_power_w: int = 8_000,
    apparent_power_va: int | None = None,
    serial_number: str | None = None,
    energy_capacity_wh: int | None = None,
    charge_w: int | None = None,
) -> dict[str, object]:
    """Field values of a nameplate by IEEE 1547-2018 names."""
    apparent_power_va = apparent_power_va or active_power_w
    return {
        "manufacturer": "Helios",
        "model": f"H{active_power_w // 1000}",
        "serial_number": serial_number or f"SN-{next(_numbers):06}",
        "version": "1.0.0",
        "active_power_rating_at_unity_power_factor_w": active_power_w,
        "apparent_power_max_rating_va": apparent_power_va,
        "reactive_power_injected_max_rating_var": apparent_power_va * 44 // 100,
        "reactive_power_absorbed_max_rating_var": apparent_power_va * 44 // 100,
        "active_power_charge_max_rating_w": charge_w,
        "energy_capacity_wh": energy_capacity_wh,
        "normal_operating_performance_category": "B",
        "abnormal_operating_performance_category": "III",
        "ac_voltage_nominal_rating_v": 240,
        "ac_voltage_maximum_rating_v": 264,
        "ac_voltage_minimum_rating_v": 211,
    }


def battery_nameplate(*, power_w: int = 5_000, energy_wh: int = 10_000) -> dict[str, object]:
    return nameplate(active_power_w=power_w, energy_capacity_wh=energy_wh, charge_w=power_w)


def make_equipment(
    *, technology: str = Technology.PHOTOVOLTAIC, active_power_w: int = 8_000
) -> EquipmentModel:
    fields = nameplate(active_power_w=active_power_w)
    fields["serial_number"] = ""
    fields["model"] = f"H{active_power_w // 1000}-{next(_numbers)}"
    return EquipmentModel.objects.create(
        technology=technology,
        certification="UL 1741 SB",
        certified_on_date=date(2024, 1, 1),
        **fields,
    )


def make_application(
    usage_point: UsagePoint,
    *,
    agreement: CustomerAgreement | None = None,
    status: str = ApplicationStatus.DRAFT,
    at: datetime = AT,
) -> InterconnectionApplication:
    return InterconnectionApplication.objects.create(
        reference=f"A-2026-{next(_numbers):04}",
        customer=usage_point.customer,
        usage_point=usage_point,
        agreement=agreement,
        status=status,
        created_at=at,
        created_by=usage_point.customer.name,
        submitted_at=None if status == ApplicationStatus.DRAFT else at,
        complete_at=None if status == ApplicationStatus.DRAFT else at,
    )


def make_unit(
    application: InterconnectionApplication,
    *,
    technology: str = Technology.PHOTOVOLTAIC,
    **fields: object,
) -> ApplicationUnit:
    values = battery_nameplate() if technology == Technology.BATTERY else nameplate()
    fields.setdefault("equipment", make_equipment(technology=technology))
    return ApplicationUnit.objects.create(
        application=application, technology=technology, **{**values, **fields}
    )


def make_der(
    usage_point: UsagePoint,
    agreement: CustomerAgreement,
    *,
    technology: str = Technology.PHOTOVOLTAIC,
    **fields: object,
) -> DER:
    values = battery_nameplate() if technology == Technology.BATTERY else nameplate()
    return DER.objects.create(
        name=f"{technology} of {usage_point.customer.name}",
        usage_point=usage_point,
        agreement=agreement,
        technology=technology,
        permitted_at=AT,
        permitted_by="enzo",
        **{**values, **fields},
    )


def make_device(
    der: DER,
    *,
    zone: str = "f12",
    host: str = "127.0.0.1",
    port: int | None = None,
    unit: int = 1,
) -> Device:
    is_battery = der.technology == Technology.BATTERY
    return Device.objects.create(
        kind=Device.Kind.BATTERY if is_battery else Device.Kind.INVERTER,
        der=der,
        usage_point=der.usage_point,
        zone=Zone.objects.get_or_create(name=zone)[0],
        host=host,
        port=port or 40_000 + next(_numbers),
        unit=unit,
        manufacturer=der.manufacturer,
        model=der.model,
        serial_number=der.serial_number,
        active_from=AT,
    )


def make_live_group(
    members: Sequence[DER], *, name: str = "Rooftops of F12", feeder: Feeder | None = None
) -> DERGroup:
    group = DERGroup.objects.create(
        name=name,
        feeder=feeder,
        requested_at=AT,
        requested_by="olga",
        status=GroupStatus.LIVE,
    )
    for der in members:
        GroupMembership.objects.create(
            group=group, der=der, tariff_version=der.agreement.tariff_version, active_from=AT
        )
    return group
