"""From the order to the field to permission to operate (IC-6, IC-7, CS-6)."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.db import transaction

from customers.models import CustomerAgreement, ServiceOrder
from customers.services import finish_service_order, open_service_order
from customers.services.sending import window_words
from customers.statuses import ServiceOrderStatus
from derms.accounts.models import User
from derms.lib.errors import Conflict, NotFound, Refused
from derms.lib.words import Later
from interconnection.models import (
    DER,
    ApplicationUnit,
    CommissioningOrder,
    CommissioningTest,
    Decision,
    InterconnectionApplication,
)
from interconnection.screening.checklist import UnitOnSite, checklist
from interconnection.screening.nameplate import NAMEPLATE_FIELDS
from interconnection.selectors.commissioning import (
    finished_by,
    latest_tests,
    left_to_do,
    requires_communication,
)
from interconnection.services.date_offers import settle_with_permission
from interconnection.services.judging import Seen, judge
from interconnection.services.mirroring import mirror
from interconnection.services.papers import require_papers
from interconnection.services.turns import tell
from interconnection.statuses import (
    ApplicationStatus,
    DecisionStatus,
    DecisionVerdict,
    Technology,
    TestOutcome,
)

# The right device has answered.
ANSWERED = frozenset({TestOutcome.PASSED, TestOutcome.SETTINGS})


class CommissioningNotFinished(Refused):
    """Something on site has not been verified."""

    code = "commissioning_not_finished"


class TariffNotAccepted(Refused):
    """Nothing is connected under a tariff that was not accepted."""

    code = "tariff_not_accepted"


class PermissionTakesTwoPeople(Refused):
    """Who finished the work on site does not grant permission for it."""

    code = "permission_takes_two_people"


def order_commissioning(
    *,
    application: InterconnectionApplication,
    planned_from: datetime,
    planned_to: datetime,
    at: datetime,
    by: str,
    assigned_to: User | None = None,
) -> CommissioningOrder:
    """Open the work order with its checklist, and tell the customer when somebody comes."""
    with transaction.atomic():
        application = _locked(application)
        if application.status != ApplicationStatus.APPROVED:
            raise Refused(
                f"{application.reference} is {application.get_status_display().lower()}: only an "
                "approved application is commissioned."
            )
        location = application.usage_point.location
        order = open_service_order(
            kind=ServiceOrder.Kind.COMMISSIONING,
            usage_point=application.usage_point,
            summary=f"Commission {application.reference} at {location}"[:200],
            planned_from=planned_from,
            planned_to=planned_to,
            at=at,
            by=by,
            assigned_to=assigned_to,
        )
        commissioning = CommissioningOrder.objects.create(
            application=application,
            service_order=order,
            checklist=[asdict(item) for item in _checklist(application)],
        )
        application.move(ApplicationStatus.COMMISSIONING, at=at, by=by, reason=f"{order}")
        mirror(application, at=at, by=by)
        tell(
            application,
            "commissioning_planned",
            at=at,
            address=str(location),
            window=Later(lambda: window_words(planned_from, planned_to)),
        )
    return commissioning


def tick_checklist(
    *, order: CommissioningOrder, key: str, is_done: bool, at: datetime, by: str
) -> CommissioningOrder:
    """Record one line as verified on site, or take it back."""
    with transaction.atomic():
        order = _in_progress(order)
        lines = [dict(line) for line in order.checklist]
        line = next((one for one in lines if one["key"] == key), None)
        if line is None:
            raise NotFound(f"The checklist of {order.service_order} has no line {key}.")
        if line["is_live_test"]:
            raise Refused("A live test is passed by testing, not by a tick.")
        line["done_at"] = at.isoformat() if is_done else None
        line["done_by"] = by if is_done else ""
        order.checklist = lines
        order.save(update_fields=["checklist"])
    return order


def record_commissioning_test(
    *,
    order: CommissioningOrder,
    unit: ApplicationUnit | None,
    seen: Seen,
    at: datetime,
    by: User,
) -> CommissioningTest:
    """Compare what a device said with what was registered, and keep both; None is the meter."""
    with transaction.atomic():
        order = _in_progress(order)
        if unit is not None and unit.application_id != order.application_id:
            raise NotFound(f"{unit} does not belong to {order.application}.")
        found = judge(unit, seen)
        outcome, reason = found.outcome, found.reason
        other = _other_at(order, unit, seen)
        if outcome in ANSWERED and other is not None:
            outcome = TestOutcome.MISMATCH
            reason = (
                f"{other.unit or 'The meter'} has already answered at {seen.host}:{seen.port}, "
                f"unit {seen.modbus_unit}. Enter this device's own address."
            )
        return CommissioningTest.objects.create(
            order=order,
            unit=unit,
            host=seen.host,
            port=seen.port,
            modbus_unit=seen.modbus_unit,
            outcome=outcome,
            reason=reason,
            comparison=found.comparison,
            settings_profile=found.settings_profile,
            setting_lines=found.setting_lines,
            discovery=dict(seen.discovery),
            performed_at=at,
            performed_by=by,
        )


def finish_commissioning(*, order: CommissioningOrder, at: datetime, by: str) -> CommissioningOrder:
    """Close the work on site; refused in words while anything on the checklist is left."""
    with transaction.atomic():
        order = _in_progress(order)
        left = left_to_do(order)
        if left:
            raise CommissioningNotFinished(f"Not finished yet. {' '.join(_sentences(left))}")
        finish_service_order(order=order.service_order, at=at, by=by)
        mirror(order.application, at=at, by=by)
    return order


def grant_permission_to_operate(
    *, application: InterconnectionApplication, at: datetime, by: User
) -> list[DER]:
    """Make each approved unit a DER in service and tell the customer.

    Only after the technician finished and every paper was accepted, never by that technician.
    Whoever calls this hands the DER over to the device floor in the same transaction.
    """
    with transaction.atomic():
        application = _locked(application)
        order = CommissioningOrder.objects.select_related("service_order").filter(
            application=application
        ).first()  # fmt: skip
        if order is None or order.service_order.status != ServiceOrderStatus.DONE:
            raise CommissioningNotFinished(
                f"The field work for {application.reference} is not finished. "
                "Permission can be granted when the technician has closed the order."
            )
        left = left_to_do(order)
        if left:
            raise CommissioningNotFinished(f"Not verified on site. {' '.join(_sentences(left))}")
        if by.username == finished_by(order):
            raise PermissionTakesTwoPeople(
                f"You verified {application.reference} on site yourself. "
                "Another person in Engineering grants the permission."
            )
        agreement = _accepted(application)
        require_papers(application, at=at)
        application.move(ApplicationStatus.PERMITTED, at=at, by=by.username)
        mirror(application, at=at, by=by.username)
        ders = [
            _der(application, unit, agreement, at=at, by=by.username)
            for unit in application.units.order_by("pk")
        ]
        settle_with_permission(application=application, at=at, by=by.username)
        equipment = ", ".join(f"{der.manufacturer} {der.model}" for der in ders)
        tell(application, "permission_to_operate", at=at, equipment=equipment)
    return ders


def _locked(application: InterconnectionApplication) -> InterconnectionApplication:
    return (
        InterconnectionApplication.objects.select_for_update(of=("self",))
        .select_related("customer", "usage_point__location", "agreement__tariff_version__tariff")
        .get(pk=application.pk)
    )


def _in_progress(order: CommissioningOrder) -> CommissioningOrder:
    row = (
        CommissioningOrder.objects.select_for_update(of=("self",))
        .select_related("service_order", "application")
        .get(pk=order.pk)
    )
    status = row.service_order.status
    if status != ServiceOrderStatus.IN_PROGRESS:
        raise Conflict(
            f"{row.service_order} is {row.service_order.get_status_display().lower()}. "
            "Start the work first, or reload the page."
        )
    return row


def _checklist(application: InterconnectionApplication) -> tuple[Any, ...]:
    decision = (
        Decision.objects.filter(
            application=application,
            verdict=DecisionVerdict.APPROVE,
            status=DecisionStatus.CONFIRMED,
        )
        .order_by("-pk")
        .first()
    )
    return checklist(
        [
            UnitOnSite(
                str(unit.pk),
                f"{unit.manufacturer} {unit.model} ({unit.serial_number})",
                unit.technology == Technology.BATTERY,
                f"category {unit.normal_operating_performance_category}, "
                f"ride-through {unit.abnormal_operating_performance_category}",
            )
            for unit in application.units.order_by("pk")
        ],
        conditions=decision.conditions if decision else [],
        requires_communication=requires_communication(application),
    )


def _other_at(
    order: CommissioningOrder, unit: ApplicationUnit | None, seen: Seen
) -> CommissioningTest | None:
    """Another unit of this order whose last test passed at the same address."""
    address = (seen.host, seen.port, seen.modbus_unit)
    for unit_id, test in latest_tests(order).items():
        is_other = unit_id != (unit.pk if unit else None)
        same = (test.host, test.port, test.modbus_unit) == address
        if is_other and same and test.outcome in ANSWERED:
            return test
    return None


def _accepted(application: InterconnectionApplication) -> CustomerAgreement:
    """The agreement that the DER will run under; refused when it is not in force."""
    agreement = application.agreement
    reference = application.reference
    if agreement is None:
        raise TariffNotAccepted(f"{reference} has no accepted tariff.")
    name = agreement.tariff_version.tariff.name
    if agreement.usage_point_id != application.usage_point_id:
        raise TariffNotAccepted(f"{name} was accepted for another service point.")
    if agreement.text_sha256 != agreement.tariff_version.text_sha256:
        raise TariffNotAccepted(f"Another text of {name} was accepted than the one in force.")
    if agreement.ended_at is not None:
        raise TariffNotAccepted(
            f"The agreement on {name} has ended. The customer accepts a tariff before {reference}"
            " is connected."
        )
    return agreement


def _der(
    application: InterconnectionApplication,
    unit: ApplicationUnit,
    agreement: CustomerAgreement,
    *,
    at: datetime,
    by: str,
) -> DER:
    nameplate = {name: getattr(unit, name) for name in DER_FIELDS}
    street = application.usage_point.location.street
    return DER.objects.create(
        **nameplate,
        name=f"{unit.get_technology_display()}, {street}"[:120],
        unit=unit,
        usage_point=application.usage_point,
        agreement=agreement,
        technology=unit.technology,
        permitted_at=at,
        permitted_by=by,
    )


def _sentences(left: list[str]) -> list[str]:
    return [line if line.endswith(".") else f"{line}." for line in left]


DER_FIELDS = tuple(name for name in NAMEPLATE_FIELDS if name not in {"technology", "dc_rating_w"})
