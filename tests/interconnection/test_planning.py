"""Planning: capacity maps, what-ifs, risk by hour, the other feed, the report (IC-4, IC-9)."""

import io
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pypdf import PdfReader

from customers.models import TariffVersion
from derms.accounts.models import User
from derms.lib.errors import NotFound, Refused
from interconnection.models import Study
from interconnection.powerflow import feeders
from interconnection.powerflow.circuit import Circuit, LineKind
from interconnection.powerflow.facts import circuit_of
from interconnection.powerflow.switching import alternate_feed
from interconnection.selectors.planning import feeder_plans
from interconnection.selectors.studies import capacity_of, distances_of, result_of, studied_circuit
from interconnection.services import application_studies as studies
from interconnection.services import planning
from interconnection.services.network_versions import keep_version
from interconnection.services.planning import Growth, PlannedDer
from interconnection.statuses import StudyKind, StudyStatus
from tests.interconnection.test_studies import asked, harbour, run_what_waits

pytestmark = pytest.mark.django_db
HARBOUR = circuit_of(feeders.feeder("HARBOUR"))
TODAY = Growth()


@pytest.fixture
def engineer(enzo: User) -> Client:
    client = Client()
    client.force_login(enzo)
    return client


def with_tie(circuit: Circuit) -> Circuit:
    """The harbour with an open switch from the far end of its trunk back to its head."""
    trunk = [line for line in circuit.lines if line.receiving.bus.startswith("T")]
    tie = replace(
        trunk[1], name="tie", kind=LineKind.SWITCH, is_open=True,
        sending=trunk[0].receiving, receiving=trunk[-1].receiving,
    )  # fmt: skip
    return replace(circuit, lines=(*circuit.lines, tie))


def what_if(at: datetime, *lines: PlannedDer, growth: Growth = TODAY) -> Study:
    planning.request_what_if(
        feeder="HARBOUR", title="Quay", planned=lines, growth=growth, at=at, by="enzo"
    )
    return run_what_waits(at)


def test_capacity_map_has_every_point_and_what_binds_there(at: datetime) -> None:
    harbour(at)
    planning.request_capacity_map(feeder="HARBOUR", at=at, by="enzo")

    done = run_what_waits(at)

    found = capacity_of(done)
    assert found is not None
    assert {point.bus for point in found.points} == set(HARBOUR.buses) - {HARBOUR.source.bus}
    bound = [point for point in found.points if point.binding != "none"]
    assert len(bound) > 10
    assert all(point.where and point.capacity_w < 10_000_000 for point in bound)
    assert done.engine.startswith("OpenDSS")
    assert (done.kind, done.status) == (StudyKind.CAPACITY, StudyStatus.DONE)


def test_second_map_of_a_version_waits_for_the_first(at: datetime) -> None:
    harbour(at)
    planning.request_capacity_map(feeder="HARBOUR", at=at, by="enzo")

    with pytest.raises(studies.StudyUnderWay):
        planning.request_capacity_map(feeder="HARBOUR", at=at, by="enzo")


def test_what_if_studies_all_of_them_at_once_and_growth_makes_room(at: datetime) -> None:
    harbour(at)
    der = (PlannedDer("T5", "ABC", 900_000), PlannedDer("T8", "A", 60_000))

    today, grown = (
        result_of(what_if(at, *der, growth=growth)) for growth in (Growth(), Growth(load_pct=40))
    )

    assert today is not None
    assert grown is not None
    assert today.scenarios[0].with_der.head_w < today.scenarios[0].without.head_w - 900_000
    assert grown.scenarios[0].without.head_w > 1.3 * today.scenarios[0].without.head_w


@pytest.mark.parametrize(
    ("bus", "phases", "words"),
    [("nowhere", "ABC", "no bus nowhere"), ("T5", "AB", "Phases are"), ("T5", "", "Phases are")],
)
def test_what_cannot_stand_there_is_refused_in_words(
    at: datetime, bus: str, phases: str, words: str
) -> None:
    harbour(at)

    with pytest.raises((NotFound, Refused), match=words):
        what_if(at, PlannedDer(bus, phases, 1000))
    assert not Study.objects.exists()


