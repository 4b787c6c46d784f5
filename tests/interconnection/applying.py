"""What tests about applications share: an area that is served, values of a unit, a full draft."""

from dataclasses import replace
from datetime import date, datetime
from typing import Any

from customers.models import ServiceArea, TariffVersion, UsagePoint
from derms.accounts.models import User
from interconnection.models import ApplicationUnit, EquipmentModel, InterconnectionApplication
from interconnection.screening.nameplate import UnitValues
from interconnection.services import applications

PV = UnitValues(
    technology="photovoltaic",
    manufacturer="Helios",
    model="H8",
    serial_number="HX-1",
    version="",
    active_power_rating_at_unity_power_factor_w=8_000,
    apparent_power_max_rating_va=8_000,
    reactive_power_injected_max_rating_var=3_520,
    reactive_power_absorbed_max_rating_var=3_520,
    normal_operating_performance_category="B",
    abnormal_operating_performance_category="III",
    ac_voltage_nominal_rating_v=240,
    ac_voltage_maximum_rating_v=264,
    ac_voltage_minimum_rating_v=211,
)
BATTERY = replace(
    PV,
    technology="battery",
    manufacturer="Voltbox",
    model="V10",
    serial_number="VB-1",
    active_power_rating_at_unity_power_factor_w=5_000,
    apparent_power_max_rating_va=5_000,
    active_power_charge_max_rating_w=5_000,
    energy_capacity_wh=10_000,
)
PLANNED = date(2026, 9, 1)


def serve(postcode: str = "1001") -> ServiceArea:
    area, _ = ServiceArea.objects.get_or_create(
        postcode=postcode, defaults={"locality": "Millbrook"}
    )
    return area


def add_unit(
    application: InterconnectionApplication,
    values: UnitValues,
    at: datetime,
    *,
    equipment: EquipmentModel | None = None,
    unit_id: int | None = None,
) -> ApplicationUnit:
    return applications.save_unit(
        application=application, values=values, equipment=equipment, unit_id=unit_id, at=at
    )


def fill(
    point: UsagePoint, version: TariffVersion, user: User, at: datetime, **unit: Any
) -> InterconnectionApplication:
    """A draft that can be sent."""
    serve(point.location.postcode)
    application = applications.start_application(usage_point=point, at=at, by=user.username)
    applications.save_tariff_choice(
        application=application,
        tariff_version=version,
        accepted_name=point.customer.name,
        accepted_by=user,
        from_address="192.0.2.7",
        at=at,
    )
    add_unit(application, replace(PV, **unit), at)
    return applications.save_planned_date(
        application=application, planned_in_service_date=PLANNED, at=at
    )


def send(
    point: UsagePoint, version: TariffVersion, user: User, at: datetime, **unit: Any
) -> InterconnectionApplication:
    """An application in customer service's queue."""
    draft = fill(point, version, user, at, **unit)
    return applications.submit_application(application=draft, at=at, by=user.username)
