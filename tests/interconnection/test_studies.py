"""Power-flow studies of an application: asked for, run, followed, cancelled, repeated (IC-4)."""

import json
import threading
import time
import zlib
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from customers.models import TariffVersion
from derms.accounts.models import User
from derms.lib.errors import Refused
from interconnection.models import Feeder, InterconnectionApplication, Study
from interconnection.powerflow import feeders
from interconnection.powerflow.child import Bounds, run_task
from interconnection.powerflow.facts import circuit_of
from interconnection.selectors.studies import result_of, study_task
from interconnection.services import application_studies as studies
from interconnection.services.network import connect_usage_point, load_feeder
from interconnection.services.network_versions import keep_version
from interconnection.services.watching import LEASE
from interconnection.statuses import ApplicationStatus, StudyStatus
from tests.factories import (
    make_agreement,
    make_application,
    make_customer,
    make_unit,
    make_usage_point,
)
from tests.interconnection.engineering import sized
from tests.interconnection.powerflow.test_child import runners

WORKER = "studies@here"


def harbour(at: datetime) -> Feeder:
    model = feeders.feeder("HARBOUR")
    keep_version(
        name=model.name, circuit=circuit_of(model), source_name="seed", source_sha256="",
        remarks=(), at=at, by="enzo",
    )  # fmt: skip
    return load_feeder(model=model)


def asked(
    person: User, feeder: Feeder, tariff: TariffVersion, *, active_power_w: int, at: datetime
) -> InterconnectionApplication:
    point = make_usage_point(make_customer(), phases="ABC")
    connect_usage_point(usage_point=point, feeder=feeder, phases="ABC")
    application = make_application(
        point, agreement=make_agreement(point, tariff, accepted_by=person),
        status=ApplicationStatus.IN_REVIEW, at=at,
    )  # fmt: skip
    make_unit(application, **sized(active_power_w))
    return application


@pytest.fixture
def application(
    ada: User, tariff_version: TariffVersion, at: datetime
) -> InterconnectionApplication:
    """Ada's 300 kW on three phases of the harbour feeder."""
    return asked(ada, harbour(at), tariff_version, active_power_w=300_000, at=at)


@pytest.fixture
def engineer(enzo: User) -> Client:
    client = Client()
    client.force_login(enzo)
    return client


def run_what_waits(at: datetime) -> Study:
    study = studies.take_next_study(at=at, worker=WORKER)
    assert study is not None
    studies.run_study_to_its_end(study=study, clock=timezone.now, worker=WORKER)
    return Study.objects.get(pk=study.pk)


@pytest.mark.django_db
def test_study_is_done_with_a_verdict_and_every_criterion(
    application: InterconnectionApplication, at: datetime
) -> None:
    studies.request_study(application=application, at=at, by="enzo")

    done = run_what_waits(at)

    result = result_of(done)
    assert done.status == StudyStatus.DONE
    assert done.engine.startswith("OpenDSS")
    assert result is not None
    assert done.verdict == result.verdict
    assert {s.moment for s in result.scenarios} == {"Peak load", "Minimum daytime load"}
    assert len(result.scenarios) == 4
    assert result.hosting is not None
    assert result.hosting.capacity_w > 0


@pytest.mark.django_db
def test_kept_task_gives_the_same_result_to_the_digit(
    application: InterconnectionApplication, at: datetime
) -> None:
    studies.request_study(application=application, at=at, by="enzo")
    done = run_what_waits(at)
    assert done.result is not None

    again = run_task("study", json.loads(zlib.decompress(bytes(done.task))))

    assert again == json.loads(zlib.decompress(bytes(done.result)))


@pytest.mark.django_db
def test_study_sees_those_ahead_in_the_queue_and_not_those_behind(
    application: InterconnectionApplication,
    ben: User,
    tariff_version: TariffVersion,
    at: datetime,
) -> None:
    feeder = Feeder.objects.get(name="HARBOUR")
    ahead, behind = (
        asked(ben, feeder, tariff_version, active_power_w=50_000, at=at + timedelta(hours=hours))
        for hours in (-1, 1)
    )

    circuit = study_task(application).task.circuit

    names = {inverter.name: inverter.is_proposed for inverter in circuit.inverters}
    assert names == {application.reference: True, ahead.reference: False}
    assert behind.reference not in names


