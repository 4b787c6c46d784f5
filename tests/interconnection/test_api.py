"""REST of network, screens, decisions and commissioning tests (IX-2)."""

import pytest
from rest_framework.test import APIClient

from customers.models import TariffVersion, UsagePoint
from derms.accounts.models import User
from interconnection.models import Feeder, InterconnectionApplication
from interconnection.statuses import ApplicationStatus
from tests.factories import make_token
from tests.interconnection.commissioning import ordered, pass_live_tests, started
from tests.interconnection.engineering import application_in_review, proposed

pytestmark = pytest.mark.django_db


def client_of(person: User) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {make_token(person)}")
    return client


@pytest.fixture
def application(
    ada: User, ada_point: UsagePoint, tariff_version: TariffVersion
) -> InterconnectionApplication:
    return application_in_review(ada, ada_point, tariff_version)


def test_feeders_and_their_sections(f12: Feeder, enzo: User) -> None:
    client = client_of(enzo)

    feeders = client.get("/api/v1/feeders/").json()
    sections = client.get("/api/v1/feeders/F12/sections/").json()

    assert [one["name"] for one in feeders["results"]] == ["F12"]
    assert client.get("/api/v1/feeders/F12").json()["rated_capacity_w"] == 4_000_000
    assert sections["results"][0]["minimum_load_w"] == 600_000
    assert sections["results"][0]["upstream"] is None
    assert client.get("/api/v1/feeders/NONE/sections/").status_code == 404


def test_runs_are_listed_and_run_again(application: InterconnectionApplication, enzo: User) -> None:
    client = client_of(enzo)
    url = f"/api/v1/applications/{application.reference}/screening-runs/"

    created = client.post(f"{url}run")
    listed = client.get(url).json()

    assert created.status_code == 201
    assert created.json()["results"][0]["code"] == "fast_track"
    assert listed["count"] == 2
    assert listed["results"][0]["id"] == created.json()["id"]
    assert client.get("/api/v1/applications/A-0/screening-runs/").status_code == 404


def test_a_decision_goes_from_proposal_to_confirmation(
    application: InterconnectionApplication, enzo: User, olga: User
) -> None:
    engineer, operator = client_of(enzo), client_of(olga)
    url = f"/api/v1/applications/{application.reference}/propose"

    made = engineer.post(url, {"verdict": "approve", "reasons": "Fits."}, format="json")
    twice = engineer.post(url, {"verdict": "reject", "reasons": "No."}, format="json")
    confirmed = operator.post(f"/api/v1/decisions/{made.json()['id']}/confirm", format="json")

    application.refresh_from_db()
    assert made.status_code == 201
    assert (twice.status_code, twice.json()["code"]) == (409, "decided_meanwhile")
    assert confirmed.json()["answered_by"] == "olga"
    assert application.status == ApplicationStatus.APPROVED


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"verdict": "perhaps", "reasons": "x"}, "verdict"),
        ({"verdict": "approve"}, "reasons"),
        ({"verdict": "hold", "reasons": "x", "upgrade": "none such"}, "upgrade"),
        ({"verdict": "approve", "reasons": "x", "conditions": "no list"}, "conditions"),
    ],
)
def test_a_malformed_proposal_names_the_field(
    application: InterconnectionApplication, enzo: User, body: dict[str, str], field: str
) -> None:
    url = f"/api/v1/applications/{application.reference}/propose"

    response = client_of(enzo).post(url, body, format="json")

    assert response.status_code == 400
    assert field in response.json()


def test_a_hold_without_upgrade_is_refused_by_the_service(
    application: InterconnectionApplication, enzo: User
) -> None:
    url = f"/api/v1/applications/{application.reference}/propose"

    response = client_of(enzo).post(url, {"verdict": "hold", "reasons": "x"}, format="json")

    assert response.status_code == 400
    assert "upgrade" in response.json()["fields"]


def test_declining_needs_a_note(
    application: InterconnectionApplication, enzo: User, olga: User
) -> None:
    decision = proposed(application, enzo)
    client = client_of(olga)
    url = f"/api/v1/decisions/{decision.pk}/decline"

    without = client.post(url, {}, format="json")
    with_note = client.post(url, {"note": "Look at R1."}, format="json")

    assert without.status_code == 400
    assert with_note.json()["status"] == "declined"
    assert client.get("/api/v1/decisions/?status=declined").json()["count"] == 1
    assert client.get("/api/v1/decisions/?status=confirmed").json()["count"] == 0


def test_commissioning_tests_are_listed(
    ada: User,
    ada_point: UsagePoint,
    tariff_version: TariffVersion,
    enzo: User,
    olga: User,
    tess: User,
) -> None:
    order = ordered(ada, ada_point, tariff_version, engineer=enzo, operator=olga)
    pass_live_tests(started(order, tess), tess)

    listed = client_of(enzo).get("/api/v1/commissioning-tests/?outcome=passed").json()

    assert listed["count"] == 1
    assert listed["results"][0]["order"] == order.service_order.number
    assert listed["results"][0]["comparison"][0]["key"] == "manufacturer"


def test_customers_see_none_of_it(application: InterconnectionApplication, cem: User) -> None:
    client = client_of(cem)

    for path in (
        "/api/v1/feeders/",
        "/api/v1/decisions/",
        "/api/v1/commissioning-tests/",
        f"/api/v1/applications/{application.reference}/screening-runs/",
    ):
        assert client.get(path).status_code == 403


def test_an_engineer_cannot_confirm_and_an_operator_cannot_propose(
    application: InterconnectionApplication, enzo: User, olga: User
) -> None:
    decision = proposed(application, enzo)

    assert client_of(enzo).post(f"/api/v1/decisions/{decision.pk}/confirm").status_code == 403
    url = f"/api/v1/applications/{application.reference}/propose"
    assert client_of(olga).post(url, {}, format="json").status_code == 403


def test_the_description_names_these_operations(client: APIClient) -> None:
    schema = client.get("/api/schema/").content.decode()

    assert "/api/v1/feeders/{name}/sections/" in schema
    assert "/api/v1/decisions/{id}/confirm" in schema
