"""The engineer's pages: queue, application, decision, upgrades (IC-3, IC-5)."""

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from customers.models import TariffVersion, UsagePoint
from derms.accounts.models import User
from interconnection.models import (
    Decision,
    Feeder,
    InterconnectionApplication,
    NetworkUpgrade,
    ScreeningRun,
)
from interconnection.selectors.network import connection_of
from interconnection.services.decisions import confirm_decision
from interconnection.statuses import ApplicationStatus, DecisionVerdict
from tests.factories import AT, connect, make_customer, make_person, make_usage_point
from tests.interconnection.engineering import application_in_review, proposed

pytestmark = pytest.mark.django_db


@pytest.fixture
def application(
    ada: User, ada_point: UsagePoint, tariff_version: TariffVersion
) -> InterconnectionApplication:
    return application_in_review(ada, ada_point, tariff_version)


@pytest.fixture
def engineer(enzo: User) -> Client:
    client = Client()
    client.force_login(enzo)
    return client


def page_of(application: InterconnectionApplication, name: str = "engineering_application") -> str:
    return reverse(name, args=[application.reference])


def test_the_queue_shows_size_feeder_penetration_and_screens(
    engineer: Client, application: InterconnectionApplication
) -> None:
    body = engineer.get(reverse("engineering_queue")).content.decode()

    assert application.reference in body
    assert "13.0" in body
    assert "F12" in body
    assert "15 % of line-section peak load: Pass" in body


def test_the_queue_names_others_on_the_same_transformer(
    engineer: Client,
    application: InterconnectionApplication,
    ada_point: UsagePoint,
    ben: User,
    tariff_version: TariffVersion,
) -> None:
    connection = connection_of(ada_point)
    assert connection is not None
    point = make_usage_point(make_customer("Ben Franklin", user=ben))
    connect(point, connection.transformer)
    application_in_review(ben, point, tariff_version)

    body = engineer.get(reverse("engineering_queue")).content.decode()

    assert body.count("1 more on it – study together") == 2


def test_the_queue_costs_the_same_queries_for_more_applications(
    engineer: Client,
    application: InterconnectionApplication,
    ben: User,
    ben_point: UsagePoint,
    tariff_version: TariffVersion,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    application_in_review(ben, ben_point, tariff_version)

    with django_assert_max_num_queries(23):
        engineer.get(reverse("engineering_queue"))


def test_an_unknown_lane_is_not_found(engineer: Client) -> None:
    assert engineer.get(reverse("engineering_queue"), {"lane": "x"}).status_code == 404


@pytest.mark.parametrize("lane", ["in_review", "decision_proposed", "held", "commissioning"])
def test_an_empty_lane_says_so(engineer: Client, lane: str) -> None:
    response = engineer.get(reverse("engineering_queue"), {"lane": lane})

    assert b"Nothing waits at this step" in response.content


def test_the_page_explains_every_screen(
    engineer: Client, application: InterconnectionApplication
) -> None:
    body = engineer.get(page_of(application)).content.decode()

    assert "FERC SGIP 2.2.1.2" in body
    assert "0 + 0 + 13 = 13 kW" in body
    figures = ("fast track", "15 %", "fault", "interrupting", "construction", "rating")
    assert all(words in body.lower() for words in figures)
    assert body.count('class="scr-bar"') == 8
    assert "no supplemental review is needed" in body
    assert "passes all screens up to" in body
    assert "Propose to Operations" in body


def test_a_screen_that_cannot_be_decided_says_why(
    engineer: Client, application: InterconnectionApplication, f12: Feeder
) -> None:
    f12.sections.update(minimum_load_w=None)
    engineer.post(page_of(application, "engineering_screen"))

    body = engineer.get(page_of(application)).content.decode()

    assert ScreeningRun.objects.count() == 2
    assert "Cannot be decided because no absolute minimum load" in body
    assert "cannot be said while a screen cannot be decided" in body


def test_others_may_not_look(
    application: InterconnectionApplication, olga: User, cem: User
) -> None:
    for person in (olga, cem):
        client = Client()
        client.force_login(person)
        assert client.get(page_of(application)).status_code == 403
        assert client.post(page_of(application, "engineering_propose")).status_code == 403


def test_a_draft_is_not_engineerings(engineer: Client) -> None:
    assert engineer.get(reverse("engineering_application", args=["A-0"])).status_code == 404


def test_a_proposal_is_recorded_and_the_page_shows_it(
    engineer: Client, application: InterconnectionApplication
) -> None:
    response = engineer.post(
        page_of(application, "engineering_propose"),
        {"verdict": "approve", "reasons": "Fits.", "conditions": "Export at most 5 kW\n\n"},
        follow=True,
    )

    decision = Decision.objects.get()
    assert decision.conditions == ["Export at most 5 kW"]
    assert b"with Operations now" in response.content
    assert b"Propose to Operations" not in response.content


def test_a_proposal_without_reasons_keeps_what_was_typed(
    engineer: Client, application: InterconnectionApplication
) -> None:
    response = engineer.post(
        page_of(application, "engineering_propose"),
        {"verdict": "approve", "reasons": "", "conditions": "Export at most 5 kW"},
    )

    body = response.content.decode()
    assert response.status_code == 422
    assert "Give the reasons" in body
    assert "Export at most 5 kW" in body
    assert Decision.objects.count() == 0


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"verdict": "hold"}, "Name the network upgrade"),
        ({"verdict": "hold", "upgrade_name": "New line"}, "Say when the new upgrade is planned"),
        ({"verdict": "hold", "upgrade_date": "soon"}, "Enter a date like"),
        ({"verdict": "perhaps"}, "Select a valid choice"),
        ({"verdict": "approve", "conditions": "x" * 301}, "300 characters"),
    ],
)
def test_an_incomplete_proposal_is_refused_beside_the_field(
    engineer: Client,
    application: InterconnectionApplication,
    fields: dict[str, str],
    words: str,
) -> None:
    response = engineer.post(
        page_of(application, "engineering_propose"), {"reasons": "Because.", **fields}
    )

    assert response.status_code == 422
    assert words in response.content.decode()
    assert NetworkUpgrade.objects.count() == 0


