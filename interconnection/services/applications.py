"""An application's way from the first page to Engineering, and out (CS-5, IC-1)."""

from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.utils import timezone

from customers.models import CustomerAgreement, TariffVersion, ThirdParty, UsagePoint
from customers.selectors import rules_of, service_area
from customers.services import (
    TariffNotAccepted,
    accept_tariff,
    cancel_service_order,
    end_agreement,
    next_number,
)
from customers.statuses import ServiceOrderStatus
from customers.tariffs.eligibility import check_units
from derms.accounts.models import User
from derms.lib.errors import Conflict, InvalidInput, Refused
from derms.lib.words import day, say
from interconnection.models import DER, CommissioningOrder, InterconnectionApplication
from interconnection.selectors import applications as selectors
from interconnection.selectors.decisions import COMPUTER
from interconnection.services.date_offers import end_with_withdrawal
from interconnection.services.mirroring import mirror
from interconnection.services.readiness import mark_ready, may_go_alone
from interconnection.services.restudies import mark_those_behind
from interconnection.services.screening import run_screens
from interconnection.services.turns import (
    ChangedMeanwhile,
    NotTheCustomersTurn,
    lock,
    lock_for_customer,
    tell,
)
from interconnection.services.units import remove_unit, save_unit
from interconnection.statuses import ApplicationStatus

__all__ = [
    "ChangedMeanwhile",
    "MeterHasApplication",
    "NotComplete",
    "NotTheCustomersTurn",
    "OutsideServiceArea",
    "forward_to_engineering",
    "remove_unit",
    "return_as_incomplete",
    "save_planned_date",
    "save_tariff_choice",
    "save_unit",
    "start_application",
    "submit_application",
    "withdraw_application",
]


class OutsideServiceArea(Refused):
    """The address is not served by this utility."""

    code = "outside_service_area"


class MeterHasApplication(Conflict):
    """Another application is open at the same meter."""

    code = "meter_has_application"


class NotComplete(Refused):
    """Something is missing; the message says what."""

    code = "not_complete"


def start_application(
    *,
    usage_point: UsagePoint,
    third_party: ThirdParty | None = None,
    at: datetime,
    by: str,
) -> InterconnectionApplication:
    """Begin a draft at a service point inside the service area that has no open application."""
    location = usage_point.location
    if service_area(location.postcode) is None:
        raise OutsideServiceArea(
            say(
                "{location} is outside our service area: we do not serve postcode {postcode}.",
                location=location,
                postcode=location.postcode,
            )
        )
    other = selectors.open_application_at(usage_point)
    if other is not None:
        raise _meter_has(other.reference, usage_point)
    try:
        with transaction.atomic():
            application = InterconnectionApplication.objects.create(
                reference=_free_reference(at),
                customer_id=usage_point.customer_id,
                usage_point=usage_point,
                third_party=third_party,
                created_at=at,
                created_by=by,
            )
            application.status_changes.create(
                old_status="", new_status=application.status, at=at, by=by
            )
            mirror(application, at=at, by=by)
    except IntegrityError as error:
        if "one_open_application_per_service_point" not in str(error):
            raise
        raise _meter_has(say("another application"), usage_point) from error
    return application


def save_tariff_choice(
    *,
    application: InterconnectionApplication,
    tariff_version: TariffVersion,
    accepted_name: str,
    accepted_by: User,
    from_address: str | None,
    at: datetime,
) -> InterconnectionApplication:
    """Accept a tariff for this application; an acceptance it replaces ends."""
    with transaction.atomic():
        row = lock_for_customer(application)
        findings = check_units(rules_of(tariff_version), map(selectors.unit_facts, row.units.all()))
        if findings:
            raise TariffNotAccepted(" ".join(finding.words for finding in findings))
        agreement = accept_tariff(
            usage_point=row.usage_point,
            tariff_version=tariff_version,
            accepted_name=accepted_name,
            accepted_by=accepted_by,
            from_address=from_address,
            at=at,
        )
        former = row.agreement
        InterconnectionApplication.objects.filter(pk=row.pk).update(agreement=agreement)
        if former is not None and former.pk != agreement.pk:
            _end_unless_used(former, at=at)
        mirror(row, at=at, by=accepted_by.get_username())
    application.agreement = agreement
    return application


def save_planned_date(
    *, application: InterconnectionApplication, planned_in_service_date: date, at: datetime
) -> InterconnectionApplication:
    today = timezone.localdate(at)
    words = ""
    if planned_in_service_date < today:
        words = say("This date is over. Choose {today} or later.", today=day(today))
    elif planned_in_service_date.year > today.year + 5:
        words = say("Choose a date within the next five years.")
    if words:
        raise InvalidInput(words, fields={"planned_in_service_date": [words]})
    with transaction.atomic():
        row = lock_for_customer(application)
        InterconnectionApplication.objects.filter(pk=row.pk).update(
            planned_in_service_date=planned_in_service_date
        )
    application.planned_in_service_date = planned_in_service_date
    return application


