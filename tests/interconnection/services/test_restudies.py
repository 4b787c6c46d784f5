"""Places in the queue, marks when one ahead goes, and holds whose upgrade is done (IC-1, IC-5)."""

from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from customers.models import Customer, Notice, TariffVersion, UsagePoint
from derms.accounts.models import User
from interconnection.models import (
    DistributionTransformer,
    Feeder,
    InterconnectionApplication,
    NetworkUpgrade,
    Restudy,
)
from interconnection.powerflow import feeders
from interconnection.powerflow.facts import circuit_of
from interconnection.selectors.network import connection_of
from interconnection.selectors.places import place_of
from interconnection.services.applications import withdraw_application
from interconnection.services.decisions import confirm_decision
from interconnection.services.holds import answer_restudies, put_upgrade_in_service
from interconnection.services.network import connect_usage_point, load_feeder
from interconnection.services.network_versions import keep_version
from interconnection.services.screening import run_screens
from interconnection.statuses import ApplicationStatus, DecisionVerdict, StudyStatus
from tests.factories import (
    make_agreement,
    make_application,
    make_feeder,
    make_unit,
    make_usage_point,
)
from tests.interconnection.engineering import application_in_review, proposed

pytestmark = pytest.mark.django_db


def waiting(
    person: User, point: UsagePoint, tariff: TariffVersion, complete_at: datetime
) -> InterconnectionApplication:
    application = make_application(
        point,
        agreement=make_agreement(point, tariff, accepted_by=person),
        status=ApplicationStatus.IN_REVIEW,
        at=complete_at,
    )
    make_unit(application)
    return application


@pytest.fixture
def queue(
    ada: User,
    ben: User,
    cem: User,
    ada_point: UsagePoint,
    ben_point: UsagePoint,
    cem_point: UsagePoint,
    tariff_version: TariffVersion,
    at: datetime,
) -> list[InterconnectionApplication]:
    """Ada, Ben and Cem, complete an hour after each other."""
    people = ((ada, ada_point), (ben, ben_point), (cem, cem_point))
    return [
        waiting(person, point, tariff_version, at + timedelta(hours=number))
        for number, (person, point) in enumerate(people)
    ]


def withdraw(application: InterconnectionApplication, at: datetime) -> None:
    withdraw_application(application=application, reason="Moved away.", at=at, by="cleo")


def test_the_place_counts_by_feeder_and_moves_up(
    queue: list[InterconnectionApplication],
    cem_point: UsagePoint,
    at: datetime,
) -> None:
    first, second, third = queue
    assert str(place_of(second)) == "2 of 3 on F12"
    withdraw(first, at)
    assert place_of(first) is None
    assert str(place_of(second)) == "1 of 2 on F12"
    bus = make_feeder("F13").buses.get()
    transformer = cem_point_transformer(cem_point)
    transformer.bus = bus
    transformer.save(update_fields=["bus"])
    assert str(place_of(third)) == "1 of 1 on F13"


def cem_point_transformer(point: UsagePoint) -> DistributionTransformer:
    connection = connection_of(point)
    assert connection is not None
    return connection.transformer


def test_who_withdraws_marks_those_behind_and_nobody_ahead(
    queue: list[InterconnectionApplication], at: datetime
) -> None:
    first, second, third = queue

    withdraw(second, at)

    assert [mark.application for mark in Restudy.objects.all()] == [third]
    assert not first.restudies.exists()


def test_a_rejection_marks_them_too(
    queue: list[InterconnectionApplication], enzo: User, olga: User, at: datetime
) -> None:
    first, second, third = queue
    run_screens(application=first, at=at, by="enzo")
    confirm_decision(decision=proposed(first, enzo, DecisionVerdict.REJECT), at=at, by=olga)

    assert {mark.application for mark in Restudy.objects.all()} == {second, third}


def test_what_is_decided_or_on_another_feeder_is_not_marked(
    queue: list[InterconnectionApplication], cem_point: UsagePoint, at: datetime
) -> None:
    first, second, _ = queue
    InterconnectionApplication.objects.filter(pk=second.pk).update(status="decision_proposed")
    InterconnectionApplication.objects.filter(pk=second.pk).update(status="approved")
    transformer = cem_point_transformer(cem_point)
    transformer.bus = make_feeder("F13").buses.get()
    transformer.save(update_fields=["bus"])

    withdraw(first, at)

    assert Restudy.objects.count() == 0


