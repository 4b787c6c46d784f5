"""Requests, field orders, works and what belongs to a customer, for programs (IX-2)."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from customers.models import Customer, ServiceOrder, ServiceRequest, UsagePoint, WorkRequest
from customers.services import open_service_order
from customers.services.requests import take_way
from derms.accounts.models import User
from tests.customers.asking import ANSWERS, DESK, asked
from tests.factories import make_agreement, make_company, make_representation, make_tariff_version


def program(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def send(client: Client, name: str, body: dict[str, Any], *args: object) -> Any:
    return client.post(reverse(name, args=args), body, content_type="application/json")


NEW = {"kind": "account", "answers": ANSWERS["account"]}


def test_a_customer_makes_a_request_and_follows_it(ada: User, ada_point: UsagePoint) -> None:
    client = program(ada)

    made = send(client, "api_requests", NEW)

    assert made.status_code == 201
    number = made.json()["number"]
    row = ServiceRequest.objects.get()
    assert (row.number, row.customer_id, row.opened_by) == (number, ada_point.customer_id, "ada")
    assert client.get(reverse("api_requests")).json()["results"][0]["number"] == number
    assert made.json()["stages"][0]["state"] == "current"
    happened = client.get(reverse("api_request_timeline", args=[number])).json()
    assert any("Notice" in entry["what"] for entry in happened)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"kind": "nothing"}, "kind"),
        ({"kind": "connect_der"}, "kind"),
        ({"kind": "account", "answers": {}}, "fields"),
        ({"kind": "account", "answers": ["x"]}, "answers"),
        ({"kind": "turn_on", "answers": ANSWERS["turn_on"]}, "fields"),
        ({**NEW, "usage_point_id": 999_999}, "usage_point_id"),
        ({**NEW, "usage_point_id": "one"}, "usage_point_id"),
        ({**NEW, "customer_id": 999_999}, "customer_id"),
    ],
)
def test_what_is_wrong_in_a_request_is_named(
    body: dict[str, object], field: str, ada: User, ada_point: UsagePoint
) -> None:
    answer = send(program(ada), "api_requests", body)

    assert answer.status_code == 400
    assert field in answer.json()
    assert not ServiceRequest.objects.exists()


def test_others_find_none_of_it(
    cem: User, tara: User, cem_customer: Customer, ada_point: UsagePoint, at: datetime
) -> None:
    row = asked(ada_point, at)
    order = open_service_order(
        kind=ServiceOrder.Kind.METER_WORK,
        usage_point=ada_point,
        summary="Look",
        planned_from=at,
        planned_to=at + timedelta(hours=2),
        at=at,
        by="cleo",
    )
    sunpool = make_company("Sunpool", tara)
    make_representation(third_party=sunpool, customer=ada_point.customer, may_file=False)
    for person in (cem, tara):
        client = program(person)
        for name, key in (
            ("api_request", row.number),
            ("api_request_timeline", row.number),
            ("api_service_order", order.number),
            ("api_work", "W-1"),
        ):
            assert client.get(reverse(name, args=[key])).status_code == 404, name
        for name in ("api_requests", "api_service_orders", "api_works", "api_agreements"):
            assert client.get(reverse(name)).json()["count"] == 0, name
        body = {"words": "x", "reason": "x"}
        assert send(client, "api_request_answer", body, row.number, "answered").status_code == 404
        assert send(client, "api_request_withdraw", body, row.number).status_code == 404


def test_a_company_makes_requests_for_those_who_let_it(
    tara: User, ada_point: UsagePoint, ben_point: UsagePoint, cem_point: UsagePoint
) -> None:
    sunpool = make_company("Sunpool", tara)
    for point in (ada_point, ben_point):
        make_representation(third_party=sunpool, customer=point.customer)
    client = program(tara)

    assert send(client, "api_requests", NEW).status_code == 400
    refused = send(client, "api_requests", {**NEW, "usage_point_id": cem_point.pk})
    assert refused.status_code == 400
    made = send(client, "api_requests", {**NEW, "usage_point_id": ben_point.pk})

    assert made.json()["customer_id"] == ben_point.customer_id
    found = {row["id"] for row in client.get(reverse("api_customers")).json()["results"]}
    assert found == {ada_point.customer_id, ben_point.customer_id}
    consents = client.get(reverse("api_consents")).json()["results"]
    assert {row["customer_id"] for row in consents} == found


def test_desk_asks_customer_answers_and_withdraws(
    cleo: User, ada: User, ada_point: UsagePoint, at: datetime
) -> None:
    row = asked(ada_point, at)

    question = send(program(cleo), "api_request_answer", {"words": "When?"}, row.number, "ask")
    assert question.json()["status"] == "waiting"
    wrong = send(program(ada), "api_request_answer", {"words": ""}, row.number, "answered")
    assert wrong.status_code == 400
    answered = send(program(ada), "api_request_answer", {"words": "Now"}, row.number, "answered")
    assert answered.json()["waiting_on"] == "customer_service"
    again = send(program(ada), "api_request_answer", {"words": "Now"}, row.number, "answered")
    assert again.status_code == 422
    over = send(program(ada), "api_request_withdraw", {"reason": "No longer"}, row.number)
    assert over.json()["status"] == "withdrawn"


def test_orders_are_made_and_called_off_by_the_desk_and_read_by_the_customer(
    cleo: User, ada: User, ada_point: UsagePoint, at: datetime
) -> None:
    body = {
        "kind": "meter_work",
        "usage_point_id": ada_point.pk,
        "summary": "Change the meter",
        "planned_from": at.isoformat(),
        "planned_to": (at + timedelta(hours=2)).isoformat(),
    }
    assert send(program(ada), "api_service_orders", body).status_code == 403
    backwards = {**body, "planned_to": at.isoformat()}
    assert send(program(cleo), "api_service_orders", backwards).status_code == 400

    made = send(program(cleo), "api_service_orders", body)
    number = made.json()["number"]
    seen = program(ada).get(reverse("api_service_order", args=[number])).json()
    assert seen["summary"] == "Change the meter"
    assert {move["by"] for move in seen["timeline"]} == {"The utility"}
    off = send(program(cleo), "api_service_order_cancel", {"reason": "Not needed"}, number)
    assert off.json()["status"] == "cancelled"


def test_a_work_and_an_agreement_are_read_by_whose_they_are(
    ada: User, cleo: User, ada_point: UsagePoint, at: datetime
) -> None:
    row = asked(ada_point, at, kind="new_service")
    take_way(request=row, way="design", actors=DESK, at=at, by="cleo")
    work = WorkRequest.objects.get()
    agreement = make_agreement(ada_point, make_tariff_version(), accepted_by=ada)

    for person in (ada, cleo):
        client = program(person)
        read = client.get(reverse("api_work", args=[work.number])).json()
        assert (read["request"], read["status"]) == (row.number, "requested")
        assert client.get(reverse("api_works")).json()["count"] == 1
        agreements = client.get(reverse("api_agreements")).json()["results"]
        assert [one["id"] for one in agreements] == [agreement.pk]
        assert client.get(reverse("api_enrolments")).json()["count"] == 0


def test_a_list_asks_the_database_as_often_for_many_as_for_few(
    cleo: User,
    ada_point: UsagePoint,
    ben_point: UsagePoint,
    at: datetime,
    django_assert_max_num_queries: Any,
) -> None:
    for point in (ada_point, ben_point, ada_point, ben_point):
        asked(point, at)
    client = program(cleo)

    with django_assert_max_num_queries(12):
        assert client.get(reverse("api_requests")).json()["count"] == 4
