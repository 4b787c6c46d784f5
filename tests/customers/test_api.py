"""Customers, service points and tariffs by REST (CS-1, CS-2, IX-2)."""

from datetime import datetime, timedelta

from rest_framework.test import APIClient

from customers.models import TariffVersion, UsagePoint
from derms.accounts.models import User
from tests.factories import make_tariff_version, make_token


def client_of(user: User) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {make_token(user)}")
    return client


def test_the_desk_finds_customers(cleo: User, ada_point: UsagePoint, ben_point: UsagePoint) -> None:
    desk = client_of(cleo)

    found = desk.get("/api/v1/customers/", {"q": "lovelace"}).json()
    one = desk.get(f"/api/v1/customers/{ada_point.customer_id}").json()

    assert [row["name"] for row in found["results"]] == ["Ada Lovelace"]
    assert one["account_number"] == ada_point.customer.account_number
    assert desk.get("/api/v1/customers/").json()["count"] == 2
    assert desk.get("/api/v1/customers/0").status_code == 404


def test_programs_search_as_the_desk_does(cleo: User, ada_point: UsagePoint) -> None:
    desk = client_of(cleo)

    found = desk.get("/api/v1/search", {"q": f"lovelace {ada_point.meter_number}"}).json()

    (hit,) = found["results"]
    assert (hit["kind"], hit["key"]) == ("point", ada_point.meter_number)
    assert hit["matched"] == ["meter", "customer"]
    assert desk.get("/api/v1/search", {"q": "lovelace", "kind": "point"}).json()["count"] == 0
    assert desk.get("/api/v1/search").json() == {"count": 0, "is_cut": False, "results": []}


def test_customers_find_themselves_only(
    ada: User, ada_point: UsagePoint, cem_point: UsagePoint
) -> None:
    api = client_of(ada)

    found = api.get("/api/v1/customers/").json()["results"]
    assert [row["id"] for row in found] == [ada_point.customer_id]
    assert api.get("/api/v1/customers/?q=cem").json()["count"] == 0
    assert api.get(f"/api/v1/customers/{cem_point.customer_id}").status_code == 404
    assert api.get("/api/v1/search?q=cem").status_code == 403


def test_service_points_are_ones_own(
    ada: User, ada_point: UsagePoint, cem_point: UsagePoint, enzo: User
) -> None:
    api = client_of(ada)

    own = api.get("/api/v1/usage-points/").json()

    assert [row["meter_number"] for row in own["results"]] == [ada_point.meter_number]
    assert api.get(f"/api/v1/usage-points/{cem_point.pk}").status_code == 404
    found = client_of(enzo).get("/api/v1/usage-points/", {"meter_number": cem_point.meter_number})
    assert [row["id"] for row in found.json()["results"]] == [cem_point.pk]


def test_tariffs_in_force_carry_their_rules_and_exact_money(
    ada: User, tariff_version: TariffVersion, at: datetime
) -> None:
    make_tariff_version("LATER", active_from=at + timedelta(days=36500))

    (row,) = client_of(ada).get("/api/v1/tariffs/").json()["results"]

    assert row["id"] == tariff_version.pk
    assert [(line["export"], line["import"]) for line in row["prices"]["lines"]] == [
        ("0.08000", None)
    ]
    assert row["technologies"] == ["photovoltaic", "battery"]
    assert row["text_sha256"] == tariff_version.text_sha256


def test_tariffs_in_force_on_a_day(ada: User, tariff_version: TariffVersion, at: datetime) -> None:
    make_tariff_version("LATER", active_from=at + timedelta(days=36500))
    api = client_of(ada)

    def on(day: str) -> list[str]:
        found = api.get("/api/v1/tariffs/", {"on": day}).json()["results"]
        return [row["code"] for row in found]

    assert on("2001-01-01") == []
    assert on("2127-01-01") == ["LATER", "SOLAR-PARTNER"]
    wrong = api.get("/api/v1/tariffs/", {"on": "2027-02-30"})
    assert wrong.status_code == 400
    assert "Write the day as year-month-day" in wrong.content.decode()


def test_the_description_of_the_api_names_these_operations(db: None) -> None:
    described = APIClient().get("/api/schema/").content.decode()

    for path in (
        "/api/v1/customers/",
        "/api/v1/tariffs/",
        "/api/v1/applications/{reference}/submit",
    ):
        assert path in described
