"""Tokens: made once, kept as a digest, bounded by scopes, pace and time (IX-2, OP-1)."""

from datetime import timedelta

import pytest
from django.conf import LazySettings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from customers.models import Customer, ServiceArea, ThirdParty, UsagePoint
from derms.accounts.models import ApiToken, User
from derms.accounts.tokens import ACTIVE_MAX, TooManyTokens, create_token, revoke_token
from interconnection.models import InterconnectionApplication
from tests.factories import make_company, make_representation, make_token


def program(key: str, scheme: str = "Token") -> Client:
    return Client(headers={"authorization": f"{scheme} {key}"})


POINTS = "/api/v1/usage-points/"


def test_the_key_is_shown_once_and_kept_as_a_digest(ada: User, ada_point: UsagePoint) -> None:
    client = Client()
    client.force_login(ada)

    page = client.post(reverse("tokens"), {"name": "Home", "scopes": ["read"], "days": "30"})

    assert page.status_code == 201
    made = ApiToken.objects.get()
    key = page.context["made"].key
    assert key in page.content.decode()
    assert key not in client.get(reverse("tokens")).content.decode()
    assert key not in made.key_sha256
    assert program(key).get(POINTS).json()["count"] == 1
    assert program(key, "Bearer").get(POINTS).status_code == 200


@pytest.mark.parametrize(
    "typed",
    [
        {"name": "", "scopes": ["read"], "days": "30"},
        {"name": "x", "scopes": [], "days": "30"},
        {"name": "x", "scopes": ["everything"], "days": "30"},
        {"name": "x", "scopes": ["read"], "days": "0"},
        {"name": "x", "scopes": ["read"], "days": "9999"},
        {"name": "x", "scopes": ["read"], "days": "many"},
    ],
)
def test_a_token_that_makes_no_sense_is_refused(typed: dict[str, object], ada: User) -> None:
    client = Client()
    client.force_login(ada)

    assert client.post(reverse("tokens"), typed).status_code == 422
    assert not ApiToken.objects.exists()


def test_a_token_opens_nothing_once_it_is_revoked_too_old_or_its_person_is_gone(ada: User) -> None:
    now = timezone.now()
    old = make_token(ada, at=now - timedelta(days=30))
    held = create_token(owner=ada, name="x", scopes=["read"], days=1, at=now)
    revoke_token(token=held.token, at=now, by="ada")
    left = make_token(ada)
    User.objects.filter(pk=ada.pk).update(is_active=False)

    for key in (old, held.key, left, "derms_guess", "", "a b c", "\u00e9"):
        assert program(key).get(POINTS).status_code == 401


def test_reading_and_each_room_need_their_own_scope(
    ada: User, ada_point: UsagePoint, ada_customer: Customer
) -> None:
    ServiceArea.objects.create(postcode="1001", locality="Millbrook")
    reads, files = make_token(ada, "read"), make_token(ada, "interconnection")
    url = reverse("api_applications")
    asked = {"usage_point_id": ada_point.pk}

    refused = program(reads).post(url, asked, content_type="application/json")
    assert refused.status_code == 403
    assert "lacks the scope interconnection" in refused.json()["detail"]
    assert program(files).get(url).status_code == 403
    started = program(files).post(url, asked, content_type="application/json")
    assert started.status_code == 201
    assert InterconnectionApplication.objects.count() == 1


def test_a_token_opens_no_more_than_its_persons_roles(ada: User, cem_point: UsagePoint) -> None:
    key = make_token(ada)

    assert program(key).get(reverse("api_devices")).status_code == 403
    url = reverse("api_usage_point", args=[cem_point.pk])
    assert program(key).get(url).status_code == 404


def test_a_program_that_asks_too_fast_waits(ada: User, settings: LazySettings) -> None:
    settings.API_PER_MINUTE = 3
    client = program(make_token(ada, "read"))

    answers = [client.get(POINTS) for _ in range(4)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert int(answers[-1].headers["Retry-After"]) <= 60


def test_the_last_use_is_known_and_what_a_token_changed_says_so(
    cleo: User, ada: User, ada_point: UsagePoint
) -> None:
    ServiceArea.objects.create(postcode="1001", locality="Millbrook")
    key = make_token(ada)

    program(key).post(
        reverse("api_applications"),
        {"usage_point_id": ada_point.pk},
        content_type="application/json",
        REMOTE_ADDR="192.0.2.7",
    )

    token = ApiToken.objects.get()
    assert token.last_used_from == "192.0.2.7"
    assert token.last_used_at is not None
    context = InterconnectionApplication.objects.get().events.latest("pk").pgh_context  # type: ignore[attr-defined]  # made by pghistory
    assert context.metadata["token"] == token.pk
    assert context.metadata["user"] == ada.pk


def test_nobody_revokes_a_token_of_another_but_a_company_its_peoples(
    ada: User, tara: User, cem: User, ada_customer: Customer
) -> None:
    cem.role_grants.update(role="third_party")
    sunpool = make_company("Sunpool", tara, cem)
    make_token(cem)
    token = ApiToken.objects.get()
    for person, code in ((ada, 404), (tara, 404)):
        client = Client()
        client.force_login(person)
        assert client.post(reverse("token_revoke", args=[token.pk])).status_code == code

    client.post(reverse("portal_company_revoke", args=[token.pk]))

    token.refresh_from_db()
    assert token.status == "revoked"
    assert token.status_changes.latest("pk").by == "tara"
    assert ThirdParty.objects.get() == sunpool


def test_a_companys_program_reads_its_customers_while_they_let_it(
    tara: User, ada_point: UsagePoint, cem_point: UsagePoint
) -> None:
    sunpool = make_company("Sunpool", tara)
    client = program(make_token(tara, "read"))
    consent = make_representation(third_party=sunpool, customer=ada_point.customer)

    found = client.get(POINTS).json()["results"]
    assert [row["id"] for row in found] == [ada_point.pk]
    consent.active_to = timezone.now()
    consent.save(update_fields=["active_to"])
    assert client.get(POINTS).json()["count"] == 0


def test_a_person_holds_so_many_tokens_and_no_more(ada: User) -> None:
    for _ in range(ACTIVE_MAX):
        make_token(ada, "read")

    with pytest.raises(TooManyTokens):
        make_token(ada, "read")
