"""Applications by REST: the same rules, other customers' rows do not exist (IX-2, CS-5)."""

from datetime import UTC, datetime
from typing import Any

import pytest
from rest_framework.test import APIClient

from customers.models import TariffVersion, UsagePoint
from derms.accounts.models import User
from interconnection.models import InterconnectionApplication
from interconnection.statuses import ApplicationStatus
from tests.factories import make_equipment, make_token
from tests.interconnection.applying import fill, send, serve

UNIT = {
    "technology": "photovoltaic",
    "manufacturer": "Helios",
    "model": "H8",
    "serial_number": "HX-9",
    "active_power_rating_at_unity_power_factor_w": 8000,
    "apparent_power_max_rating_va": 8000,
    "reactive_power_injected_max_rating_var": 3520,
    "reactive_power_absorbed_max_rating_var": 3520,
    "ac_voltage_nominal_rating_v": 240,
    "ac_voltage_minimum_rating_v": 211,
    "ac_voltage_maximum_rating_v": 264,
    "normal_operating_performance_category": "B",
    "abnormal_operating_performance_category": "III",
}
LIST = "/api/v1/applications/"


def client_of(user: User) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {make_token(user)}")
    return client


@pytest.fixture
def api(ada: User) -> APIClient:
    return client_of(ada)


@pytest.fixture
def draft(ada_point: UsagePoint, api: APIClient) -> str:
    serve()
    begun = api.post(LIST, {"usage_point_id": ada_point.pk}, format="json")
    assert begun.status_code == 201
    return str(begun.json()["reference"])


def test_an_application_is_begun_filled_in_and_sent(
    api: APIClient, draft: str, tariff_version: TariffVersion
) -> None:
    url = f"/api/v1/applications/{draft}"
    listed = make_equipment()

    api.put(
        f"{url}/tariff",
        {"tariff_version_id": tariff_version.pk, "accepted_name": "Ada Lovelace"},
        format="json",
    )
    added = api.post(f"{url}/units/", {**UNIT, "equipment_id": listed.pk}, format="json")
    api.put(
        f"{url}/planned-date",
        {"planned_in_service_date": f"{datetime.now(UTC).year + 1}-05-01"},
        format="json",
    )
    sent = api.post(f"{url}/submit", format="json")

    assert added.json()["units"][0]["equipment_id"] == listed.pk
    assert sent.json()["status"] == "submitted"
    assert sent.json()["tariff_version_id"] == tariff_version.pk
    again = api.post(f"{url}/submit", format="json")
    assert (again.status_code, again.json()["code"]) == (422, "not_the_customers_turn")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"apparent_power_max_rating_va": 7999}, "apparent_power_max_rating_va"),
        ({"active_power_rating_at_unity_power_factor_w": -1}, None),
        ({"active_power_rating_at_unity_power_factor_w": "NaN"}, None),
        ({"normal_operating_performance_category": "C"}, None),
        ({"energy_capacity_wh": 5}, "energy_capacity_wh"),
        ({"equipment_id": 0}, None),
        ({"technology": "fusion"}, None),
    ],
)
def test_a_wrong_unit_is_refused_by_field(
    api: APIClient, draft: str, changes: dict[str, Any], field: str | None
) -> None:
    response = api.post(f"/api/v1/applications/{draft}/units/", {**UNIT, **changes}, format="json")

    body = response.json()
    assert response.status_code == 400
    assert (field or next(iter(changes))) in (body["fields"] if field else body)
    assert not InterconnectionApplication.objects.get().units.exists()


def test_a_unit_is_removed(api: APIClient, draft: str) -> None:
    unit = api.post(f"/api/v1/applications/{draft}/units/", UNIT, format="json").json()["units"][0]
    url = f"/api/v1/applications/{draft}/units/{unit['id']}"

    assert api.delete(url).json()["units"] == []
    assert api.delete(url).status_code == 404


def test_an_unfinished_draft_and_a_second_one_are_refused(
    api: APIClient, draft: str, ada_point: UsagePoint
) -> None:
    unfinished = api.post(f"/api/v1/applications/{draft}/submit")
    second = api.post(LIST, {"usage_point_id": ada_point.pk}, format="json")

    assert (unfinished.status_code, unfinished.json()["code"]) == (422, "not_complete")
    assert (second.status_code, second.json()["code"]) == (409, "meter_has_application")


def test_an_address_outside_the_area_is_refused(api: APIClient, ada_point: UsagePoint) -> None:
    response = api.post(LIST, {"usage_point_id": ada_point.pk}, format="json")

    assert (response.status_code, response.json()["code"]) == (422, "outside_service_area")


@pytest.mark.parametrize("body", [{}, {"usage_point_id": "x"}, {"usage_point_id": 0}])
def test_a_malformed_start_is_refused(
    api: APIClient, ada_point: UsagePoint, body: dict[str, Any]
) -> None:
    assert api.post(LIST, body, format="json").status_code == 400


def test_others_do_not_see_it_nor_begin_at_her_meter(
    draft: str, cem: User, ada_point: UsagePoint
) -> None:
    stranger = client_of(cem)
    url = f"/api/v1/applications/{draft}"

    assert stranger.get(LIST).json()["count"] == 0
    assert stranger.get(url).status_code == 404
    for response in (
        stranger.post(f"{url}/submit"),
        stranger.post(f"{url}/units/", UNIT, format="json"),
        stranger.delete(f"{url}/units/1"),
        stranger.put(f"{url}/tariff", {}, format="json"),
        stranger.put(f"{url}/planned-date", {}, format="json"),
    ):
        assert response.status_code == 404
    refused = stranger.post(LIST, {"usage_point_id": ada_point.pk}, format="json")
    assert refused.status_code == 400


def test_staff_read_what_was_sent_and_begin_nothing(
    cleo: User,
    ada: User,
    ada_point: UsagePoint,
    ben: User,
    ben_point: UsagePoint,
    tariff_version: TariffVersion,
    at: datetime,
) -> None:
    sent = send(ada_point, tariff_version, ada, at)
    fill(ben_point, tariff_version, ben, at, serial_number="HX-2")
    desk = client_of(cleo)

    listed = desk.get(LIST, {"status": ApplicationStatus.SUBMITTED})

    assert [row["reference"] for row in listed.json()["results"]] == [sent.reference]
    assert desk.get(LIST).json()["count"] == 1
    assert desk.get(LIST, {"status": "nonsense"}).status_code == 400
    assert desk.post(LIST, {"usage_point_id": ada_point.pk}, format="json").status_code == 403
    assert desk.post(f"{LIST}{sent.reference}/submit").status_code == 403


def test_without_a_token_nothing_opens(db: None) -> None:
    assert APIClient().get(LIST).status_code == 401