def test_running_the_screens_again_settles_the_mark(
    queue: list[InterconnectionApplication], enzo: User, at: datetime
) -> None:
    first, second, _ = queue
    client = Client()
    client.force_login(enzo)
    withdraw(first, at)
    page = reverse("engineering_application", args=[second.reference])
    listed = client.get(reverse("engineering_queue")).content.decode()
    marked = client.get(page).content.decode()

    client.post(reverse("engineering_screen", args=[second.reference]))

    assert f"study again: {first.reference} ahead has gone" in listed
    assert f"{first.reference}, which was ahead of it, has gone" in marked
    assert "which was ahead of it" not in client.get(page).content.decode()
    assert second.restudies.get().outcome == "done"


# Holds -------------------------------------------------------------------------------------------
@pytest.fixture
def held(
    ada: User,
    ada_point: UsagePoint,
    tariff_version: TariffVersion,
    enzo: User,
    olga: User,
    at: datetime,
) -> InterconnectionApplication:
    application = application_in_review(ada, ada_point, tariff_version)
    confirm_decision(decision=proposed(application, enzo, DecisionVerdict.HOLD), at=at, by=olga)
    application.refresh_from_db()
    return application


def test_a_hold_whose_screens_pass_is_released(
    held: InterconnectionApplication, enzo: User, at: datetime
) -> None:
    released = put_upgrade_in_service(upgrade=NetworkUpgrade.objects.get(), at=at, by=enzo)

    held.refresh_from_db()
    assert released == [held]
    assert held.status == ApplicationStatus.IN_REVIEW
    assert held.restudies.get().outcome == "released"


def test_a_hold_that_still_fails_without_a_model_is_told_why(
    held: InterconnectionApplication, f12: Feeder, enzo: User, at: datetime
) -> None:
    f12.sections.update(peak_load_w=10_000)

    released = put_upgrade_in_service(upgrade=NetworkUpgrade.objects.get(), at=at, by=enzo)

    held.refresh_from_db()
    mark = held.restudies.get()
    assert released == []
    assert (held.status, mark.outcome) == (ApplicationStatus.HELD, "still_held")
    assert "15 % of line-section peak load" in mark.words
    letter = Notice.objects.get(template="application_still_held")
    assert "15 % of line-section peak load" in letter.body


@pytest.fixture
def held_at_harbour(
    ada: User,
    ada_customer: Customer,
    tariff_version: TariffVersion,
    enzo: User,
    olga: User,
    at: datetime,
) -> InterconnectionApplication:
    """On a feeder with a model, where nobody knows what the screens ask for."""
    model = feeders.feeder("HARBOUR")
    keep_version(
        name=model.name, circuit=circuit_of(model), source_name="seed", source_sha256="",
        remarks=(), at=at, by="enzo",
    )  # fmt: skip
    point = make_usage_point(ada_customer, phases="ABC")
    connect_usage_point(usage_point=point, feeder=load_feeder(model=model), phases="ABC")
    application = waiting(ada, point, tariff_version, at)
    confirm_decision(decision=proposed(application, enzo, DecisionVerdict.HOLD), at=at, by=olga)
    application.refresh_from_db()
    return application


@pytest.mark.parametrize(
    ("verdict", "status", "outcome", "template"),
    [
        ("pass", ApplicationStatus.IN_REVIEW, "released", "application_resumed"),
        ("fail", ApplicationStatus.HELD, "still_held", "application_still_held"),
        ("inconclusive", ApplicationStatus.HELD, "still_held", "application_still_held"),
    ],
)
def test_the_end_of_its_study_releases_it_or_says_why_not(
    held_at_harbour: InterconnectionApplication,
    enzo: User,
    at: datetime,
    verdict: str,
    status: str,
    outcome: str,
    template: str,
) -> None:
    held = held_at_harbour
    assert put_upgrade_in_service(upgrade=NetworkUpgrade.objects.get(), at=at, by=enzo) == []
    mark = held.restudies.get()
    study = mark.study
    assert study is not None, mark.words
    assert answer_restudies(at=at) == 0  # it has not ended
    study.move(StudyStatus.RUNNING, at=at, by="worker")
    study.move(StudyStatus.DONE, at=at, by="worker", verdict=verdict, result=b"x")

    assert answer_restudies(at=at) == 1

    held.refresh_from_db()
    assert held.status == status
    assert held.restudies.get().outcome == outcome
    assert Notice.objects.filter(template=template).count() == 1
    assert answer_restudies(at=at) == 0
