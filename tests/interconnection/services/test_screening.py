"""Screens on real rows: what counts, what is kept, when they may run (IC-3)."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError

from customers.models import TariffVersion, UsagePoint
from derms.accounts.models import User
from interconnection.models import (
    Feeder,
    InterconnectionApplication,
    LineSection,
    ScreeningResult,
    ScreeningRun,
)
from interconnection.selectors.network import connection_of
from interconnection.selectors.screening import latest_run, screening_case
from interconnection.services.screening import NotInReview, run_screens
from interconnection.statuses import ApplicationStatus, Technology
from tests.factories import (
    connect,
    make_agreement,
    make_application,
    make_customer,
    make_der,
    make_person,
    make_transformer,
    make_unit,
    make_usage_point,
    nameplate,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def application(
    ada: User, ada_point: UsagePoint, tariff_version: TariffVersion
) -> InterconnectionApplication:
    """Ada's 8 kW PV and 5 kW battery, in review."""
    agreement = make_agreement(ada_point, tariff_version, accepted_by=ada)
    application = make_application(
        ada_point, agreement=agreement, status=ApplicationStatus.IN_REVIEW
    )
    make_unit(application)
    make_unit(application, technology=Technology.BATTERY)
    return application


def neighbour(
    feeder: Feeder, tariff_version: TariffVersion, *, complete_at: datetime, size_w: int
) -> InterconnectionApplication:
    person = make_person(f"neighbour{InterconnectionApplication.objects.count()}")
    point = make_usage_point(make_customer(f"{person.username} Doe"))
    connect(point, make_transformer(feeder))
    agreement = make_agreement(point, tariff_version, accepted_by=person)
    application = make_application(
        point, agreement=agreement, status=ApplicationStatus.IN_REVIEW, at=complete_at
    )
    make_unit(application, **sized(size_w))
    return application


def sized(active_power_w: int) -> dict[str, Any]:
    return dict(nameplate(active_power_w=active_power_w))


def figures(run: ScreeningRun, code: str) -> dict[str, object]:
    return {one["key"]: one["value"] for one in run.results.get(code=code).inputs}


def test_a_small_application_on_an_empty_feeder_passes_every_screen(
    application: InterconnectionApplication, at: datetime
) -> None:
    run = run_screens(application=application, at=at, by="enzo")

    outcomes = dict(run.results.values_list("code", "outcome"))
    assert outcomes == {
        "fast_track": "pass",
        "tariff_portion": "pass",
        "section_peak": "pass",
        "network_service": "not_applicable",
        "fault_current": "pass",
        "interrupting": "pass",
        "line_configuration": "pass",
        "shared_secondary": "not_applicable",
        "centre_tap": "pass",
        "stability": "pass",
        "construction": "pass",
        "transformer_rating": "pass",
        "feeder_capacity": "pass",
        "section_minimum": "pass",
        "voltage_quality": "skipped",
        "safety": "skipped",
    }
    assert (run.standing, run.largest_passing_w) == ("pass", 50_000)
    assert run.rule_set == "SGIP"
    assert run.performed_by == "enzo"
    assert run.inputs["proposed"]["active_power_w"] == 13_000
    assert "absolute minimum" in run.results.get(code="section_minimum").reason


def test_connected_der_and_those_ahead_in_the_queue_count_but_not_those_behind(
    application: InterconnectionApplication,
    ben: User,
    ben_point: UsagePoint,
    f12: Feeder,
    tariff_version: TariffVersion,
    at: datetime,
) -> None:
    make_der(
        ben_point,
        make_agreement(ben_point, tariff_version, accepted_by=ben),
        **sized(21_000),
    )
    neighbour(f12, tariff_version, complete_at=at - timedelta(hours=1), size_w=3_000)
    neighbour(f12, tariff_version, complete_at=at + timedelta(hours=1), size_w=40_000)

    run = run_screens(application=application, at=at, by="enzo")

    seen = figures(run, "feeder_capacity")
    assert (seen["connected"], seen["queued"], seen["proposed"]) == (21_000, 3_000, 13_000)


