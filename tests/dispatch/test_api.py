"""Dispatches over REST: idempotent, role-gated, refusing in words (IX-2, DI-3)."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from derms.accounts.models import User
from devices.models import DeviceCommand
from dispatch.models import DERGroupDispatch
from groups.models import DERGroup
from tests.factories import make_token

pytestmark = pytest.mark.django_db


@pytest.fixture
def at() -> datetime:
    return timezone.now()


def token_of(person: User) -> dict[str, str]:
    return {"Authorization": f"Token {make_token(person)}"}


def post(
    person: User, url: str, body: dict[str, Any] | None = None, *, key: str = "k1"
) -> tuple[int, dict[str, Any]]:
    answer = Client().post(
        f"/api/v1/{url}",
        body or {},
        content_type="application/json",
        headers={**token_of(person), "Idempotency-Key": key},
    )
    return answer.status_code, answer.json()


def order(group: DERGroup, **more: Any) -> dict[str, Any]:
    return {
        "group": group.pk,
        "function": "limit_active_power",
        "target_w": 10_000,
        "duration_s": 1_800,
        "reason": "Voltage",
        **more,
    }


def test_program_selects_checks_executes_and_releases(group: DERGroup, olga: User) -> None:
    status, selected = post(olga, "dispatches/select", order(group))
    assert (status, selected["status"]) == (201, "selected")
    url = f"dispatches/{selected['id']}"
    _, checked = post(olga, f"{url}/check")
    assert checked["plan"]["expected_w"] == 10_000

    token = {"plan_sha256": checked["plan_sha256"]}
    status, executed = post(olga, f"{url}/execute", token)
    again = post(olga, f"{url}/execute", token)

    assert (status, executed["status"]) == (200, "executing")
    assert again == (200, executed)
    assert len(executed["setpoints"]) == DeviceCommand.objects.count() == 6
    assert post(olga, f"{url}/release")[1]["status"] == "releasing"


def test_same_key_selects_once(group: DERGroup, olga: User, at: datetime) -> None:
    body = order(group, ends_at=(at + timedelta(minutes=30)).isoformat())

    first = post(olga, "dispatches/select", body)
    again = post(olga, "dispatches/select", body)
    other = post(olga, "dispatches/select", {**body, "target_w": 5_000})
    by_length = [post(olga, "dispatches/select", order(group), key="k2")[1] for _ in range(2)]

    assert first[1]["id"] == again[1]["id"]
    assert other[0] == 409
    assert by_length[0]["id"] == by_length[1]["id"]
    assert DERGroupDispatch.objects.count() == 2


def test_key_is_required(group: DERGroup, olga: User) -> None:
    status, body = post(olga, "dispatches/select", order(group), key="")

    assert status == 400
    assert "Idempotency-Key" in body["message"]


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"group": 999_999}, 404),
        ({"group": "x"}, 400),
        ({"function": "explode"}, 400),
        ({"target_w": -1}, 400),
        ({"target_w": 10**9}, 400),
        ({"target_w": "NaN"}, 400),
        ({"duration_s": 5}, 400),
        ({"ends_at": "soon"}, 400),
        ({"reason": ""}, 400),
    ],
)
def test_wrong_requests_are_refused(
    group: DERGroup, olga: User, change: dict[str, Any], status: int
) -> None:
    assert post(olga, "dispatches/select", {**order(group), **change})[0] == status
    assert not DERGroupDispatch.objects.exists()


def test_held_group_answers_conflict_with_who(group: DERGroup, olga: User, otto: User) -> None:
    post(olga, "dispatches/select", order(group))

    status, body = post(otto, "dispatches/select", order(group))

    assert (status, body["code"]) == (409, "group_held")
    assert "olga" in body["message"]


def test_other_system_reads_but_does_not_dispatch(
    executing: DERGroupDispatch, group: DERGroup, dms: User
) -> None:
    client = Client(headers=token_of(dms))

    listed = client.get("/api/v1/dispatches/?status=executing").json()
    detail = client.get(f"/api/v1/dispatches/{executing.pk}").json()

    assert [row["id"] for row in listed["results"]] == [executing.pk]
    assert len(detail["setpoints"]) == 6
    assert post(dms, "dispatches/select", order(group))[0] == 403
    assert post(dms, f"dispatches/{executing.pk}/release")[0] == 403


def test_third_party_does_not_find_a_dispatch_of_others(
    executing: DERGroupDispatch, tara: User
) -> None:
    client = Client(headers=token_of(tara))

    assert client.get(f"/api/v1/dispatches/{executing.pk}").status_code == 404
    assert client.get("/api/v1/dispatches/").json()["results"] == []


def test_without_token_nothing_is_told(executing: DERGroupDispatch) -> None:
    assert Client().get("/api/v1/dispatches/").status_code == 401
