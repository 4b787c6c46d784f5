"""What could not be decided without a network is looked at again when it comes (IC-2, IC-3)."""

from datetime import datetime

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from customers.models import Customer, TariffVersion
from derms.accounts.models import User
from interconnection import tasks
from interconnection.models import InterconnectionApplication, LineSection, Study
from interconnection.powerflow import feeders
from interconnection.powerflow.facts import circuit_of
from interconnection.services.network import load_feeder
from interconnection.services.network_facts import NetworkFact, record_facts
from interconnection.services.network_versions import keep_network
from interconnection.services.screening import run_screens
from interconnection.services.studying_again import study_those_marked
from interconnection.statuses import ApplicationStatus, RestudyOutcome, ScreenOutcome
from tests.factories import make_agreement, make_application, make_unit, make_usage_point

pytestmark = pytest.mark.django_db


@pytest.fixture
def application(
    ada: User, ada_customer: Customer, tariff_version: TariffVersion, at: datetime
) -> InterconnectionApplication:
    """Ada's 8 kW, screened while nobody knew where her meter hangs."""
    point = make_usage_point(ada_customer, phases="ABC")
    made = make_application(
        point, agreement=make_agreement(point, tariff_version, accepted_by=ada),
        status=ApplicationStatus.IN_REVIEW, at=at,
    )  # fmt: skip
    make_unit(made)
    run_screens(application=made, at=at, by="computer")
    return made


@pytest.fixture
def engineer(enzo: User) -> Client:
    client = Client()
    client.force_login(enzo)
    return client


def review(client: Client, application: InterconnectionApplication) -> str:
    url = reverse("engineering_application", args=[application.reference])
    return client.get(url).content.decode()


def test_connecting_a_service_point_on_its_page_screens_and_studies_what_waited(
    engineer: Client, application: InterconnectionApplication, at: datetime
) -> None:
    model = feeders.feeder("HARBOUR")
    load_feeder(model=model)
    keep_network(
        name="HARBOUR", circuit=circuit_of(model), source_name="seed", content=b"", remarks=(),
        at=at, by="enzo",
    )  # fmt: skip
    waits = review(engineer, application)
    url = reverse("engineering_service_connection", args=[application.usage_point.meter_number])

    wrong = engineer.post(url, {"feeder": "HARBOUR", "bus": "X99", "phases": "ABC"})
    answer = engineer.post(url, {"feeder": "HARBOUR", "bus": "T9", "phases": "ABC"}, follow=True)
    tasks.study_again()
    mark = application.restudies.get()
    queued = review(engineer, application)
    tasks.run_studies()
    tasks.study_again()

    assert application.screening_runs.earliest("pk").standing == ScreenOutcome.INCONCLUSIVE
    assert "Waits for the network model" in waits
    assert wrong.status_code == 422
    assert "Feeder HARBOUR has no bus X99." in wrong.content.decode()
    assert "at bus T9" in answer.content.decode()
    assert application.screening_runs.count() == 2
    assert "The computer has queued a study" in queued
    mark.refresh_from_db()
    assert mark.outcome == RestudyOutcome.DONE
    assert "What was missing" not in review(engineer, application)
    assert "Looked at again by the computer" in review(engineer, application)


def test_first_model_of_a_feeder_is_enough_to_study_what_waited(
    engineer: Client, application: InterconnectionApplication, at: datetime
) -> None:
    feeder = load_feeder(model=feeders.feeder("HARBOUR"))
    url = reverse("engineering_service_connection", args=[application.usage_point.meter_number])
    engineer.post(url, {"feeder": feeder.name, "bus": "T9", "phases": "ABC"})
    tasks.study_again()
    waits = review(engineer, application)
    without_model = Study.objects.count()

    keep_network(
        name="HARBOUR", circuit=circuit_of(feeders.feeder("HARBOUR")), source_name="seed",
        content=b"", remarks=(), at=at, by="enzo",
    )  # fmt: skip
    study_those_marked(at=timezone.now())

    assert "Feeder HARBOUR has no network model" in waits
    assert without_model == 0
    assert Study.objects.get().application == application


def test_missing_fact_that_is_entered_runs_the_screens_again_once(
    engineer: Client, application: InterconnectionApplication, at: datetime
) -> None:
    feeder = load_feeder(model=feeders.feeder("HARBOUR"))
    url = reverse("engineering_service_connection", args=[application.usage_point.meter_number])
    engineer.post(url, {"feeder": feeder.name, "bus": "T9", "phases": "ABC"})
    study_those_marked(at=at)
    runs = application.screening_runs.count()
    section = LineSection.objects.filter(feeder=feeder).earliest("pk")
    fact = NetworkFact("section", "HARBOUR", section.name, "interrupting_rating_a", "12500")

    record_facts(facts=[fact], at=at, by="enzo")
    record_facts(facts=[fact], at=at, by="enzo")

    assert "for facts of the network" in review(engineer, application)
    assert study_those_marked(at=at) == 1
    assert study_those_marked(at=at) == 0
    assert application.screening_runs.count() == runs + 1
    assert not Study.objects.exists()
