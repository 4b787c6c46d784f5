"""Which screens a rule set asks, which it skips and why, and what they say together."""

from dataclasses import replace
from fractions import Fraction

import pytest

from interconnection.screening.case import Judgement, NonExport, ScreeningCase
from interconnection.screening.result import Outcome, ScreenResult, worst
from interconnection.screening.rules import RULE21, RULE_SETS, SGIP, Gate, RuleSet
from interconnection.screening.screens import SCREENS, evaluate, largest_for, standing
from tests.interconnection.screening.cases import CASE, case, sized, there

PASS, FAIL, SKIPPED = Outcome.PASS, Outcome.FAIL, Outcome.SKIPPED
JUDGED = tuple(Judgement(code, True, "In order.", "enzo") for code in ("voltage_quality", "safety"))


def by_code(given: ScreeningCase, rules: RuleSet) -> dict[str, ScreenResult]:
    return {one.words.code: one for one in evaluate(given, rules)}


@pytest.mark.parametrize("rules", RULE_SETS.values(), ids=lambda rules: rules.name)
def test_a_set_names_only_screens_that_there_are_and_asks_each_once(rules: RuleSet) -> None:
    codes = [step.code for step in rules.steps]

    assert len(set(codes)) == len(codes)
    assert set(codes) <= set(SCREENS)
    for skip in rules.skips:
        assert all(codes.index(skip.after) < codes.index(code) for code in skip.codes)
    for gate in rules.gates:
        later = min(codes.index(code) for code in gate.codes)
        assert all(codes.index(opener) < later for opener in gate.opened_by)


def test_sgip_has_the_ten_screens_in_their_order() -> None:
    numbers = [step.number for step in SGIP.steps if step.number.startswith("2.2.1.")]

    assert numbers == [f"2.2.1.{number}" for number in range(1, 11)]


def test_a_case_in_order_passes_sgip_and_skips_the_supplement() -> None:
    answers = by_code(CASE, SGIP)

    assert worst(answers.values()) == PASS
    for code in ("voltage_quality", "safety"):
        assert answers[code].outcome == SKIPPED
        assert "no supplemental review is needed" in answers[code].reason
        assert answers[code].words.citation.startswith("FERC SGIP 2.4.4.")


def test_a_failed_initial_screen_opens_the_supplement() -> None:
    over = case(proposed=sized(21_000))  # 20 kW on a shared secondary

    answers = by_code(over, SGIP)

    assert answers["shared_secondary"].outcome == FAIL
    assert answers["safety"].outcome == Outcome.INCONCLUSIVE
    assert standing(tuple(answers.values()), SGIP) == FAIL


def test_a_supplement_that_passes_remedies_the_failure() -> None:
    over = case(proposed=sized(21_000), judgements=JUDGED)

    assert standing(evaluate(over, SGIP), SGIP) == PASS


def test_nothing_remedies_a_feeder_outside_the_tariff_or_a_full_feeder() -> None:
    for change in ({"is_under_tariff": False}, {"rated_capacity_w": 8_000}):
        given = case(feeder=change, judgements=JUDGED)

        assert standing(evaluate(given, SGIP), SGIP) == FAIL


def test_a_supplement_that_fails_remedies_nothing() -> None:
    unsafe = Judgement("safety", False, "The recloser does not see it.", "enzo")
    over = case(proposed=sized(21_000), judgements=(*JUDGED, unsafe))

    assert standing(evaluate(over, SGIP), SGIP) == FAIL


def test_a_small_roof_runs_few_screens_of_rule_21() -> None:
    """A typical roof of up to 30 kVA: A, B, D, E, I and J (grid.md A4)."""
    answers = by_code(CASE, RULE21)

    asked = {
        RULE21.number(code) for code, one in answers.items()
        if one.outcome not in {SKIPPED, Outcome.NOT_APPLICABLE}
    }  # fmt: skip
    assert asked == {"B", "D", "E", "F1", "J"}
    assert answers["hosting"].reason.startswith("It is at most 30 kVA (screen J)")


def test_what_does_not_export_skips_j_to_m() -> None:
    quiet = sized(200_000, non_export=NonExport(1))

    answers = by_code(case(proposed=quiet, transformer={"rated_va": 300_000}), RULE21)

    for code in ("small", "net_metered", "area_flags", "hosting"):
        assert answers[code].outcome == SKIPPED
        assert "does not export" in answers[code].reason


def test_net_metering_skips_l_and_goes_to_m() -> None:
    metered = sized(200_000, is_net_metered=True)

    answers = by_code(case(proposed=metered, substation={"stability": "posted"}), RULE21)

    assert answers["area_flags"].outcome == SKIPPED
    assert answers["hosting"].outcome == PASS


def test_a_failure_of_m_goes_to_the_supplement() -> None:
    large = sized(400_000)

    answers = by_code(case(proposed=large, judgements=JUDGED), RULE21)

    assert answers["hosting"].outcome == FAIL
    assert answers["minimum_or_ica"].outcome == PASS
    assert {answers["voltage_quality"].outcome, answers["safety"].outcome} == {PASS}


def test_order_routing_and_thresholds_are_data() -> None:
    ours = replace(
        SGIP,
        name="OURS",
        version="1",
        steps=tuple(reversed(SGIP.steps)),
        gates=(Gate(("stability",), ("section_peak",), "Not asked here."),),
        section_peak_share=Fraction(1, 1000),
    )

    answers = evaluate(CASE, ours)

    assert answers[0].words.code == "safety"
    assert next(a for a in answers if a.words.code == "stability").reason == "Not asked here."
    assert next(a for a in answers if a.words.code == "section_peak").outcome == FAIL


@pytest.mark.parametrize("rules", RULE_SETS.values(), ids=lambda rules: rules.name)
@pytest.mark.parametrize("connected_w", [0, 5_000, 45_000, 60_000])
def test_the_largest_size_of_a_set_passes_all_of_it_and_no_larger_one_does(
    rules: RuleSet, connected_w: int
) -> None:
    given = case(transformer={"generation": there(connected_w)})

    largest_w = largest_for(given, rules)

    assert largest_w is not None
    if largest_w:
        assert worst(evaluate(case_at(given, largest_w), rules)) == PASS
    assert worst(evaluate(case_at(given, largest_w + 1), rules)) == FAIL


def case_at(given: ScreeningCase, size_w: int) -> ScreeningCase:
    return replace(given, proposed=given.proposed.sized(size_w))


def test_the_largest_size_knows_screens_that_small_ones_do_not_meet() -> None:
    """Above 30 kVA Rule 21 asks for the fault current, which nobody knows here."""
    given = case(transformer={"rated_va": 100_000}, point={"fault_current_a": None})

    assert largest_for(given, RULE21) is None


@pytest.mark.parametrize("rules", RULE_SETS.values(), ids=lambda rules: rules.name)
def test_nothing_is_known_means_nothing_passes(rules: RuleSet) -> None:
    unknown = ScreeningCase(replace(CASE.proposed, is_certified=None))

    results = evaluate(unknown, rules)

    passed = {rules.number(r.words.code) for r in results if r.outcome == PASS}
    # J is a question about the size, F1 about the kind of machine.
    assert passed <= {"J", "F1"}
    assert all(
        r.reason.startswith("Cannot be decided because")
        for r in results
        if r.outcome == Outcome.INCONCLUSIVE
    )
    assert standing(results, rules) == Outcome.INCONCLUSIVE