def test_a_hold_may_name_a_new_upgrade(
    engineer: Client, application: InterconnectionApplication, f12: Feeder
) -> None:
    engineer.post(
        page_of(application, "engineering_propose"),
        {
            "verdict": "hold",
            "reasons": "Minimum load.",
            "upgrade_name": "Voltage regulator at T9",
            "upgrade_date": "2026-12-01",
        },
    )

    upgrade = NetworkUpgrade.objects.get()
    assert upgrade.feeder == f12
    assert Decision.objects.get().upgrade == upgrade


def test_a_name_of_an_upgrade_that_exists_is_refused(
    engineer: Client, application: InterconnectionApplication, f12: Feeder
) -> None:
    NetworkUpgrade.objects.create(feeder=f12, name="Same", planned_in_service_date="2026-12-01")

    response = engineer.post(
        page_of(application, "engineering_propose"),
        {"verdict": "hold", "reasons": "x", "upgrade_name": "Same", "upgrade_date": "2026-12-01"},
    )

    assert "already an upgrade called Same" in response.content.decode()


def test_the_slower_of_two_engineers_is_told_who_was_first(
    engineer: Client, application: InterconnectionApplication
) -> None:
    proposed(application, make_person("eva"))

    response = engineer.post(
        page_of(application, "engineering_propose"), {"verdict": "reject", "reasons": "No room."}
    )

    body = response.content.decode()
    assert response.status_code == 409
    assert "by eva" in body
    assert Decision.objects.count() == 1


def test_an_upgrade_in_service_returns_what_waited(
    engineer: Client, application: InterconnectionApplication, enzo: User, olga: User
) -> None:
    decision = proposed(application, enzo, DecisionVerdict.HOLD)
    confirm_decision(decision=decision, at=AT, by=olga)
    assert decision.upgrade is not None
    early = engineer.post(page_of(application, "engineering_resume"), follow=True)

    listed = engineer.get(reverse("engineering_upgrades")).content.decode()
    response = engineer.post(
        reverse("engineering_upgrade_in_service", args=[decision.upgrade.pk]), follow=True
    )

    application.refresh_from_db()
    assert b"not in service yet" in early.content
    assert "New conductor beyond R1" in listed
    assert application.reference in response.content.decode()
    assert application.status == ApplicationStatus.IN_REVIEW
    again = engineer.post(
        reverse("engineering_upgrade_in_service", args=[decision.upgrade.pk]), follow=True
    )
    assert b"already in service" in again.content


def test_an_upgrade_that_does_not_exist_is_not_found(engineer: Client) -> None:
    url = reverse("engineering_upgrade_in_service", args=[0])

    assert engineer.post(url).status_code == 404
