"""Applications on site: approved, ordered, started."""

from datetime import timedelta

from customers.models import TariffVersion, UsagePoint
from customers.services import start_service_order
from derms.accounts.models import User
from interconnection.models import ApplicationUnit, CommissioningOrder
from interconnection.screening.commissioning import ReportedDevice
from interconnection.selectors.commissioning import site_checks
from interconnection.services.commissioning import (
    order_commissioning,
    record_commissioning_test,
    tick_checklist,
)
from interconnection.services.decisions import confirm_decision
from interconnection.services.judging import Seen
from tests.factories import AT
from tests.interconnection.engineering import application_in_review, proposed


def ordered(
    customer: User,
    point: UsagePoint,
    tariff_version: TariffVersion,
    *,
    engineer: User,
    operator: User,
    with_battery: bool = False,
) -> CommissioningOrder:
    application = application_in_review(customer, point, tariff_version, with_battery=with_battery)
    decision = proposed(application, engineer, conditions=["Export at most 5 kW"])
    confirm_decision(decision=decision, at=AT, by=operator)
    return order_commissioning(
        application=application,
        planned_from=AT + timedelta(days=1),
        planned_to=AT + timedelta(days=1, hours=2),
        at=AT,
        by="cleo",
    )


def started(order: CommissioningOrder, technician: User) -> CommissioningOrder:
    start_service_order(order=order.service_order, at=AT, by=technician.username)
    return order


def tick_all(order: CommissioningOrder, technician: User) -> None:
    for check in site_checks(order):
        if not check.is_live_test:
            tick_checklist(order=order, key=check.key, is_done=True, at=AT, by=technician.username)


def as_registered(unit: ApplicationUnit) -> ReportedDevice:
    return ReportedDevice(
        manufacturer=unit.manufacturer,
        model=unit.model,
        serial_number=unit.serial_number,
        active_power_w=unit.active_power_rating_at_unity_power_factor_w,
        apparent_power_va=unit.apparent_power_max_rating_va,
        charge_power_w=unit.active_power_charge_max_rating_w,
        energy_capacity_wh=unit.energy_capacity_wh,
        is_controllable=True,
    )


def pass_live_tests(order: CommissioningOrder, technician: User, *, port: int = 15_502) -> None:
    for number, unit in enumerate(order.application.units.order_by("pk")):
        seen = Seen("127.0.0.1", port + number, 1, as_registered(unit))
        record_commissioning_test(order=order, unit=unit, seen=seen, at=AT, by=technician)