def submit_application(
    *, application: InterconnectionApplication, at: datetime, by: str
) -> InterconnectionApplication:
    """Send it, or send it again after a return; the customer is told that it has arrived."""
    with transaction.atomic():
        row = lock_for_customer(application)
        completeness = selectors.completeness_of(row, today=timezone.localdate(at))
        if completeness.keeps_from_sending:
            missing = " ".join(line.why for line in completeness.keeps_from_sending)
            raise NotComplete(say("{row} cannot be sent yet. {missing}", row=row, missing=missing))
        row.move(
            ApplicationStatus.SUBMITTED,
            at=at,
            by=by,
            submitted_at=row.submitted_at or at,
            incomplete_reason="",
        )
        mirror(row, at=at, by=by)
        tell(row, "application_submitted", at=at, address=str(row.usage_point.location))
        if may_go_alone(row, at=at):
            forward_to_engineering(application=row, at=at, by=COMPUTER)
            mark_ready(application=row, at=at)
            row.refresh_from_db()
    return row


def return_as_incomplete(
    *,
    application: InterconnectionApplication,
    request_text: str,
    at: datetime,
    by: str,
    seen: int | None = None,
) -> InterconnectionApplication:
    """Give it back to the customer with the exact request; the statutory clock stands still."""
    request = request_text.strip()
    if not request:
        words = "Write what the customer has to send or change."
        raise InvalidInput(words, fields={"request_text": [words]})
    with transaction.atomic():
        row = lock(application, seen=seen)
        row.move(
            ApplicationStatus.INCOMPLETE,
            at=at,
            by=by,
            reason=request,
            incomplete_reason=request,
        )
        mirror(row, at=at, by=by)
        tell(row, "application_incomplete", at=at, request=request)
    return row


def forward_to_engineering(
    *, application: InterconnectionApplication, at: datetime, by: str, seen: int | None = None
) -> InterconnectionApplication:
    """Deem it complete, which fixes its place in the queue, and run the quick screens."""
    with transaction.atomic():
        row = lock(application, seen=seen)
        completeness = selectors.completeness_of(row, today=timezone.localdate(at))
        if not completeness.is_complete:
            missing = " ".join(line.why for line in completeness.missing)
            raise NotComplete(f"{row} is not complete. {missing}")
        row.move(ApplicationStatus.IN_REVIEW, at=at, by=by, complete_at=row.complete_at or at)
        mirror(row, at=at, by=by)
        tell(row, "application_in_review", at=at)
        run_screens(application=row, at=at, by=by)
    return row


def withdraw_application(
    *,
    application: InterconnectionApplication,
    reason: str,
    at: datetime,
    by: str,
    seen: int | None = None,
) -> InterconnectionApplication:
    """End it for good: its field order is cancelled, an agreement nothing runs under ends."""
    if not reason.strip():
        words = say("Say why the application is withdrawn.")
        raise InvalidInput(words, fields={"reason": [words]})
    with transaction.atomic():
        row = lock(application, seen=seen)
        was_draft = row.status == ApplicationStatus.DRAFT
        row.move(ApplicationStatus.WITHDRAWN, at=at, by=by, reason=reason)
        mirror(row, at=at, by=by)
        _cancel_order(row, reason=reason, at=at, by=by)
        mark_those_behind(row, at=at, by=by)
        end_with_withdrawal(application=row, at=at, by=by)
        if row.agreement is not None:
            _end_unless_used(row.agreement, at=at)
        if not was_draft:
            tell(row, "application_withdrawn", at=at, reasons=reason)
    return row


def _free_reference(at: datetime) -> str:
    while True:
        reference = next_number(letter="A", at=at)
        # Applications brought from elsewhere may hold numbers of our series.
        if not InterconnectionApplication.objects.filter(reference=reference).exists():
            return reference


def _meter_has(other: str, usage_point: UsagePoint) -> MeterHasApplication:
    return MeterHasApplication(
        say(
            "{other} is already open at meter {meter_number}. Go on with that one, "
            "or withdraw it first.",
            other=other,
            meter_number=usage_point.meter_number,
        ),
        reference=other,
    )


def _end_unless_used(agreement: CustomerAgreement, *, at: datetime) -> None:
    """End an agreement under which nothing runs and for which nothing else is applied."""
    is_used = (
        DER.objects.filter(agreement=agreement, retired_at=None).exists()
        or InterconnectionApplication.objects.filter(agreement=agreement)
        .exclude(status__in=[ApplicationStatus.WITHDRAWN, ApplicationStatus.REJECTED])
        .exists()
    )
    if agreement.ended_at is None and not is_used:
        end_agreement(agreement=agreement, at=at)


def _cancel_order(
    application: InterconnectionApplication, *, reason: str, at: datetime, by: str
) -> None:
    link = CommissioningOrder.objects.filter(application=application).first()
    ended = {ServiceOrderStatus.DONE, ServiceOrderStatus.CANCELLED}
    if link is not None and link.service_order.status not in ended:
        cancel_service_order(order=link.service_order, reason=reason, at=at, by=by)
