"""Service orders and work requests with a work-management system (CS-6, CS-7, IX-1)."""

from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from lxml import etree

from cim.models import MessageLog
from customers import services
from customers.models import ServiceOrder, ServiceRequest, UsagePoint, WorkRequest
from customers.services.sending import Visit
from customers.services.works import Plan, plan_work
from derms.accounts.models import User
from tests.cim.writing import MSG, message, work
from tests.customers.asking import DESK, asked
from tests.factories import make_token

SCHEMA = Path(__file__).parents[1] / "conformance" / "iec61968_6" / "work.xsd"
BOMB = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><x>&b;</x>'


@pytest.fixture
def wms(dms: User) -> Client:
    return Client(headers={"authorization": f"Token {make_token(dms)}"})


@pytest.fixture
def order(ada_point: UsagePoint, at: datetime) -> ServiceOrder:
    request = asked(ada_point, at)
    visit = Visit(planned_from=at + timedelta(days=1), planned_to=at + timedelta(days=1, hours=2))
    services.take_way(request=request, way="order", actors=DESK, visit=visit, at=at, by="cleo")
    return request.orders.get()


def send(wms: Client, content: bytes) -> Any:
    """The answer, as the second XML library reads it."""
    response = wms.post(reverse("cim_work"), content, content_type="text/xml")
    assert response["Content-Type"] == "application/xml; charset=utf-8"
    return etree.fromstring(response.content)


def said(answer: Any, path: str) -> list[str]:
    return [element.text for element in answer.iterfind(path, {"m": MSG})]


def outcome(answer: Any) -> tuple[list[str], list[str]]:
    return said(answer, ".//m:Result"), said(answer, ".//m:code")


def payload(answer: Any, noun: str) -> Any:
    found = answer.find(".//m:Payload", {"m": MSG})[0]
    space = f"http://iec.ch/TC57/2015/{noun}#"
    schema = etree.XMLSchema(
        etree.fromstring(SCHEMA.read_bytes().replace(b"@NAMESPACE@", space.encode()))
    )
    assert found.tag == f"{{{space}}}{noun}"
    schema.assertValid(found)
    return found


def test_open_orders_are_read_in_the_shape_of_the_standard(
    wms: Client, order: ServiceOrder
) -> None:
    order.summary = "Ada's <home> & \x07garage"
    order.crew = "Crew 4"
    order.save(update_fields=["summary", "crew"])

    answer = send(wms, message("get", "ServiceOrders"))

    orders = payload(answer, "ServiceOrders")
    texts = [text for text in orders.itertext() if text.strip()]
    assert outcome(answer) == (["OK"], ["0.0"])
    assert said(answer, ".//m:CorrelationID") == ["c-m-1"]
    assert {order.number, "connect", "scheduled", "Crew 4", "Ada's <home> & garage"} <= set(texts)
    assert order.usage_point.meter_number in texts


def test_a_query_names_what_it_wants_and_hears_what_there_is_not(
    wms: Client, order: ServiceOrder
) -> None:
    both = f"<msg:ID>{order.number}</msg:ID><msg:ID>S-1900-0001</msg:ID>"
    query = (
        '<q:GetServiceOrders xmlns:q="http://iec.ch/TC57/2015/GetServiceOrders#"><q:ServiceOrder>'
        "<q:Names><q:name>S-1900-0001</q:name></q:Names></q:ServiceOrder></q:GetServiceOrders>"
    )

    mixed = send(wms, message("get", "ServiceOrders", request=both))
    none = send(wms, message("get", "GetServiceOrders", request=query, message_id="m-2"))

    assert outcome(mixed) == (["PARTIAL"], ["99.1"])
    assert len(payload(mixed, "ServiceOrders")) == 1
    assert outcome(none) == (["FAILED"], ["99.1"])
    assert said(none, ".//m:ID") == ["S-1900-0001"]


def test_a_crew_in_another_system_carries_an_order_out_and_the_request_follows(
    wms: Client, order: ServiceOrder
) -> None:
    steps = (
        ("enroute", ""),
        ("onSite", ""),
        ("waitingOnMaterial", "No seal."),
        ("inProgress", ""),
        ("completed", "Is on."),
    )
    for number, (status, reason) in enumerate(steps):
        told = work("ServiceOrders", (order.number, status), reason=reason, crew="Crew 9")
        answer = send(
            wms,
            message(
                "changed",
                "ServiceOrders",
                message_id=f"m-{number}",
                payload=told,
                root="EventMessage",
            ),
        )
        assert outcome(answer) == (["OK"], ["0.0"])

    order.refresh_from_db()
    moves = list(order.status_changes.order_by("pk").values_list("new_status", flat=True))
    assert moves == ["open", "in_progress", "blocked", "in_progress", "done"]
    assert (order.crew, order.result) == ("Crew 9", "Is on.")
    assert ServiceRequest.objects.get().status == "done"


def test_the_same_message_again_gets_the_same_answer_and_no_second_effect(
    wms: Client, order: ServiceOrder
) -> None:
    told = message(
        "changed", "ServiceOrders", payload=work("ServiceOrders", (order.number, "inProgress"))
    )
    other = message(
        "changed", "ServiceOrders", payload=work("ServiceOrders", (order.number, "cancelled"))
    )

    first, again, stolen = (
        wms.post(reverse("cim_work"), content, content_type="text/xml").content
        for content in (told, told, other)
    )

    assert first == again
    assert b"2.15" in stolen
    assert MessageLog.objects.count() == 1
    assert order.status_changes.count() == 2


