"""Where Operations confirms or declines (IC-5)."""

import pytest
from django.test import Client
from django.urls import reverse

from customers.models import TariffVersion, UsagePoint
from derms.accounts.models import RoleGrant, User
from derms.accounts.roles import Role
from interconnection.models import Decision, InterconnectionApplication
from interconnection.statuses import ApplicationStatus, DecisionStatus
from tests.factories import AT
from tests.interconnection.engineering import application_in_review, proposed

pytestmark = pytest.mark.django_db


@pytest.fixture
def application(
    ada: User, ada_point: UsagePoint, tariff_version: TariffVersion
) -> InterconnectionApplication:
    return application_in_review(ada, ada_point, tariff_version)


@pytest.fixture
def decision(application: InterconnectionApplication, enzo: User) -> Decision:
    return proposed(application, enzo, conditions=["Export at most 5 kW"])


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def url_of(decision: Decision) -> str:
    return reverse("operations_confirmation", args=[decision.pk])


def test_the_list_shows_what_waits(decision: Decision, olga: User) -> None:
    body = signed_in(olga).get(reverse("operations_confirmations")).content.decode()

    assert decision.application.reference in body
    assert "13.0" in body


def test_an_empty_list_says_so(olga: User) -> None:
    response = signed_in(olga).get(reverse("operations_confirmations"))

    assert b"Nothing waits for Operations" in response.content


def test_operations_confirms(decision: Decision, olga: User) -> None:
    client = signed_in(olga)
    body = client.get(url_of(decision)).content.decode()

    client.post(url_of(decision), {"answer": "confirm", "note": ""})

    decision.application.refresh_from_db()
    assert "Export at most 5 kW" in body
    assert decision.application.status == ApplicationStatus.APPROVED


def test_declining_without_a_note_is_refused_beside_it(decision: Decision, olga: User) -> None:
    response = signed_in(olga).post(url_of(decision), {"answer": "decline", "note": " "})

    assert response.status_code == 422
    assert "look at again" in response.content.decode()
    decision.refresh_from_db()
    assert decision.status == DecisionStatus.PROPOSED


def test_a_made_up_answer_is_refused(decision: Decision, olga: User) -> None:
    response = signed_in(olga).post(url_of(decision), {"answer": "maybe"})

    assert response.status_code == 422


def test_declining_sends_it_back(decision: Decision, olga: User) -> None:
    signed_in(olga).post(url_of(decision), {"answer": "decline", "note": "Look at R1."})

    decision.application.refresh_from_db()
    assert decision.application.status == ApplicationStatus.IN_REVIEW


def test_the_proposer_gets_no_buttons_and_is_refused_in_words(
    decision: Decision, enzo: User
) -> None:
    RoleGrant.objects.create(user=enzo, role=Role.OPERATOR, granted_at=AT, granted_by="tests")
    client = signed_in(User.objects.get(pk=enzo.pk))

    body = client.get(url_of(decision)).content.decode()
    response = client.post(url_of(decision), {"answer": "confirm"})

    assert 'value="confirm"' not in body
    assert "You proposed this yourself" in body
    assert response.status_code == 409
    assert "Another person in Operations" in response.content.decode()


def test_the_slower_operator_is_told_who_was_first(
    decision: Decision, olga: User, otto: User
) -> None:
    signed_in(olga).post(url_of(decision), {"answer": "confirm"})

    response = signed_in(otto).post(url_of(decision), {"answer": "decline", "note": "No."})

    assert response.status_code == 409
    assert "olga has already confirmed" in response.content.decode()


def test_an_engineer_may_not_confirm(decision: Decision, enzo: User) -> None:
    assert signed_in(enzo).post(url_of(decision), {"answer": "confirm"}).status_code == 403


def test_a_decision_that_does_not_exist_is_not_found(olga: User) -> None:
    url = reverse("operations_confirmation", args=[0])

    assert signed_in(olga).get(url).status_code == 404
