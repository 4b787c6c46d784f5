"""Connecting DER is a service request whose steps are those of the report (CS-5)."""

from datetime import date, datetime, timedelta

from customers.models import Holiday, ServiceRequest, TariffVersion, UsagePoint
from derms.accounts.models import User
from interconnection.services.applications import forward_to_engineering, return_as_incomplete
from interconnection.services.commissioning import (
    finish_commissioning,
    grant_permission_to_operate,
    order_commissioning,
)
from interconnection.services.decisions import confirm_decision
from tests.factories import make_tariff_version
from tests.interconnection.applying import send
from tests.interconnection.commissioning import started, tick_all
from tests.interconnection.engineering import proposed


def test_the_request_goes_with_the_application_to_permission_to_operate(
    ada: User, ada_point: UsagePoint, enzo: User, olga: User, tess: User, at: datetime
) -> None:
    tariff = make_tariff_version(required_communication="none")
    application = send(ada_point, tariff, ada, at)
    forward_to_engineering(application=application, at=at, by="cleo")
    decision = proposed(application, enzo, override_reason="Checked by hand.")
    confirm_decision(decision=decision, at=at, by=olga)
    order = order_commissioning(
        application=application,
        planned_from=at + timedelta(days=1),
        planned_to=at + timedelta(days=1, hours=2),
        at=at,
        by="cleo",
    )
    started(order, tess)
    tick_all(order, tess)
    finish_commissioning(order=order, at=at, by="tess")
    grant_permission_to_operate(application=application, at=at, by=enzo)

    request = ServiceRequest.objects.get()
    assert (request.kind, request.status, request.mirrors) == (
        "connect_der",
        "done",
        application.reference,
    )
    assert list(request.passages.order_by("pk").values_list("step", "waiting_on")) == [
        ("tariff", "customer"),
        ("register", "customer"),
        ("completeness", "customer_service"),
        ("engineering", "engineering"),
        ("operations", "operations"),
        ("plan", "customer_service"),
        ("verification", "technician"),
        ("permission", "engineering"),
        ("done", "nobody"),
    ]


def test_what_the_customer_is_asked_stands_in_the_request_too(
    ada: User, ada_point: UsagePoint, tariff_version: TariffVersion, at: datetime
) -> None:
    application = send(ada_point, tariff_version, ada, at)
    before = ServiceRequest.objects.get()

    return_as_incomplete(
        application=application, request_text="Send the one-line diagram.", at=at, by="cleo"
    )

    after = ServiceRequest.objects.get()
    assert (before.waiting_on, before.due_date) == ("customer_service", date(2026, 6, 29))
    assert (after.status, after.ask, after.due_date) == (
        "waiting",
        "Send the one-line diagram.",
        None,
    )


def test_holidays_of_the_utility_move_the_due_date_of_an_application_too(
    ada: User, ada_point: UsagePoint, tariff_version: TariffVersion, at: datetime
) -> None:
    Holiday.objects.create(date=date(2026, 6, 19), name="Juneteenth")

    application = send(ada_point, tariff_version, ada, at)

    request = ServiceRequest.objects.get()
    assert application.due_date == request.due_date == date(2026, 6, 30)
