"""Pages and REST of groups: allowed, somebody else's, malformed (GR-1 … GR-4)."""

from datetime import datetime
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from customers.models import (
    Customer,
    TariffVersion,
    ThirdParty,
    ThirdPartyMember,
    UsagePoint,
)
from derms.accounts.models import User
from groups.models import DERGroup
from groups.services import approve_group, request_group
from groups.statuses import GroupStatus
from interconnection.models import DER, Feeder
from tests.factories import make_live_group, make_representation
from tests.groups.scenes import battery_beside, device_of, heard, solar

pytestmark = pytest.mark.django_db


def as_(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


@pytest.fixture
def ada_pv(ada: User, ada_point: UsagePoint, tariff_version: TariffVersion, at: datetime) -> DER:
    der = solar(ada_point, tariff_version, ada, at=at)
    heard(device_of(der), at=timezone.now(), power_w=6_000, age_s=0)
    return der


@pytest.fixture
def asked(f12: Feeder, ada_pv: DER, olga: User, at: datetime) -> DERGroup:
    return request_group(name="Rooftops", feeder=f12, der_ids=[ada_pv.pk], user=olga, at=at)


def test_operator_asks_for_a_group_in_two_steps(f12: Feeder, ada_pv: DER, olga: User) -> None:
    client = as_(olga)
    page = client.get(f"/operations/groups/new?feeder={f12.pk}")
    assert ada_pv.name in page.content.decode()

    answer = client.post(
        f"/operations/groups/new?feeder={f12.pk}",
        {"name": "Rooftops", "purpose": "Peaks", "ders": [ada_pv.pk]},
    )

    group = DERGroup.objects.get()
    assert answer.status_code == 302
    assert answer["Location"] == f"/operations/groups/{group.pk}"
    assert group.status == GroupStatus.REQUESTED


def test_preview_shows_the_capability_of_those_ticked(f12: Feeder, ada_pv: DER, olga: User) -> None:
    battery = battery_beside(ada_pv, at=timezone.now(), charge_pct=50)
    answer = as_(olga).post(
        f"/operations/groups/new?feeder={f12.pk}",
        {"preview": "1", "ders": [ada_pv.pk, battery.pk]},
        headers={"HX-Request": "true"},
    )

    page = answer.content.decode()
    assert "6.00\xa0kW" in page
    assert "<html" not in page
    assert not DERGroup.objects.exists()


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"name": "", "ders": ["own"]}, "This field is required."),
        ({"name": "x" * 81, "ders": ["own"]}, "at most 80"),
        ({"name": "Fine"}, "Choose at least one DER."),
        ({"name": "Fine", "ders": ["999999"]}, "Select a valid choice"),
        ({"name": "Fine", "ders": ["<script>"]}, "is not a valid value"),
    ],
)
def test_wrong_requests_are_refused_and_what_was_typed_stays(
    f12: Feeder, ada_pv: DER, olga: User, typed: dict[str, Any], words: str
) -> None:
    typed = {**typed, "purpose": "Typed purpose"}
    if "ders" in typed:
        typed["ders"] = [str(ada_pv.pk) if pk == "own" else pk for pk in typed["ders"]]

    answer = as_(olga).post(f"/operations/groups/new?feeder={f12.pk}", typed)

    assert answer.status_code == 422
    page = answer.content.decode()
    assert words in page
    assert "Typed purpose" in page
    assert not DERGroup.objects.exists()


def test_unknown_feeder_is_refused(olga: User) -> None:
    assert as_(olga).get("/operations/groups/new?feeder=nowhere").status_code == 422


def test_customer_service_approves_and_the_operator_takes_it_live(
    asked: DERGroup, cleo: User, olga: User
) -> None:
    desk = as_(cleo)
    assert "Passes" in desk.get(f"/service/groups/{asked.pk}").content.decode()
    assert desk.post(f"/service/groups/{asked.pk}", {"deed": "approve"}).status_code == 302

    answer = as_(olga).post(f"/operations/groups/{asked.pk}", {"deed": "take_live"})

    assert answer.status_code == 302
    asked.refresh_from_db()
    assert asked.status == GroupStatus.LIVE


def test_customer_service_sees_why_a_check_fails(asked: DERGroup, ada_pv: DER, cleo: User) -> None:
    device = device_of(ada_pv)
    device.active_to = timezone.now()
    device.save(update_fields=["active_to"])

    answer = as_(cleo).post(f"/service/groups/{asked.pk}", {"deed": "approve"})

    assert answer.status_code == 409
    assert "no device that communicates" in answer.content.decode()
    assert asked.rule_checks.count() == 1


