"""REST of what the pages of applicants and engineers ask and answer (IX-2, IC-1 to IC-8)."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from customers.models import Customer, TariffVersion, UsagePoint
from derms.accounts.models import User
from derms.accounts.roles import Role
from interconnection.models import Feeder, InterconnectionApplication
from interconnection.services.conditions import add_standard_condition
from interconnection.services.screening import run_screens
from interconnection.statuses import ConditionKind
from tests.factories import AT, make_person, make_usage_point
from tests.interconnection.applying import fill
from tests.interconnection.building import approved
from tests.interconnection.engineering import application_in_review
from tests.interconnection.test_api import client_of

pytestmark = pytest.mark.django_db
PLAN = {
    "planned_in_service_date": f"{timezone.localdate() + timedelta(days=60)}",
    "export_choice": "limited",
    "export_limit_w": 4_000,
    "compensation": "tariff",
    "tracks_sun": False,
}


@pytest.fixture
def application(
    ada: User, ada_point: UsagePoint, tariff_version: TariffVersion
) -> InterconnectionApplication:
    return application_in_review(ada, ada_point, tariff_version)


def test_every_answer_of_the_form_is_taken(
    ada: User, ada_point: UsagePoint, tariff_version: TariffVersion
) -> None:
    draft = fill(ada_point, tariff_version, ada, AT)
    url = f"/api/v1/applications/{draft.reference}/connection-plan"

    answer = client_of(ada).put(url, PLAN, format="json")

    assert answer.status_code == 200, answer.json()
    shown = answer.json()
    assert {name: shown[name] for name in PLAN} == PLAN
    assert shown["non_export_by"] is None


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"export_limit_w": None}, "export_limit_w"),
        ({"export_limit_w": 900_000}, "export_limit_w"),
        ({"export_choice": "none"}, "non_export_by"),
        ({"export_choice": "much"}, "export_choice"),
        ({"compensation": ""}, "compensation"),
        ({"tracks_sun": None}, "tracks_sun"),
        ({"phases_used": "single"}, "phases_used"),
        ({"planned_in_service_date": "soon"}, "planned_in_service_date"),
    ],
)
def test_answers_that_the_form_refuses_are_refused_by_the_interface(
    ada: User,
    ada_point: UsagePoint,
    tariff_version: TariffVersion,
    changes: dict[str, Any],
    field: str,
) -> None:
    draft = fill(ada_point, tariff_version, ada, AT)
    url = f"/api/v1/applications/{draft.reference}/connection-plan"

    answer = client_of(ada).put(url, PLAN | changes, format="json")

    said = answer.json()
    assert answer.status_code == 400
    assert field in said.get("fields", said)


def test_an_override_is_asked_by_one_engineer_and_answered_by_another(
    application: InterconnectionApplication, f12: Feeder, enzo: User, olga: User
) -> None:
    f12.sections.update(peak_load_w=10_000)
    run = run_screens(application=application, at=AT, by="enzo")
    screen = run.results.get(code="section_peak").code
    edda = make_person("edda", Role.ENGINEER)
    url = f"/api/v1/applications/{application.reference}/overrides/"
    asking, other = client_of(enzo), client_of(edda)

    made = asking.post(url, {"screen": screen, "reason": "Measured on site."}, format="json")
    again = other.post(url, {"screen": screen, "reason": "Me too."}, format="json")
    own = asking.put(f"{url}{made.json()['id']}/answer", {"confirm": True}, format="json")
    mute = other.put(f"{url}{made.json()['id']}/answer", {"confirm": False}, format="json")
    agreed = other.put(f"{url}{made.json()['id']}/answer", {"confirm": True}, format="json")

    assert made.status_code == 201
    assert (again.status_code, again.json()["code"]) == (409, "overridden_meanwhile")
    assert (own.status_code, own.json()["code"]) == (422, "override_takes_two_people")
    assert (mute.status_code, "note" in mute.json()["fields"]) == (400, True)
    assert (agreed.json()["status"], agreed.json()["answered_by"]) == ("confirmed", "edda")
    assert client_of(olga).get(url).json()["count"] == 1
    assert client_of(olga).post(url, {}, format="json").status_code == 403


def test_a_proposal_takes_conditions_of_the_library(
    application: InterconnectionApplication, enzo: User
) -> None:
    add_standard_condition(
        code="flexible", title="Flexible", kind=ConditionKind.FLEXIBLE,
        wording="Exports at most {schedule}",
    )  # fmt: skip
    client = client_of(enzo)
    term = {"code": "flexible", "export_limit_w": 5_000, "schedule": "Jun-Aug 10-16 3.5"}
    body = {"verdict": "approve", "reasons": "Fits.", "override_reason": "Known.", "terms": [term]}
    url = f"/api/v1/applications/{application.reference}/propose"

    listed = client.get("/api/v1/conditions/").json()
    odd = client.post(url, body | {"terms": [term | {"schedule": "in summer"}]}, format="json")
    made = client.post(url, body, format="json")

    assert [one["code"] for one in listed["results"]] == ["flexible"]
    assert (odd.status_code, "terms" in odd.json()["fields"]) == (400, True)
    assert made.status_code == 201, made.json()
    assert made.json()["terms"][0]["export_limit_w"] == 5_000
    assert made.json()["terms"][0]["schedule"][0]["limit_w"] == 3_500


def test_network_facts_of_a_service_point_and_connecting_one(
    f12: Feeder, ada_customer: Customer, enzo: User, olga: User
) -> None:
    point = make_usage_point(ada_customer)
    url = f"/api/v1/service-points/{point.meter_number}/network"
    engineer = client_of(enzo)
    body = {"feeder": "F12", "phases": point.phases}

    before = engineer.get(url).json()
    reader = client_of(olga).put(url, body, format="json")
    nowhere = engineer.put(url, body | {"feeder": "X"}, format="json")
    made = engineer.put(url, body, format="json")
    again = engineer.put(url, body, format="json")

    assert (before["is_connected"], before["elements"]) == (False, [])
    assert reader.status_code == 403
    assert (nowhere.status_code, "feeder" in nowhere.json()) == (400, True)
    elements = {one["kind"]: one for one in made.json()["elements"]}
    assert list(elements) == ["transformer", "bus", "section", "feeder", "substation"]
    assert "fault_current_a" in elements["bus"]["facts"]
    assert all(set(one["missing"]) <= set(one["facts"]) for one in elements.values())
    assert again.status_code == 409


def test_dates_are_moved_only_by_who_has_read_the_latest(
    ada: User, ada_point: UsagePoint, tariff_version: TariffVersion, enzo: User, olga: User
) -> None:
    application = approved(ada, ada_point, tariff_version, enzo=enzo, olga=olga)
    url = f"/api/v1/applications/{application.reference}/construction"
    client: APIClient = client_of(ada)

    def put(finish: str, **how: Any) -> Any:
        extra = {"HTTP_IF_MATCH": how.pop("tag")} if "tag" in how else {}
        body = {"starts_on": "2030-01-10", "finishes_on": finish, "reason": "Weather.", **how}
        return client.put(url, body, format="json", **extra)

    first = put("2030-01-20", version=0)
    tag = first.headers["ETag"]
    moved = put("2030-01-25", tag=tag)
    stale = put("2030-01-30", tag=tag)
    by_field = put("2030-01-30", version=first.json()["version"])
    odd = put("2030-01-30", tag='"yesterday"')
    good = put("2030-01-30", version=moved.json()["version"])

    assert (first.status_code, moved.status_code) == (200, 200)
    assert (stale.status_code, by_field.status_code, odd.status_code) == (409, 409, 400)
    assert good.json()["plans"][0]["finishes_on"] == "2030-01-30"
    assert client.get(url).headers["ETag"] == good.headers["ETag"]
