"""An application that feeds in less than it could: which screen counts what (IC-3)."""

from dataclasses import replace

import pytest

from interconnection.screening.result import Outcome, ScreenResult
from interconnection.screening.rules import RULE21, SGIP, RuleSet
from interconnection.screening.screens import evaluate, largest_for
from tests.interconnection.screening.cases import case, sized

# 15 % of the section's 2 MW peak are 300 kW.
LIMITED = {"section": {"minimum_daytime_load_w": 400_000}, "transformer": {"rated_va": 900_000,
           "secondary_a": 4_000, "phases": "ABC"}}  # fmt: skip


def answers(export_w: int | None, rules: RuleSet = SGIP) -> dict[str, ScreenResult]:
    given = case(proposed=sized(500_000, export_w=export_w), **LIMITED)
    return {one.words.code: one for one in evaluate(given, rules)}


@pytest.mark.parametrize(
    ("export_w", "outcome"),
    [(300_000, Outcome.PASS), (300_001, Outcome.FAIL), (None, Outcome.FAIL)],
)
def test_penetration_counts_what_may_be_fed_in(export_w: int | None, outcome: Outcome) -> None:
    found = answers(export_w)["section_peak"]

    assert found.outcome == outcome
    assert found.value == (export_w or 500_000)
    assert ("export limit" in found.reason) == (export_w is not None)


def test_the_words_say_which_figure_was_counted_and_by_which_rule() -> None:
    found = answers(300_000)["section_peak"]

    assert "Counted with the export limit of 300 kW, not the nameplate of 500 kW" in found.reason
    assert "FERC SGIP 4.10.3" in found.reason
    assert "Up to 300 kW of export would pass." in found.reason
    assert {one.key: one.value for one in found.inputs}["nameplate"] == 500_000


@pytest.mark.parametrize("code", ["fault_current", "interrupting", "transformer_rating"])
def test_currents_and_ratings_stay_with_the_nameplate(code: str) -> None:
    limited, whole = answers(300_000)[code], answers(None)[code]

    assert limited.value == whole.value
    assert limited.reason.endswith("Counted with the nameplate of 500 kW, not the export limit.")


def test_rule_21_counts_gross_ratings_everywhere() -> None:
    limited, whole = answers(100_000, RULE21), answers(None, RULE21)

    assert {code: one.value for code, one in limited.items()} == {
        code: one.value for code, one in whole.items()
    }
    assert "not the export limit" in limited["hosting"].reason


def test_a_limit_that_passes_sets_no_limit_on_the_nameplate() -> None:
    given = case(proposed=sized(500_000, export_w=100_000), **LIMITED)

    largest_w = largest_for(given, SGIP)
    assert largest_w is None or largest_w > 300_000
    assert largest_for(replace(given, proposed=sized(500_000)), SGIP) == 300_000


@pytest.mark.parametrize("export_w", [0, 500_000, 600_000])
def test_a_limit_that_limits_nothing_changes_nothing(export_w: int) -> None:
    assert answers(export_w) == answers(None)