@pytest.mark.django_db
def test_second_study_waits_for_the_first(
    application: InterconnectionApplication, at: datetime
) -> None:
    studies.request_study(application=application, at=at, by="enzo")

    with pytest.raises(studies.StudyUnderWay, match="is being studied"):
        studies.request_study(application=application, at=at, by="edda")

    assert Study.objects.count() == 1


@pytest.mark.django_db
def test_service_point_without_a_model_is_refused_in_words(
    ada: User, tariff_version: TariffVersion, f12: Feeder, at: datetime
) -> None:
    application = asked(ada, f12, tariff_version, active_power_w=5_000, at=at)

    with pytest.raises(Refused, match="Feeder F12 has no network model"):
        studies.request_study(application=application, at=at, by="enzo")


@pytest.mark.django_db
def test_study_whose_worker_died_is_taken_up_again_and_given_up_after_three(
    application: InterconnectionApplication, at: datetime
) -> None:
    studies.request_study(application=application, at=at, by="enzo")
    for attempt in range(3):
        later = at + attempt * 2 * LEASE
        assert studies.take_next_study(at=later, worker=WORKER) is not None
        assert studies.take_next_study(at=later, worker="another") is None

    assert studies.take_next_study(at=at + 10 * LEASE, worker=WORKER) is None

    study = Study.objects.get()
    assert study.status == StudyStatus.FAILED
    assert study.failure == "Its worker went away 3 times."


def make_it_long(study: Study, *, hours: int) -> None:
    task = json.loads(zlib.decompress(bytes(study.task)))
    task |= {"load_shares": [0.5] * hours, "generation_shares": [0.5] * hours}
    with connection.cursor() as cursor:
        packed = zlib.compress(json.dumps(task).encode(), 1)
        cursor.execute("update interconnection_study set task = %s", [packed])


def cancel_when_it_runs(study_id: int) -> None:
    while not Study.objects.filter(pk=study_id, progress_words__startswith="Year").exists():
        time.sleep(0.1)
    studies.cancel_study(study_id=study_id, at=timezone.now(), by="enzo")
    connection.close()


@pytest.mark.django_db(transaction=True)
def test_cancelling_a_running_study_ends_its_process(
    application: InterconnectionApplication, at: datetime
) -> None:
    asked_for = studies.request_study(application=application, at=at, by="enzo")
    make_it_long(asked_for, hours=500_000)
    taken = studies.take_next_study(at=timezone.now(), worker=WORKER)
    assert taken is not None
    canceller = threading.Thread(target=cancel_when_it_runs, args=(taken.pk,))
    canceller.start()

    studies.run_study_to_its_end(study=taken, clock=timezone.now, worker=WORKER)

    canceller.join()
    study = Study.objects.get()
    assert study.status == StudyStatus.CANCELLED
    assert study.result is None
    assert study.progress_words == "Year without the DER"


@pytest.mark.django_db
def test_no_study_is_called_done_without_a_result(
    application: InterconnectionApplication, at: datetime
) -> None:
    study = studies.request_study(application=application, at=at, by="enzo")

    with pytest.raises(DatabaseError), transaction.atomic():
        Study.objects.filter(pk=study.pk).update(status=StudyStatus.DONE)


@pytest.mark.django_db
def test_engineer_asks_follows_and_reads_on_pages(
    engineer: Client, application: InterconnectionApplication, at: datetime
) -> None:
    answer = engineer.post(reverse("engineering_study_request", args=[application.reference]))
    study = Study.objects.get()
    url = reverse("engineering_study", args=[study.pk])
    waiting = engineer.get(url).content.decode()
    run_what_waits(timezone.now())
    page = engineer.get(url).content.decode()
    part = engineer.get(url, headers={"HX-Request": "true"})

    assert answer["Location"] == url
    assert "Waits for a worker" in waiting
    assert "Peak load, unity power factor" in page
    assert "for comparison only" in page
    assert Study.objects.get().pictures is not None
    assert "volt-profile" in page
    assert part["HX-Refresh"] == "true"
    review = engineer.get(reverse("engineering_application", args=[application.reference]))
    assert f"Study {study.pk}" in review.content.decode()


