"""A tariff says in words whom and what it does not admit (CS-2)."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from customers.tariffs.eligibility import (
    SiteFacts,
    TariffRules,
    UnitFacts,
    check_all,
    check_group_membership,
    check_site,
    check_units,
)
from tests.factories import AT

RULES = TariffRules(
    name="Solar Partner",
    technologies=frozenset({"photovoltaic"}),
    apparent_power_max_va=10_000,
    phases=frozenset({"A", "B"}),
    required_communication="monitor_and_control",
    may_join_groups=True,
    dispatches_per_month_max=2,
    active_from=AT - timedelta(days=10),
    active_to=AT + timedelta(days=10),
)
PV = UnitFacts(name="roof", technology="photovoltaic", apparent_power_max_va=8_000)


def test_what_fits_has_no_finding() -> None:
    assert check_all(RULES, SiteFacts(phases="A"), [PV], at=AT) == ()


@pytest.mark.parametrize(
    ("rules", "at", "is_admitted"),
    [
        (RULES, RULES.active_from, True),
        (RULES, RULES.active_from - timedelta(microseconds=1), False),
        (RULES, AT + timedelta(days=10), False),
        (replace(RULES, active_to=None), AT + timedelta(days=10), True),
    ],
)
def test_a_version_is_in_force_from_its_first_moment_to_before_its_last(
    rules: TariffRules, at: datetime, is_admitted: bool
) -> None:
    findings = check_site(rules, SiteFacts(phases="A"), at=at)

    assert [finding.code for finding in findings] == ([] if is_admitted else ["not_in_force"])


def test_other_phases_are_named() -> None:
    (finding,) = check_site(RULES, SiteFacts(phases="ABC"), at=AT)

    assert finding.code == "phases"
    assert finding.words == (
        "Solar Partner is for connections on phase A or phase B; this service point is three-phase."
    )


def test_another_technology_is_refused_by_its_name() -> None:
    battery = UnitFacts(name="cellar", technology="battery", apparent_power_max_va=1_000)

    (finding,) = check_units(RULES, [PV, battery])

    assert finding.code == "technology"
    assert "does not admit battery storage (cellar)" in finding.words


@pytest.mark.parametrize(("total_va", "codes"), [(10_000, []), (10_001, ["size"])])
def test_the_size_counts_all_units_together_and_the_limit_itself_is_admitted(
    total_va: int, codes: list[str]
) -> None:
    second = replace(PV, apparent_power_max_va=total_va - PV.apparent_power_max_va)

    findings = check_units(RULES, [PV, second])

    assert [finding.code for finding in findings] == codes


@pytest.mark.parametrize(
    ("rules", "dispatches", "codes"),
    [
        (RULES, 1, []),
        (RULES, 2, ["dispatches_used_up"]),
        (replace(RULES, dispatches_per_month_max=None), 99, []),
        (replace(RULES, may_join_groups=False), 0, ["groups"]),
        (replace(RULES, required_communication="monitor"), 0, ["communication"]),
    ],
)
def test_groups_are_admitted_as_the_tariff_says(
    rules: TariffRules, dispatches: int, codes: list[str]
) -> None:
    findings = check_group_membership(rules, dispatches_this_month=dispatches)

    assert [finding.code for finding in findings] == codes
