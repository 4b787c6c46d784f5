"""Who stood behind an application that goes is studied again, once for each cause (IC-1, IC-4)."""

from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from customers.models import Customer, TariffVersion
from derms.accounts.models import User
from interconnection import tasks
from interconnection.models import (
    Bus,
    InterconnectionApplication,
    Restudy,
    ServiceConnection,
    Study,
)
from interconnection.powerflow import feeders
from interconnection.powerflow.facts import circuit_of
from interconnection.selectors.studies import studied_circuit
from interconnection.services.application_studies import request_study
from interconnection.services.applications import withdraw_application
from interconnection.services.network import connect_usage_point, load_feeder
from interconnection.services.network_versions import keep_version
from interconnection.services.studying_again import settle_studied, study_those_marked
from interconnection.statuses import ApplicationStatus, RestudyOutcome, StudyStatus
from tests.factories import (
    make_agreement,
    make_application,
    make_unit,
    make_usage_point,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def queue(
    ada: User, ada_customer: Customer, tariff_version: TariffVersion, at: datetime
) -> list[InterconnectionApplication]:
    """Three of 8 kW on three phases of the harbour feeder, complete an hour after each other."""
    model = feeders.feeder("HARBOUR")
    keep_version(
        name=model.name, circuit=circuit_of(model), source_name="seed", source_sha256="",
        remarks=(), at=at, by="enzo",
    )  # fmt: skip
    feeder = load_feeder(model=model)
    made = []
    for number in range(3):
        point = make_usage_point(ada_customer, phases="ABC")
        connect_usage_point(usage_point=point, feeder=feeder, phases="ABC")
        application = make_application(
            point,
            agreement=make_agreement(point, tariff_version, accepted_by=ada),
            status=ApplicationStatus.IN_REVIEW,
            at=at + timedelta(hours=number),
        )
        make_unit(application)
        made.append(application)
    return made


def withdraw(application: InterconnectionApplication, at: datetime) -> None:
    withdraw_application(application=application, reason="Moved away.", at=at, by="cleo")


def names_in(study: Study) -> set[str]:
    return {inverter.name for inverter in studied_circuit(study).inverters}


def test_each_behind_gets_one_study_without_the_one_that_has_gone(
    queue: list[InterconnectionApplication], at: datetime
) -> None:
    first, second, third = queue
    withdraw(first, at)

    assert study_those_marked(at=at) == 2
    assert study_those_marked(at=at) == 0  # never twice for one cause

    last = Study.objects.get(application=third)
    assert Study.objects.count() == 2
    assert last.requested_by == "computer"
    assert {second.reference, third.reference} <= names_in(last)
    assert first.reference not in names_in(last)
    assert second.restudies.get().study == Study.objects.get(application=second)
    assert second.screening_runs.get().performed_by == "computer"
    assert not first.studies.exists()


def test_one_that_goes_while_a_study_waits_is_left_out_of_the_next_one(
    queue: list[InterconnectionApplication], at: datetime
) -> None:
    first, second, third = queue
    withdraw(first, at)
    study_those_marked(at=at)
    withdraw(second, at)

    assert study_those_marked(at=at) == 0  # the first is still under way
    running = Study.objects.get(application=third)
    assert second.reference in names_in(running)
    running.move(StudyStatus.CANCELLED, at=at, by="enzo", failure="Cancelled by enzo.")
    assert study_those_marked(at=at) == 1

    newest = Study.objects.filter(application=third).latest("pk")
    assert second.reference not in names_in(newest)
    assert [mark.study_id for mark in third.restudies.order_by("pk")] == [running.pk, newest.pk]


def test_the_worker_studies_and_the_mark_says_what_came_of_it(
    queue: list[InterconnectionApplication], enzo: User
) -> None:
    first, second, _ = queue
    withdraw(first, timezone.now())
    tasks.study_again()
    tasks.run_studies()
    mark = second.restudies.get()
    assert mark.outcome == RestudyOutcome.OPEN

    tasks.study_again()

    mark.refresh_from_db()
    assert mark.study is not None
    assert mark.study.status == StudyStatus.DONE
    assert (mark.outcome, mark.words) == ("done", f"{mark.study} says {mark.study.verdict}.")
    assert Study.objects.count() == 2


def test_pages_show_how_far_the_study_is(
    queue: list[InterconnectionApplication], enzo: User, at: datetime
) -> None:
    first, second, _ = queue
    withdraw(first, at)
    study_those_marked(at=at)
    study = Study.objects.get(application=second)
    study.move(StudyStatus.RUNNING, at=at, by="worker", progress_pct=40)
    engineer = Client()
    engineer.force_login(enzo)

    listed = engineer.get(reverse("engineering_queue")).content.decode()
    said = engineer.get(reverse("engineering_application", args=[second.reference]))

    assert f"{first.reference} ahead has gone (study {study.pk} running 40 %)" in listed
    body = said.content.decode()
    assert "The computer has queued a study without it" in body
    assert f'value="40" aria-label="Progress of study {study.pk}"' in body
    assert 'hx-trigger="every 3s"' in body


def test_without_a_model_the_mark_says_why_and_waits_for_an_engineer(
    queue: list[InterconnectionApplication], at: datetime
) -> None:
    first, second, _ = queue
    withdraw(first, at)
    connection = Restudy.objects.filter(application=second)
    feeder = load_feeder(model=feeders.feeder("MILLBROOK"))
    move_to(second, feeder.pk)

    assert study_those_marked(at=at) == 1  # the third one
    assert study_those_marked(at=at) == 0

    mark = connection.get()
    assert (mark.outcome, mark.study) == ("open", None)
    assert "Feeder MILLBROOK has no network model" in mark.words


def move_to(application: InterconnectionApplication, feeder_id: int) -> None:
    connection = ServiceConnection.objects.get(usage_point=application.usage_point)
    transformer = connection.transformer
    transformer.bus = Bus.objects.filter(feeder_id=feeder_id, phases="ABC")[0]
    transformer.save(update_fields=["bus"])


def test_what_is_with_operations_is_studied_when_it_comes_back(
    queue: list[InterconnectionApplication], at: datetime
) -> None:
    first, second, _ = queue
    second.move(ApplicationStatus.DECISION_PROPOSED, at=at, by="enzo")
    withdraw(first, at)
    assert study_those_marked(at=at) == 1
    assert not second.studies.exists()

    second.move(ApplicationStatus.IN_REVIEW, at=at, by="olga")

    assert study_those_marked(at=at) == 1
    assert second.studies.count() == 1


def test_a_study_that_fails_leaves_the_mark_open_with_its_words(
    queue: list[InterconnectionApplication], at: datetime
) -> None:
    first, second, third = queue
    request_study(application=third, at=at, by="enzo")  # an engineer was faster
    withdraw(first, at)
    study_those_marked(at=at)
    study = second.studies.get()
    study.move(StudyStatus.FAILED, at=at, by="worker", failure="The engine did not answer.")

    assert settle_studied(at=at) == 1
    assert settle_studied(at=at) == 0

    mark = second.restudies.get()
    assert mark.outcome == RestudyOutcome.OPEN
    assert "The engine did not answer." in mark.words
    assert third.restudies.get().study is None