def test_what_hangs_on_fewer_phases_is_told_by_its_phases(
    application: InterconnectionApplication,
    ben: User,
    ben_point: UsagePoint,
    f12: Feeder,
    tariff_version: TariffVersion,
    at: datetime,
) -> None:
    make_der(
        ben_point,
        make_agreement(ben_point, tariff_version, accepted_by=ben),
        **sized(21_000),
    )
    ahead = neighbour(f12, tariff_version, complete_at=at - timedelta(hours=1), size_w=3_000)
    wide = neighbour(f12, tariff_version, complete_at=at - timedelta(hours=1), size_w=9_000)
    for point, phases in ((ahead.usage_point, "BC"), (wide.usage_point, "ABC")):
        connection = connection_of(point)
        assert connection is not None
        connection.transformer.phases = phases
        connection.transformer.save()

    case = screening_case(application)

    assert case.feeder is not None
    by_phases = dict(case.feeder.on_phases_va)
    assert by_phases.keys() == {"A", "BC"}
    assert by_phases["BC"] >= 3_000
    assert by_phases["A"] >= 21_000
    assert case.point is not None
    assert case.point.ground_fault_a == 4_000
    assert case.transformer is not None
    assert (case.transformer.secondary_a, case.transformer.secondary_voltage_v) == (400, 240)


def test_a_retired_der_and_a_withdrawn_application_count_no_longer(
    application: InterconnectionApplication,
    ben: User,
    ben_point: UsagePoint,
    f12: Feeder,
    tariff_version: TariffVersion,
    at: datetime,
) -> None:
    agreement = make_agreement(ben_point, tariff_version, accepted_by=ben)
    make_der(ben_point, agreement, retired_at=at - timedelta(days=1))
    gone = neighbour(f12, tariff_version, complete_at=at - timedelta(hours=1), size_w=3_000)
    gone.move(ApplicationStatus.WITHDRAWN, at=at, by="ada")

    run = run_screens(application=application, at=at, by="enzo")

    seen = figures(run, "section_peak")
    assert (seen["connected"], seen["queued"]) == (0, 0)


def test_a_section_upstream_sees_the_generation_of_those_beyond(
    application: InterconnectionApplication,
    ben: User,
    ben_point: UsagePoint,
    f12: Feeder,
    tariff_version: TariffVersion,
    at: datetime,
) -> None:
    head = f12.sections.get()
    outer = LineSection.objects.create(
        feeder=f12,
        name="2",
        head_device="recloser",
        upstream=head,
        peak_load_w=500_000,
        minimum_load_w=100_000,
        minimum_daytime_load_w=150_000,
    )
    make_der(
        ben_point,
        make_agreement(ben_point, tariff_version, accepted_by=ben),
        **sized(21_000),
    )
    bus = f12.buses.get()
    bus.section = outer
    bus.save(update_fields=["section"])

    run = run_screens(application=application, at=at, by="enzo")

    seen = figures(run, "section_minimum")
    assert seen["there_2"] == seen["there_1"] == 21_000
    assert figures(run, "section_peak")["peak_load"] == 500_000


def test_neighbours_on_one_transformer_share_its_secondary(
    application: InterconnectionApplication,
    ada_point: UsagePoint,
    ben: User,
    tariff_version: TariffVersion,
    at: datetime,
) -> None:
    connection = connection_of(ada_point)
    assert connection is not None
    point = make_usage_point(make_customer("Ben Franklin", user=ben))
    connect(point, connection.transformer)
    make_der(
        point,
        make_agreement(point, tariff_version, accepted_by=ben),
        **sized(7_001),
    )

    run = run_screens(application=application, at=at, by="enzo")

    result = run.results.get(code="shared_secondary")
    assert result.outcome == "fail"
    assert result.value == 20_001
    assert result.largest_passing_w == 12_999


def test_missing_network_data_never_passes(
    application: InterconnectionApplication, f12: Feeder, at: datetime
) -> None:
    f12.sections.update(peak_load_w=None, minimum_load_w=None, minimum_daytime_load_w=None)

    run = run_screens(application=application, at=at, by="enzo")

    outcomes = dict(run.results.values_list("code", "outcome"))
    assert outcomes["section_peak"] == outcomes["section_minimum"] == "inconclusive"


def test_running_again_keeps_the_first_run(
    application: InterconnectionApplication, f12: Feeder, at: datetime
) -> None:
    first = run_screens(application=application, at=at, by="enzo")
    f12.sections.update(peak_load_w=1)

    second = run_screens(application=application, at=at + timedelta(minutes=1), by="enzo")

    assert first.results.get(code="section_peak").outcome == "pass"
    assert second.results.get(code="section_peak").outcome == "fail"
    assert latest_run(application) == second


def test_a_kept_result_cannot_be_changed(
    application: InterconnectionApplication, at: datetime
) -> None:
    run = run_screens(application=application, at=at, by="enzo")

    with pytest.raises(DatabaseError, match="Cannot update"):
        ScreeningResult.objects.filter(run=run).update(outcome="fail")


def test_a_draft_is_not_screened(ada_point: UsagePoint, at: datetime) -> None:
    draft = make_application(ada_point)

    with pytest.raises(NotInReview, match="draft"):
        run_screens(application=draft, at=at, by="enzo")

    assert ScreeningRun.objects.count() == 0