def test_each_order_of_a_message_is_judged_by_itself(wms: Client, order: ServiceOrder) -> None:
    told = work(
        "ServiceOrders",
        (order.number, "inProgress"),
        ("S-1900-0001", "inProgress"),
        (order.number, "asleep"),
    )

    answer = send(wms, message("change", "ServiceOrders", payload=told))

    assert outcome(answer) == (["PARTIAL"], ["99.1", "6.1"])
    order.refresh_from_db()
    assert order.status == "in_progress"


def test_a_typed_message_in_soap_is_answered_in_soap(wms: Client, order: ServiceOrder) -> None:
    typed = (
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
        '<t:ChangeServiceOrders xmlns:t="http://iec.ch/TC57/2015/ServiceOrdersMessage" '
        f'xmlns:m="{MSG}"><t:Header><m:Verb>CHANGE</m:Verb><m:Noun>ServiceOrders</m:Noun>'
        "<m:MessageID>m-9</m:MessageID></t:Header><t:Payload>"
        f"{work('ServiceOrders', (order.number, 'inProgress'))}"
        "</t:Payload></t:ChangeServiceOrders></s:Body></s:Envelope>"
    ).encode()

    answer = send(wms, typed)

    assert answer.tag == "{http://schemas.xmlsoap.org/soap/envelope/}Envelope"
    assert said(answer, ".//m:CorrelationID") == ["m-9"]
    assert outcome(answer) == (["OK"], ["0.0"])


def test_works_are_read_and_given_back(wms: Client, ada_point: UsagePoint, at: datetime) -> None:
    request = asked(ada_point, at, "new_service")
    services.take_way(request=request, way="design", actors=DESK, at=at, by="cleo")
    row = WorkRequest.objects.get()
    plan = Plan(text="Cable.", cost=Decimal(10), ready_date=at.date() + timedelta(days=30))
    plan_work(work=row, plan=plan, at=at, by="enzo")

    listed = send(wms, message("get", "WorkRequests"))
    early = send(
        wms,
        message(
            "changed",
            "WorkRequests",
            message_id="m-2",
            payload=work("WorkRequests", (row.number, "completed")),
        ),
    )
    ended = send(
        wms,
        message(
            "changed",
            "WorkRequests",
            message_id="m-3",
            payload=work("WorkRequests", (row.number, "cancelled"), reason="No cable."),
        ),
    )

    assert row.number in list(payload(listed, "WorkRequests").itertext())
    assert outcome(early) == (["FAILED"], ["6.1"])
    assert outcome(ended) == (["OK"], ["0.0"])
    row.refresh_from_db()
    assert (row.status, row.request.step) == ("cancelled", "check")


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (message("get", "Meters"), "2.5"),
        (message("create", "ServiceOrders"), "2.9"),
        (message("changed", "ServiceOrders"), "1.7"),
        (message("get", "ServiceOrders", message_id=""), "1.5"),
        (message("get", "ServiceOrders", message_id="x" * 201), "1.5"),
    ],
)
def test_what_is_not_served_is_said_with_its_code(wms: Client, content: bytes, code: str) -> None:
    assert outcome(send(wms, content)) == (["FAILED"], [code])


@pytest.mark.parametrize(
    "content",
    [
        b"", b"no xml", b"<a>", BOMB, b"<x>" * 41 + b"</x>" * 41, b"<x/>", b"\xff\xfe",
        b" " * 1_000_001, b" " * 3_000_000, b'<?xml version="1.0" encoding="klingon"?><x/>',
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_answered_with_a_fault(wms: Client, content: bytes) -> None:
    response = wms.post(reverse("cim_work"), content, content_type="text/xml")

    answer = etree.fromstring(response.content)
    assert response.status_code == 400
    assert answer.tag == f"{{{MSG}}}FaultMessage"
    assert outcome(answer) == (["FAILED"], ["1.8"])
    assert not MessageLog.objects.exists()


def test_commissioning_takes_its_own_pages(
    wms: Client, ada_point: UsagePoint, at: datetime
) -> None:
    order = services.open_service_order(
        kind=ServiceOrder.Kind.COMMISSIONING, usage_point=ada_point, summary="x",
        planned_from=at, planned_to=at + timedelta(hours=1), at=at, by="cleo",
    )  # fmt: skip

    answer = send(
        wms,
        message(
            "change", "ServiceOrders", payload=work("ServiceOrders", (order.number, "completed"))
        ),
    )

    assert outcome(answer) == (["FAILED"], ["6.1"])


def test_only_systems_with_a_token_are_heard(order: ServiceOrder, cleo: User) -> None:
    stranger, person = Client(), Client()
    person.force_login(cleo)
    url = reverse("cim_work")

    answers = [
        one.post(url, message("get", "ServiceOrders"), content_type="text/xml")
        for one in (stranger, person)
    ]

    assert [one.status_code for one in answers] == [401, 403]