def test_year_of_a_study_counts_hours_and_is_repeated_in_its_pages(
    at: datetime, engineer: Client
) -> None:
    harbour(at)

    done = what_if(at, PlannedDer("T10", "ABC", 5_000_000))

    result = result_of(done)
    assert result is not None
    assert result.year_with is not None
    assert result.year_without is not None
    assert result.year_with.hours == 8760
    assert result.year_without.reverse_hours == 0 < result.year_with.reverse_hours
    assert result.year_with.outside_hours is not None
    assert result.year_with.reverse_hours == sum(w < 0 for w in result.year_with.head_w)
    page = engineer.get(reverse("engineering_study", args=[done.pk])).content.decode()
    assert f"{result.year_with.reverse_hours:,} h" in page
    assert "A year in hours" in page
    assert "What if" in page
    assert "Single line of HARBOUR" in page


def test_report_has_verdict_tables_and_plots_of_the_page(at: datetime, engineer: Client) -> None:
    harbour(at)
    done = what_if(at, PlannedDer("T5", "ABC", 900_000))

    answer = engineer.get(reverse("engineering_study_report", args=[done.pk]))

    text = "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages)
    assert answer["Content-Type"] == "application/pdf"
    for words in (
        "Voltage along the feeder", "Duration curve", "Highest voltage", "What was assumed",
        done.version.circuit_sha256[:16], "OpenDSS",
    ):  # fmt: skip
        assert words in text


def test_study_without_a_result_has_no_report(at: datetime, engineer: Client) -> None:
    harbour(at)
    waiting = planning.request_capacity_map(feeder="HARBOUR", at=at, by="enzo")

    assert engineer.get(reverse("engineering_study_report", args=[waiting.pk])).status_code == 404


def test_planner_makes_a_map_and_a_plan_on_pages(at: datetime, engineer: Client) -> None:
    harbour(at)
    page = reverse("engineering_planning_feeder", args=["HARBOUR"])

    empty = engineer.get(page).content.decode()
    engineer.post(reverse("engineering_planning_capacity", args=["HARBOUR"]))
    run_what_waits(at)
    mapped = engineer.get(page).content.decode()
    answer = engineer.post(
        page, {"title": "Quay", "der": "T5 ABC 400\nT8 A 20", "load_growth_pct": "10",
               "der_growth_pct": "0"},
    )  # fmt: skip

    assert "No map of this feeder" in empty
    assert "capacity-map" in mapped
    study = Study.objects.get(kind=StudyKind.WHAT_IF)
    assert answer["Location"] == reverse("engineering_study", args=[study.pk])
    assert len([i for i in studied_circuit(study).inverters if i.is_proposed]) == 2
    assert "Quay" in engineer.get(reverse("engineering_planning")).content.decode()


@pytest.mark.parametrize(
    ("der", "words"),
    [
        ("T5 ABC", "Line 1 is"),
        ("T5 ABC 400\nT8 A lots", "Line 2 is"),
        ("T5 ABC -3", "more than 0"),
        ("T5 ABC nan", "more than 0"),
        ("X99 ABC 5", "has no bus X99"),
        ("\x00", "Null characters"),
        ("", "required"),
    ],
)
def test_form_says_which_line_is_wrong(
    at: datetime, engineer: Client, der: str, words: str
) -> None:
    harbour(at)

    answer = engineer.post(
        reverse("engineering_planning_feeder", args=["HARBOUR"]),
        {"title": "Quay", "der": der, "load_growth_pct": "0", "der_growth_pct": "0"},
    )

    assert answer.status_code == 422
    assert words in answer.content.decode()