def test_refusal_without_a_reason_stays_on_the_page(asked: DERGroup, cleo: User) -> None:
    answer = as_(cleo).post(f"/service/groups/{asked.pk}", {"deed": "refuse", "reason": ""})

    assert answer.status_code == 422
    assert "This field is required." in answer.content.decode()


def test_unknown_deed_is_refused_in_words(asked: DERGroup, cleo: User) -> None:
    answer = as_(cleo).post(f"/service/groups/{asked.pk}", {"deed": "explode"})

    assert answer.status_code == 409
    assert "Choose what to do." in answer.content.decode()


def test_dissolution_is_asked_for_and_confirmed(ada_pv: DER, olga: User, cleo: User) -> None:
    group = make_live_group([ada_pv])
    as_(olga).post(f"/operations/groups/{group.pk}", {"deed": "dissolve", "reason": "Over."})
    as_(cleo).post(f"/service/groups/{group.pk}", {"deed": "dissolve"})

    group.refresh_from_db()
    assert group.status == GroupStatus.DISSOLVED


def test_engineer_reads_but_does_not_act(asked: DERGroup, enzo: User, at: datetime) -> None:
    approve_group(group=asked, at=at, by="cleo")
    client = as_(enzo)

    assert client.get(f"/operations/groups/{asked.pk}").status_code == 200
    assert client.post(f"/operations/groups/{asked.pk}", {"deed": "take_live"}).status_code == 409
    asked.refresh_from_db()
    assert asked.status == GroupStatus.APPROVED


def test_third_party_finds_only_its_own_groups(
    asked: DERGroup, ada_customer: Customer, ada_pv: DER, f12: Feeder, tara: User, at: datetime
) -> None:
    company = ThirdParty.objects.create(name="Suncircle", email="desk@suncircle.example")
    ThirdPartyMember.objects.create(third_party=company, user=tara)
    make_representation(third_party=company, customer=ada_customer, active_from=at)
    own = request_group(name="Own", feeder=f12, der_ids=[ada_pv.pk], user=tara, at=at)
    client = as_(tara)

    assert client.get(f"/operations/groups/{own.pk}").status_code == 200
    assert client.get(f"/operations/groups/{asked.pk}").status_code == 404
    assert client.get(f"/api/v1/groups/{asked.pk}").status_code == 404
    assert [row["name"] for row in client.get("/api/v1/groups/").json()["results"]] == ["Own"]


def test_list_shows_current_and_ended_groups_apart(
    asked: DERGroup, olga: User, at: datetime
) -> None:
    asked.move(GroupStatus.REFUSED, at=at, by="cleo", reason="No.")
    client = as_(olga)

    assert "Rooftops" not in client.get("/operations/groups/").content.decode()
    assert "Rooftops" in client.get("/operations/groups/?show=ended").content.decode()


def test_rest_forms_a_group_and_tells_its_status(
    f12: Feeder, ada_pv: DER, olga: User, cleo: User, dms: User
) -> None:
    asked = as_(olga).post(
        "/api/v1/groups/request",
        {"name": "Rooftops", "feeder": "F12", "ders": [ada_pv.pk]},
        content_type="application/json",
    )
    assert asked.status_code == 201
    number = asked.json()["id"]
    assert as_(cleo).post(f"/api/v1/groups/{number}/approve").json()["status"] == "approved"
    assert as_(olga).post(f"/api/v1/groups/{number}/take-live").json()["status"] == "live"

    status = as_(dms).get(f"/api/v1/groups/{number}/status").json()

    assert (status["power_w"], status["reporting"], status["members"]) == (6_000, 1, 1)
    members = as_(dms).get(f"/api/v1/memberships/?der={ada_pv.pk}").json()
    assert members["results"][0]["group_name"] == "Rooftops"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"name": "A", "feeder": "nowhere", "ders": [1]}, 400),
        ({"name": "A", "feeder": "F12", "ders": []}, 400),
        ({"name": "A", "feeder": "F12", "ders": ["x"]}, 400),
        ({"name": "A", "feeder": "F12", "ders": [999_999]}, 400),
    ],
)
def test_rest_refuses_wrong_requests(
    f12: Feeder, olga: User, body: dict[str, Any], status: int
) -> None:
    answer = as_(olga).post("/api/v1/groups/request", body, content_type="application/json")

    assert answer.status_code == status
    assert not DERGroup.objects.exists()


def test_rest_refuses_a_move_twice_in_words(asked: DERGroup, cleo: User) -> None:
    client = as_(cleo)
    client.post(f"/api/v1/groups/{asked.pk}/approve")

    again = client.post(f"/api/v1/groups/{asked.pk}/approve")

    assert again.status_code == 422
    assert again.json()["code"] == "move_not_allowed"


def test_rest_says_which_moment_it_did_not_understand(olga: User) -> None:
    assert as_(olga).get("/api/v1/memberships/?at=yesterday").status_code == 400
