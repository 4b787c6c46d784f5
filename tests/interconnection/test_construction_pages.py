"""Dates, delays and incentives as people meet them: portal, desk, operator, REST (IC-8)."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from customers.models import TariffVersion, UsagePoint
from derms.accounts.models import User
from interconnection.models import (
    ConstructionPlan,
    DateOffer,
    ForecastShift,
    InterconnectionApplication,
)
from interconnection.services.construction import Dates, state_dates
from tests.interconnection.building import approved

pytestmark = pytest.mark.django_db
API = "/api/v1/applications"


@pytest.fixture
def project(
    ada: User, ada_point: UsagePoint, tariff_version: TariffVersion, enzo: User, olga: User
) -> InterconnectionApplication:
    return approved(ada, ada_point, tariff_version, enzo=enzo, olga=olga)


def tab(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def program(person: User) -> APIClient:
    client = APIClient()
    client.force_authenticate(person)
    return client


def ahead(days: int) -> date:
    """The pages read the clock of today."""
    return timezone.localdate(timezone.now()) + timedelta(days=days)


def planned(project: InterconnectionApplication, finish: int, reason: str = "") -> ConstructionPlan:
    dates = Dates(starts_on=ahead(1), finishes_on=ahead(finish), reason=reason)
    return state_dates(application=project, dates=dates, at=timezone.now(), by="ada")


def typed(finish: int, *, seen: int = 0, reason: str = "") -> dict[str, Any]:
    return {
        "seen": seen,
        "starts_on": ahead(1).isoformat(),
        "finishes_on": ahead(finish).isoformat(),
        "reason": reason,
    }


def test_a_customer_states_her_dates_and_reads_them_on_her_application(
    project: InterconnectionApplication, ada: User
) -> None:
    page = reverse("portal_dates", args=[project.reference])

    answer = tab(ada).post(page, typed(20), follow=True)

    assert answer.redirect_chain[-1][0] == reverse("portal_application", args=[project.reference])
    plan = ConstructionPlan.objects.get()
    assert (plan.finishes_on, plan.stated_by) == (ahead(20), "ada")
    words = answer.content.decode()
    assert f"{ahead(20):%-d %B %Y}" in words
    assert "Move the dates" in words


def test_a_move_without_a_reason_comes_back_with_what_was_typed(
    project: InterconnectionApplication, ada: User
) -> None:
    plan = planned(project, 20)

    answer = tab(ada).post(
        reverse("portal_dates", args=[project.reference]), typed(45, seen=plan.pk)
    )

    assert answer.status_code == 422
    assert "Say why the dates change" in answer.content.decode()
    assert ahead(45).isoformat() in answer.content.decode()


def test_two_people_moving_at_once_are_told(
    project: InterconnectionApplication, cleo: User
) -> None:
    old = planned(project, 20).pk
    planned(project, 30, "Weather.")

    answer = tab(cleo).post(
        reverse("service_construction", args=[project.reference]),
        typed(45, seen=old, reason="Call of today."),
    )

    assert answer.status_code == 409
    assert "ada stated other dates" in answer.content.decode()


def test_strangers_see_nothing_of_it(project: InterconnectionApplication, cem: User) -> None:
    stranger = tab(cem)

    assert stranger.get(reverse("portal_dates", args=[project.reference])).status_code == 404
    assert stranger.get(reverse("operations_forecast")).status_code == 403
    assert program(cem).get(f"{API}/{project.reference}/construction").status_code == 404


@pytest.mark.parametrize(
    "values", [{}, {"seen": "x"}, {"seen": 0, "starts_on": "soon", "finishes_on": "2026-02-30"}]
)
def test_nonsense_is_refused_beside_its_field(
    project: InterconnectionApplication, ada: User, values: dict[str, Any]
) -> None:
    answer = tab(ada).post(reverse("portal_dates", args=[project.reference]), values)

    assert answer.status_code == 422
    assert not ConstructionPlan.objects.exists()


def test_the_desk_offers_and_the_customer_accepts(
    project: InterconnectionApplication, cleo: User, ada: User
) -> None:
    terms = {"amount": "150.00", "keep_by": ahead(30), "valid_until": ahead(7)}

    tab(cleo).post(reverse("service_offer", args=[project.reference]), terms)
    offer = DateOffer.objects.get()
    shown = tab(ada).get(reverse("portal_application", args=[project.reference]))
    answer = tab(ada).post(
        reverse("portal_offer_answer", args=[project.reference, offer.pk]),
        {"answer": "accept"},
        follow=True,
    )

    assert "Accept the offer" in shown.content.decode()
    assert "You accepted the offer" in answer.content.decode()
    offer.refresh_from_db()
    assert offer.status == "accepted"


def test_an_offer_with_impossible_terms_is_refused_beside_its_field(
    project: InterconnectionApplication, enzo: User
) -> None:
    terms = {"amount": "150.00", "keep_by": ahead(3), "valid_until": ahead(7)}

    answer = tab(enzo).post(reverse("service_offer", args=[project.reference]), terms)

    assert answer.status_code == 422
    assert "answered before the date" in answer.content.decode()


def test_an_answer_that_is_neither_yes_nor_no_changes_nothing(
    project: InterconnectionApplication, cleo: User, ada: User
) -> None:
    terms = {"amount": "150.00", "keep_by": ahead(30), "valid_until": ahead(7)}
    tab(cleo).post(reverse("service_offer", args=[project.reference]), terms)
    offer = DateOffer.objects.get()

    tab(ada).post(reverse("portal_offer_answer", args=[project.reference, offer.pk]), {})

    offer.refresh_from_db()
    assert offer.status == "offered"


def test_the_operator_sees_the_delay_and_what_it_does_then_marks_it_as_seen(
    project: InterconnectionApplication, olga: User
) -> None:
    planned(project, 20)
    planned(project, 45, "The inverter comes late.")
    shift = ForecastShift.objects.get()
    operator = tab(olga)

    overview = operator.get(reverse("operations_forecast")).content.decode()
    feeder = operator.get(reverse("operations_forecast_feeder", args=["F12"])).content.decode()
    operator.post(reverse("operations_forecast_seen"), {"shift": [shift.pk, "x"]})

    assert "The inverter comes late." in overview
    assert "8.00\xa0kW → <strong>0\xa0W</strong>" in overview
    assert "Planned later" in feeder
    assert 'class="before"' in feeder
    shift.refresh_from_db()
    assert shift.seen_by == "olga"


def test_engineers_and_auditors_read_the_forecast_and_mark_nothing(
    project: InterconnectionApplication, enzo: User, audrey: User
) -> None:
    planned(project, 20)

    for person in (enzo, audrey):
        assert tab(person).get(reverse("operations_forecast")).status_code == 200
        assert tab(person).post(reverse("operations_forecast_seen")).status_code == 403


def test_programs_state_dates_offer_answer_and_read_the_forecast(
    project: InterconnectionApplication, ada: User, cleo: User, dms: User
) -> None:
    """REST of IC-8: what the pages do, programs do."""
    url = f"{API}/{project.reference}"
    dates = {"starts_on": ahead(1), "finishes_on": ahead(20)}

    stated = program(ada).put(f"{url}/construction", dates, format="json")
    refused = program(ada).put(
        f"{url}/construction", dates | {"finishes_on": ahead(40)}, format="json"
    )
    moved = program(cleo).put(
        f"{url}/construction", dates | {"finishes_on": ahead(40), "reason": "Late."}, format="json"
    )
    offered = program(cleo).post(
        f"{url}/date-offers",
        {"amount": "99.50", "keep_by": ahead(50), "valid_until": ahead(9)},
        format="json",
    )
    answered = program(ada).put(
        f"{url}/date-offers/{offered.data['id']}/answer", {"accept": True}, format="json"
    )
    forecast = program(dms).get("/api/v1/feeders/F12/forecast").json()

    assert (stated.status_code, refused.status_code, moved.status_code) == (200, 400, 200)
    assert [plan["finishes_on"] for plan in moved.data["plans"]] == [
        ahead(40).isoformat(),
        ahead(20).isoformat(),
    ]
    assert (offered.status_code, answered.data["status"]) == (201, "accepted")
    today, at_30, at_60 = forecast["horizons"]
    assert today["after_w"] == {}
    assert (at_30["before_w"], at_30["after_w"]) == ({"photovoltaic": 8_000}, {})
    assert at_60["after_w"] == {"photovoltaic": 8_000}
    assert [one["cause"] for one in forecast["changes"]] == ["later"]


def test_a_customer_offers_herself_nothing(project: InterconnectionApplication, ada: User) -> None:
    url = f"{API}/{project.reference}/date-offers"

    assert program(ada).post(url, {}, format="json").status_code == 403
