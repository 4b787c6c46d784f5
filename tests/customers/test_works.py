"""Work requests go to Engineering before the field, proposals wait for a person (CS-6, CS-7)."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from customers import services
from customers.models import Customer, OrderProposal, ServiceOrder, UsagePoint, WorkRequest
from customers.services.orders import finish_service_order, start_service_order
from customers.services.proposals import accept_proposal, decline_proposal, drop_proposals
from customers.services.sending import Visit
from customers.services.visits import Report, cancel_visit, record_visit
from customers.services.works import NewPoint, Plan, plan_crew, plan_work, return_work
from derms.accounts.models import User
from derms.lib.errors import InvalidInput, Refused
from tests.customers.asking import ANSWERS, CUSTOMER, DESK, asked, told

PLAN = Plan(
    text="30 m of cable to the garage.", cost=Decimal("1200.00"), ready_date=date(2026, 7, 20)
)


def visit(at: datetime) -> Visit:
    return Visit(
        planned_from=at + timedelta(days=2),
        planned_to=at + timedelta(days=2, hours=6),
        crew="Crew 4",
    )


def requested(point: UsagePoint, at: datetime) -> WorkRequest:
    request = asked(point, at, "new_service")
    services.take_way(request=request, way="design", actors=DESK, at=at, by="cleo")
    return WorkRequest.objects.get(request=request)


def accepted(point: UsagePoint, at: datetime) -> WorkRequest:
    work = requested(point, at)
    plan_work(work=work, plan=PLAN, at=at, by="enzo")
    services.take_way(request=work.request, way="accept", actors=CUSTOMER, at=at, by="ada")
    return WorkRequest.objects.get(pk=work.pk)


def test_engineering_plans_the_customer_accepts_and_a_crew_builds(
    ada_point: UsagePoint, at: datetime
) -> None:
    work = accepted(ada_point, at)
    plan_crew(work=work, visit=visit(at), at=at, by="enzo")
    work.refresh_from_db()
    order = work.order
    assert order is not None
    start_service_order(order=order, at=at, by="tess")
    full = dict.fromkeys(("safe", "as_planned", "tested", "tidy"), "yes") | {"voltage": "121"}
    key = work.request.mrid
    report = Report(key=key, answers=full, result="Built.", is_final=True)
    record_visit(order=order, report=report, at=at, by="tess")

    work.refresh_from_db()
    request = work.request
    assert [one.new_status for one in work.status_changes.order_by("pk")] == [
        "requested", "planned", "accepted", "scheduled", "done",
    ]  # fmt: skip
    assert (request.status, order.kind, order.crew) == ("done", "construction", "Crew 4")
    assert told(request) == [
        "request_received",
        "request_moved",
        "request_question",
        "request_moved",
        "request_visit",
        "request_done",
    ]


def test_the_customer_reads_the_plan_and_its_cost_as_the_question(
    ada_point: UsagePoint, at: datetime
) -> None:
    work = requested(ada_point, at)
    plan_work(work=work, plan=PLAN, at=at, by="enzo")

    work.request.refresh_from_db()
    assert work.request.status == "waiting"
    assert "Cost for you: 1200.00." in work.request.ask
    assert "Ready by 20 July 2026." in work.request.ask


def test_no_crew_goes_before_engineering_and_the_customer(
    ada_point: UsagePoint, at: datetime
) -> None:
    work = requested(ada_point, at)

    with pytest.raises(Refused, match="when Engineering has planned"):
        plan_crew(work=work, visit=visit(at), at=at, by="enzo")
    order = services.open_service_order(
        kind=ServiceOrder.Kind.CONSTRUCTION,
        usage_point=ada_point,
        summary="x",
        planned_from=at,
        planned_to=at + timedelta(hours=1),
        at=at,
        by="x",
    )
    with pytest.raises(IntegrityError, match="engineering_plans"), transaction.atomic():
        WorkRequest.objects.filter(pk=work.pk).update(
            plan="", planned_at=None, status="planned", order=order
        )


def test_a_refused_plan_ends_both_and_a_returned_work_goes_back_to_the_desk(
    ada_point: UsagePoint, ben_point: UsagePoint, at: datetime
) -> None:
    refused, returned = requested(ada_point, at), requested(ben_point, at)
    plan_work(work=refused, plan=PLAN, at=at, by="enzo")
    services.take_way(
        request=refused.request, way="refuse", actors=CUSTOMER, words="Too dear.", at=at, by="ada"
    )
    return_work(work=returned, reason="Which garage?", at=at, by="enzo")

    refused.refresh_from_db()
    returned.refresh_from_db()
    assert (refused.status, refused.request.status) == ("cancelled", "declined")
    assert (returned.status, returned.request.step) == ("cancelled", "check")


def test_a_crew_that_is_called_off_is_planned_anew(ada_point: UsagePoint, at: datetime) -> None:
    work = accepted(ada_point, at)
    plan_crew(work=work, visit=visit(at), at=at, by="enzo")
    work.refresh_from_db()
    assert work.order is not None

    cancel_visit(order=work.order, reason="Storm.", at=at, by="cleo")

    again = WorkRequest.objects.get()
    assert (again.status, again.order_id, again.request.step) == ("accepted", None, "build")


def test_a_new_service_gets_its_meter_with_its_crew(cem_customer: Customer, at: datetime) -> None:
    request = services.open_request(
        kind="new_service",
        customer=cem_customer,
        usage_point=None,
        answers=ANSWERS["new_service"] | {"what": "new_service"},
        at=at,
        by="cem",
    )
    services.take_way(request=request, way="design", actors=DESK, at=at, by="cleo")
    work = WorkRequest.objects.get()
    plan_work(work=work, plan=PLAN, at=at, by="enzo")
    services.take_way(request=request, way="accept", actors=CUSTOMER, at=at, by="cem")

    with pytest.raises(InvalidInput, match="Name the meter"):
        plan_crew(work=work, visit=visit(at), at=at, by="enzo")
    point = NewPoint(
        street="7 New Road", postcode="1001", locality="Millbrook", meter_number="MTR-NEW",
        phases="A", nominal_voltage_v=120,
    )  # fmt: skip
    plan_crew(work=work, visit=visit(at), new_point=point, at=at, by="enzo")

    made = UsagePoint.objects.get(meter_number="MTR-NEW")
    work.refresh_from_db()
    assert (made.customer, work.usage_point, work.request.usage_point) == (cem_customer, made, made)


def test_trouble_makes_one_proposal_until_a_person_decides(
    ada_point: UsagePoint, at: datetime
) -> None:
    def propose(reasons: str, days: int = 0) -> OrderProposal | None:
        return services.propose_order(
            about="device 7", usage_point=ada_point, summary="Inverter SN-1", reasons=reasons,
            began_at=at + timedelta(days=days), at=at, by="watch",
        )  # fmt: skip

    propose("Silent since 08:00.")
    proposal = propose("Silent since 08:00. Fault 12.")
    assert proposal is not None
    assert OrderProposal.objects.get().reasons == "Silent since 08:00. Fault 12."

    order = accept_proposal(proposal=proposal, visit=visit(at), at=at, by="cleo")
    assert propose("Still silent.") is None
    start_service_order(order=order, at=at, by="tess")
    finish_service_order(order=order, at=at, by="tess")
    again = propose("Silent again.")

    assert again is not None
    assert again.pk != proposal.pk
    decline_proposal(proposal=again, reason="The owner is away.", at=at, by="cleo")
    assert propose("The same as before.") is None
    propose("And again.", days=1)
    assert drop_proposals(keep=frozenset(), prefix="device ", at=at, by="watch") == 1
    assert OrderProposal.objects.filter(status="proposed").count() == 0


def test_pages_of_orders_proposals_and_works(ada_point: UsagePoint, cleo: User, enzo: User) -> None:
    now = timezone.now()
    desk, engineer = Client(), Client()
    desk.force_login(cleo)
    engineer.force_login(enzo)
    proposal = services.propose_order(
        about="device 7", usage_point=ada_point, summary="Inverter SN-1", reasons="Silent.",
        began_at=now, at=now, by="watch",
    )  # fmt: skip
    assert proposal is not None
    work = requested(ada_point, now)
    day = (timezone.localdate(now) + timedelta(days=3)).isoformat()
    window = {"day": day, "begins": "09:00", "ends": "12:00"}

    listed = desk.get(reverse("service_orders")).content.decode()
    empty = desk.post(reverse("service_proposal", args=[proposal.pk]), {})
    desk.post(reverse("service_proposal", args=[proposal.pk]), window)
    order = ServiceOrder.objects.get()
    page = desk.get(reverse("service_order", args=[order.number])).content.decode()
    desk.post(reverse("service_order_cancel", args=[order.number]), {"reason": "It answers again."})
    work_url = reverse("engineering_work", args=[work.number])
    early = engineer.post(f"{work_url}/crew", window)
    bad = engineer.post(f"{work_url}/plan", {"plan": "Cable.", "cost": "x", "ready_date": day})
    engineer.post(f"{work_url}/plan", {"plan": "Cable.", "cost": "0", "ready_date": day})
    services.take_way(request=work.request, way="accept", actors=CUSTOMER, at=now, by="ada")
    engineer.post(f"{work_url}/crew", window)
    after = engineer.get(work_url).content.decode()

    assert "Inverter SN-1" in listed
    assert "Silent." in listed
    assert empty.status_code == 422
    assert "Maker, model and serial number" in page
    assert early.status_code == 422
    assert "Type the cost as a number." in bad.content.decode()
    assert "Crew is planned" in after
    assert work.number in engineer.get(reverse("engineering_works")).content.decode()
    for client, name in ((desk, "service_orders"), (engineer, "engineering_works")):
        sent = client.get(reverse(name), {"format": "csv", "show": "all"})
        assert b"".join(sent.streaming_content).decode().count("\r\n") >= 2  # type: ignore[attr-defined]  # it streams


def test_meter_work_is_ordered_at_the_desk(ada_point: UsagePoint, cleo: User) -> None:
    desk = Client()
    desk.force_login(cleo)
    day = timezone.localdate() + timedelta(days=3)
    values = {
        "kind": "meter_work", "usage_point": ada_point.pk, "summary": "Exchange the meter",
        "begins": "09:00", "ends": "10:00",
    }  # fmt: skip
    url = reverse("service_order_new", args=[ada_point.customer_id])

    past = desk.post(url, {**values, "day": "2020-01-01"})
    desk.post(url, {**values, "day": day.isoformat()})

    assert past.status_code == 422
    assert ServiceOrder.objects.get().kind == "meter_work"