@pytest.mark.django_db
def test_figures_of_each_picture_come_as_csv(
    engineer: Client, application: InterconnectionApplication, at: datetime
) -> None:
    studies.request_study(application=application, at=at, by="enzo")
    study = run_what_waits(at)

    def lines(name: str) -> list[str]:
        answer: Any = engineer.get(reverse("engineering_study_table", args=[study.pk, name]))
        return b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()

    result = result_of(study)
    assert result is not None
    scenarios = [*result.scenarios, *result.contingency]
    assert len(lines("voltages")) == 1 + sum(len(one.with_der.voltages) for one in scenarios)
    assert len(lines("loadings")) == 1 + sum(len(one.with_der.loadings) for one in scenarios)
    assert len(lines("criteria")) == 1 + sum(len(one.criteria) for one in scenarios)
    assert len(lines("duration")) == 1 + 8_760
    assert lines("duration")[0] == 'Hours,"Without, W","With the DER, W"'
    missing = engineer.get(reverse("engineering_study_table", args=[study.pk, "capacity"]))
    assert missing.status_code == 404


@pytest.mark.django_db
def test_study_that_runs_while_the_model_is_replaced_says_which_version_it_is_for(
    engineer: Client, application: InterconnectionApplication, at: datetime
) -> None:
    asked_for = studies.request_study(application=application, at=at, by="enzo")
    circuit = circuit_of(feeders.feeder("HARBOUR"))
    keep_version(
        name="HARBOUR", circuit=replace(circuit, loads=circuit.loads[1:]), source_name="later",
        source_sha256="", remarks=(), at=at, by="edda",
    )  # fmt: skip
    url = reverse("engineering_study", args=[asked_for.pk])
    running = engineer.get(url).content.decode()

    done = run_what_waits(at)

    page = engineer.get(url).content.decode()
    assert done.status == StudyStatus.DONE
    assert done.version.number == 1
    for text in (running, page):
        assert "This study is for HARBOUR version 1." in text
        assert "HARBOUR version 2 came in" in text


def kill_the_runner() -> None:
    while not (found := runners()):
        time.sleep(0.02)
    found[0].kill()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("bounds", "ending", "words"),
    [
        (Bounds(seconds=0.2), "timed_out", "Not ready after 0.2 s."),
        (Bounds(memory_bytes=300 * 1024**2), "out_of_memory", "more memory than a study is given"),
        (Bounds(), "engine_error", "The engine crashed (SIGKILL)."),
    ],
)
def test_study_that_ends_badly_says_how_and_that_it_is_no_pass(
    engineer: Client,
    application: InterconnectionApplication,
    at: datetime,
    bounds: Bounds,
    ending: str,
    words: str,
) -> None:
    asked_for = studies.request_study(application=application, at=at, by="enzo")
    if ending == "out_of_memory":
        make_it_long(asked_for, hours=2_000_000)
    taken = studies.take_next_study(at=at, worker=WORKER)
    assert taken is not None
    killer = threading.Thread(target=kill_the_runner)
    if ending == "engine_error":
        killer.start()

    studies.run_study_to_its_end(study=taken, clock=timezone.now, worker=WORKER, bounds=bounds)

    page = engineer.get(reverse("engineering_study", args=[taken.pk])).content.decode()
    again = engineer.post(reverse("engineering_study_request", args=[application.reference]))
    assert Study.objects.get(pk=taken.pk).ending == ending
    assert "there is no result, and that is no pass" in page
    assert words in page
    assert "Run it again" in page
    assert again.status_code == 302
    assert Study.objects.count() == 2


@pytest.mark.django_db
def test_cancelled_study_says_that_there_is_no_pass(
    engineer: Client, application: InterconnectionApplication, at: datetime
) -> None:
    study = studies.request_study(application=application, at=at, by="enzo")

    engineer.post(reverse("engineering_study_cancel", args=[study.pk]))

    page = engineer.get(reverse("engineering_study", args=[study.pk])).content.decode()
    assert "there is no result, and that is no pass" in page
    assert "Cancelled by enzo" in page


@pytest.mark.django_db
def test_customer_does_not_find_a_study(
    application: InterconnectionApplication, ada: User, at: datetime
) -> None:
    study = studies.request_study(application=application, at=at, by="enzo")
    client = Client()
    client.force_login(ada)

    assert client.get(reverse("engineering_study", args=[study.pk])).status_code in {403, 404}