def test_map_of_an_earlier_version_says_so(at: datetime, engineer: Client) -> None:
    harbour(at)
    planning.request_capacity_map(feeder="HARBOUR", at=at, by="enzo")
    run_what_waits(at)
    keep_version(
        name="HARBOUR", circuit=with_tie(HARBOUR), source_name="later", source_sha256="",
        remarks=(), at=at, by="enzo",
    )  # fmt: skip

    page = engineer.get(reverse("engineering_planning_feeder", args=["HARBOUR"])).content.decode()

    assert "of an earlier version" in page


def test_customers_find_no_planning(at: datetime, ada: User) -> None:
    harbour(at)
    client = Client()
    client.force_login(ada)

    assert client.get(reverse("engineering_planning")).status_code in {403, 404}


def test_risk_by_hour_is_highest_around_noon_and_zero_at_night(
    ada: User, tariff_version: TariffVersion, at: datetime
) -> None:
    feeder = harbour(at)
    application = asked(ada, feeder, tariff_version, active_power_w=3_000_000, at=at)
    application.complete_at = at
    application.save(update_fields=["complete_at"])

    (plan,) = feeder_plans()

    by_hour = {risk.hour: risk for risk in plan.risks}
    assert by_hour[2].generation_pct == 0
    assert max(plan.risks, key=lambda risk: risk.generation_pct).hour in {10, 11, 12, 13}
    assert plan.worst is not None
    assert plan.reverse_hours is not None


def test_other_feed_opens_one_switch_closes_another_and_stays_radial() -> None:
    circuit = with_tie(HARBOUR)
    far = circuit.lines[-1].receiving.bus

    feed = alternate_feed(circuit, far)

    assert feed is not None
    assert feed.closed == "tie"
    switched = {line.name: line.is_open for line in feed.circuit.lines}
    assert switched[feed.opened]
    assert not switched["tie"]
    before, after = distances_of(circuit), distances_of(feed.circuit)
    assert after.keys() == before.keys()
    assert after[far] < before[far]


def test_without_an_open_switch_there_is_no_other_feed() -> None:
    assert alternate_feed(HARBOUR, HARBOUR.buses[-1]) is None
    assert alternate_feed(HARBOUR, "nowhere") is None


def test_contingency_feed_is_studied_and_shown(at: datetime, engineer: Client) -> None:
    harbour(at)
    circuit = with_tie(HARBOUR)
    keep_version(
        name="HARBOUR", circuit=circuit, source_name="later", source_sha256="", remarks=(), at=at,
        by="enzo",
    )  # fmt: skip

    done = what_if(at, PlannedDer(circuit.lines[-1].receiving.bus, "ABC", 300_000))

    result = result_of(done)
    assert result is not None
    assert [scenario.moment for scenario in result.contingency] == [
        "Peak load", "Minimum daytime load",
    ]  # fmt: skip
    assert any("tie closed" in words for words in done.assumptions)
    page = engineer.get(reverse("engineering_study", args=[done.pk])).content.decode()
    assert "Fed from the alternate side: Peak load" in page


def test_two_plans_stand_side_by_side_in_pictures_table_and_csv(
    engineer: Client, at: datetime
) -> None:
    harbour(at)
    small, large = (what_if(at, PlannedDer("T9", "ABC", w)) for w in (400_000, 4_000_000))
    url = reverse("engineering_plan_comparison", args=["HARBOUR"])
    chosen = {"one": small.pk, "other": large.pk}

    page = engineer.get(url, chosen).content.decode()
    same = engineer.get(url, {"one": small.pk, "other": small.pk})
    table: Any = engineer.get(f"{url}.csv", chosen)

    lines = b"".join(table.streaming_content).decode("utf-8-sig").splitlines()
    assert page.count("volt-profile") >= 2 * 2
    assert "Highest voltage" in page
    assert same.status_code == 422
    assert "Choose two different ones" in same.content.decode()
    assert lines[0].startswith("Scenario,Criterion")
    assert len(lines) > 10
