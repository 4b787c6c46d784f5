"""Statements over REST: one's own, those consented to, and nobody else's (CS-10, IX-2)."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from customers.models import Customer, Statement, StatementMetering, ThirdParty, UsagePoint
from derms.accounts.models import User
from dispatch.statements import Energy
from dispatch.statements.packing import packed
from tests.factories import make_company, make_representation, make_token

pytestmark = pytest.mark.django_db
FIRST = datetime(2026, 5, 1, tzinfo=UTC)
NAMES = ("api_statement", "api_statement_days", "api_statement_green_button")
CONTENT: dict[str, Any] = {
    "begins_at": "2026-05-01 00:00:00+00:00", "ends_at": "2026-05-02 00:00:00+00:00",
    "has_meter": True, "lines": [], "parts": [], "gaps": [],
    "days": [{
        "day": "2026-05-01", "produced_wh": 8000.0, "charged_wh": None, "discharged_wh": None,
        "exported_wh": 5000.0, "imported_wh": 1000.0, "missing_s": 0.0,
    }],
}  # fmt: skip


@pytest.fixture
def statement(ada_point: UsagePoint) -> Statement:
    row = Statement.objects.create(
        number="M-2026-0001", customer=ada_point.customer, usage_point=ada_point,
        begins_on=date(2026, 5, 1), ends_on=date(2026, 6, 1), version=1, content=CONTENT,
        content_sha256="x", amount=Decimal("0.40"), is_complete=True, issued_at=FIRST,
        issued_by="clock",
    )  # fmt: skip
    energy = [Energy(FIRST, FIRST + timedelta(minutes=15), 5000.0, 1000.0, 900.0)]
    StatementMetering.objects.create(statement=row, packed=packed(energy))
    return row


def program(owner: User, *scopes: str) -> Client:
    return Client(headers={"authorization": f"Token {make_token(owner, *scopes)}"})


def statuses(client: Client, row: Statement) -> list[int]:
    return [client.get(reverse(name, args=[row.pk])).status_code for name in NAMES]


def test_a_customers_program_reads_list_version_days_and_green_button(
    statement: Statement, ada: User
) -> None:
    client = program(ada, "read")

    (listed,) = client.get(reverse("api_statements")).json()["results"]
    one, days, feed = (client.get(reverse(name, args=[statement.pk])) for name in NAMES)

    assert (listed["number"], listed["amount"]) == ("M-2026-0001", "0.40")
    assert "content" not in listed
    assert one.json()["content"]["days"][0]["exported_wh"] == 5000.0
    assert "2026-05-01,8.000," in b"".join(days).decode()
    assert feed.content.startswith(b"<?xml")
    assert b"<value>5000</value>" in feed.content.replace(b"espi:", b"")


def test_to_others_and_to_tokens_without_the_scope_it_does_not_exist(
    statement: Statement, cem: User, cem_customer: Customer, ada: User, cleo: User
) -> None:
    assert statuses(program(cem, "read"), statement) == [404, 404, 404]
    assert program(cem, "read").get(reverse("api_statements")).json()["results"] == []
    assert statuses(program(ada, "customers"), statement) == [403, 403, 403]
    assert statuses(program(cleo, "read"), statement) == [403, 403, 403]
    assert statuses(Client(), statement) == [401, 401, 401]


@pytest.mark.parametrize(("may_see", "expected"), [(True, 200), (False, 404)])
def test_a_company_reads_with_consent_to_readings_and_not_otherwise(
    statement: Statement, tara: User, may_see: bool, expected: int
) -> None:
    company: ThirdParty = make_company("Sunworks", tara)
    make_representation(
        third_party=company, customer=statement.customer, may_see_readings=may_see, may_file=True
    )

    assert statuses(program(tara, "read"), statement) == [expected] * 3
