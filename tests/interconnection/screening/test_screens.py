"""The quick screens on both sides of each threshold, and with figures missing (IC-3)."""

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interconnection.screening.case import Generation, Proposed, ScreeningCase, SectionFacts
from interconnection.screening.loading import (
    feeder_capacity,
    section_peak,
    shared_secondary,
)
from interconnection.screening.minimum import section_minimum
from interconnection.screening.result import Outcome, ScreenResult, largest_passing_w, worst
from interconnection.screening.rules import SGIP
from interconnection.screening.screens import evaluate, largest_for
from interconnection.screening.secondary import transformer_rating
from tests.interconnection.screening.cases import (
    FEEDER,
    POINT,
    SECTION,
    SUBSTATION,
    TRANSFORMER,
    sized,
    there,
)

PASS, FAIL = Outcome.PASS, Outcome.FAIL
NOTHING = Generation()
OPEN, NONE = Outcome.INCONCLUSIVE, Outcome.NOT_APPLICABLE


def case_of(
    *,
    size_w: int = 8_000,
    size_va: int | None = None,
    has_storage: bool = False,
    there: Generation = NOTHING,
    peak_w: int | None = 2_000_000,
    minimum_w: int | None = 600_000,
    daytime_w: int | None = 800_000,
    rated_va: int | None = 50_000,
    phases: str = "A",
    premises: int = 3,
    rated_w: int | None = 4_000_000,
    hosting_w: int | None = None,
) -> ScreeningCase:
    return ScreeningCase(
        proposed=replace(sized(size_w, size_va), has_storage=has_storage),
        sections=(
            replace(
                SECTION,
                peak_load_w=peak_w,
                minimum_load_w=minimum_w,
                minimum_daytime_load_w=daytime_w,
                generation=there,
            ),
        ),
        transformer=replace(
            TRANSFORMER, rated_va=rated_va, phases=phases, premises=premises, generation=there
        ),
        feeder=replace(
            FEEDER, rated_capacity_w=rated_w, hosting_capacity_w=hosting_w, generation=there
        ),
        point=POINT,
        substation=SUBSTATION,
    )


@pytest.mark.parametrize(
    ("size_w", "connected_w", "queued_w", "outcome"),
    [
        (8_000, 0, 0, PASS),
        (300_000, 0, 0, PASS),  # exactly 15 % of 2 MW
        (300_001, 0, 0, FAIL),
        (8_000, 292_000, 0, PASS),
        (8_001, 292_000, 0, FAIL),
        (8_000, 200_000, 92_000, PASS),  # the queue counts as much as what is connected
        (8_000, 200_000, 92_001, FAIL),
    ],
)
def test_fifteen_percent_of_peak_passes_up_to_equality(
    size_w: int, connected_w: int, queued_w: int, outcome: Outcome
) -> None:
    result = section_peak(case_of(size_w=size_w, there=there(connected_w, queued_w)), SGIP)

    assert result.outcome == outcome
    assert result.limit == 300_000
    assert result.value == size_w + connected_w + queued_w
    assert result.margin == 300_000 - result.value


def test_fifteen_percent_is_exact_where_floating_point_is_not() -> None:
    # 0.15 * 140 is 21.000000000000004 in floating point; 0.15 * 46_340 rounds down.
    for peak_w in (140, 46_340, 1_999_980):
        exact = Fraction(15, 100) * peak_w
        assert exact.denominator == 1
        at_limit = section_peak(case_of(size_w=int(exact), peak_w=peak_w), SGIP)
        above = section_peak(case_of(size_w=int(exact) + 1, peak_w=peak_w), SGIP)
        assert (at_limit.outcome, above.outcome) == (PASS, FAIL)


@pytest.mark.parametrize(
    ("size_w", "has_storage", "outcome", "limit_w"),
    [
        (799_999, False, PASS, 800_000),
        (800_000, False, FAIL, 800_000),  # equality fails
        (599_999, True, PASS, 600_000),
        (600_000, True, FAIL, 600_000),
        (700_000, False, PASS, 800_000),  # PV alone: daytime minimum
        (700_000, True, FAIL, 600_000),  # with storage: absolute minimum
    ],
)
def test_minimum_load_must_stay_above_generation(
    size_w: int, has_storage: bool, outcome: Outcome, limit_w: int
) -> None:
    result = section_minimum(case_of(size_w=size_w, has_storage=has_storage), SGIP)

    assert result.outcome == outcome
    assert result.limit == limit_w


def three_sections(
    *, minima: tuple[int | None, ...], generation: tuple[int, ...]
) -> tuple[SectionFacts, ...]:
    return tuple(
        SectionFacts(f"S{3 - n}", f"R{3 - n}", 1_000_000, low, low, there(connected_w))
        for n, (low, connected_w) in enumerate(zip(minima, generation, strict=True))
    )


def test_minimum_load_is_asked_of_every_section_upstream() -> None:
    sections = three_sections(minima=(100_000, 200_000, 300_000), generation=(0, 0, 295_000))
    case = replace(case_of(size_w=5_000), sections=sections)

    result = section_minimum(case, SGIP)

    assert result.outcome == FAIL
    assert "beyond R1" in result.reason
    assert result.largest_passing_w == 4_999


def test_a_missing_minimum_anywhere_upstream_leaves_the_screen_open() -> None:
    sections = three_sections(minima=(100_000, None, 300_000), generation=(0, 0, 0))
    case = replace(case_of(size_w=5_000), sections=sections)

    result = section_minimum(case, SGIP)

    assert result.outcome == OPEN
    assert result.reason.startswith("Cannot be decided because")
    assert "S2 (beyond R2)" in result.reason
    assert result.largest_passing_w is None


def test_a_missing_minimum_does_not_hide_a_failure_elsewhere() -> None:
    sections = three_sections(minima=(100_000, None, 300_000), generation=(99_000, 0, 0))
    case = replace(case_of(size_w=5_000), sections=sections)

    assert section_minimum(case, SGIP).outcome == FAIL


@pytest.mark.parametrize(
    ("size_w", "size_va", "connected_w", "outcome"),
    [
        (50_000, 50_000, 0, PASS),
        (50_001, 50_001, 0, FAIL),
        (8_000, 8_800, 41_200, PASS),  # apparent power decides, not active power
        (8_000, 8_801, 41_200, FAIL),
    ],
)
def test_transformer_rating_passes_up_to_equality(
    size_w: int, size_va: int, connected_w: int, outcome: Outcome
) -> None:
    case = case_of(size_w=size_w, size_va=size_va, there=there(connected_w))

    assert transformer_rating(case, SGIP).outcome == outcome


@pytest.mark.parametrize(
    ("size_w", "connected_w", "phases", "premises", "outcome"),
    [
        (8_000, 12_000, "A", 3, PASS),
        (8_001, 12_000, "A", 3, FAIL),
        (8_000, 12_001, "A", 2, FAIL),
        (40_000, 0, "A", 1, NONE),
        (40_000, 0, "ABC", 3, NONE),
    ],
)
def test_shared_secondary_allows_twenty_kilowatts(
    size_w: int, connected_w: int, phases: str, premises: int, outcome: Outcome
) -> None:
    case = case_of(size_w=size_w, there=there(connected_w), phases=phases, premises=premises)

    assert shared_secondary(case, SGIP).outcome == outcome


@pytest.mark.parametrize(
    ("size_w", "rated_w", "hosting_w", "outcome", "which"),
    [
        (3_600_000, 4_000_000, None, PASS, "feeder rating"),  # equality does not trigger
        (3_600_001, 4_000_000, None, FAIL, "feeder rating"),
        (900_000, 4_000_000, 1_000_000, PASS, "hosting capacity"),
        (900_001, 4_000_000, 1_000_000, FAIL, "hosting capacity"),
        (900_001, None, 1_000_000, FAIL, "hosting capacity"),
    ],
)
def test_ninety_percent_of_feeder_capacity_asks_for_a_study(
    size_w: int, rated_w: int | None, hosting_w: int | None, outcome: Outcome, which: str
) -> None:
    result = feeder_capacity(case_of(size_w=size_w, rated_w=rated_w, hosting_w=hosting_w), SGIP)

    assert result.outcome == outcome
    assert which in result.formula
    assert ("study is needed" in result.reason) is (outcome == FAIL)


@pytest.mark.parametrize(
    ("case", "codes"),
    [
        (case_of(peak_w=None), ["section_peak"]),
        (case_of(daytime_w=None), ["section_minimum"]),
        (case_of(rated_va=None), ["construction", "transformer_rating"]),
        (case_of(rated_w=None), ["feeder_capacity"]),
    ],
)
def test_a_missing_figure_leaves_its_screens_open_and_no_other(
    case: ScreeningCase, codes: list[str]
) -> None:
    results = evaluate(case, SGIP)

    assert [r.words.code for r in results if r.outcome == OPEN] == codes
    assert all(r.reason.startswith("Cannot be decided") for r in results if r.outcome == OPEN)
    assert largest_passing_w(results) is None
    assert worst(results) == OPEN


def test_a_point_outside_the_network_model_passes_nothing() -> None:
    results = evaluate(ScreeningCase(Proposed(8_000, 8_000, has_storage=False)), SGIP)

    assert {r.outcome for r in results} == {OPEN, Outcome.SKIPPED}
    assert all("network model" in r.reason for r in results if r.outcome == OPEN)


def test_an_application_without_units_passes_nothing() -> None:
    case = replace(case_of(), proposed=Proposed(0, 0, has_storage=False))

    assert {r.outcome for r in evaluate(case, SGIP)} == {OPEN, Outcome.SKIPPED}


def test_thresholds_are_the_utilitys_data() -> None:
    rules = replace(SGIP, shared_secondary_w=25_000, section_peak_share=Fraction(1, 10))

    results = {r.words.code: r for r in evaluate(case_of(size_w=22_000), rules)}

    assert results["shared_secondary"].outcome == PASS
    assert results["section_peak"].limit == 200_000
    assert results["section_peak"].words.title == "10 % of line-section peak load"


def test_every_result_explains_itself() -> None:
    for result in evaluate(case_of(), SGIP):
        assert result.words.rule
        assert result.words.citation
        assert result.reason
        assert result.inputs or result.outcome == Outcome.SKIPPED
        assert result.formula or result.largest_passing_w is None


figures = st.integers(min_value=1, max_value=10_000_000)
cases = st.builds(
    case_of,
    size_w=st.integers(1, 2_000_000),
    has_storage=st.booleans(),
    there=st.builds(there, st.integers(0, 1_000_000), st.integers(0, 100_000)),
    peak_w=figures,
    minimum_w=figures,
    daytime_w=figures,
    rated_va=figures,
    rated_w=figures,
    hosting_w=st.none() | figures,
).flatmap(
    lambda case: st.integers(case.proposed.active_power_w, 2 * case.proposed.active_power_w).map(
        lambda va: replace(case, proposed=replace(case.proposed, apparent_power_va=va))
    )
)


def resized(case: ScreeningCase, size_w: int) -> tuple[ScreenResult, ...]:
    return evaluate(replace(case, proposed=case.proposed.sized(size_w)), SGIP)


# A size does not matter to them on these cases, or nobody has judged yet.
WITHOUT_SIZE = frozenset({
    "tariff_portion", "network_service", "line_configuration", "centre_tap", "stability",
    "voltage_quality", "safety",
})  # fmt: skip


@given(cases)
def test_the_largest_passing_size_passes_and_one_watt_more_fails(case: ScreeningCase) -> None:
    for number, result in enumerate(evaluate(case, SGIP)):
        largest_w = result.largest_passing_w
        if largest_w is None:
            assert result.words.code in WITHOUT_SIZE
            continue
        if largest_w > 0:
            assert resized(case, largest_w)[number].outcome == PASS
        assert resized(case, largest_w + 1)[number].outcome == FAIL
        assert (result.outcome == PASS) is (case.proposed.active_power_w <= largest_w)


@given(cases)
def test_the_set_passes_exactly_up_to_its_smallest_size(case: ScreeningCase) -> None:
    largest_w = largest_for(case, SGIP)

    assert largest_w is not None
    if largest_w > 0:
        assert worst(resized(case, largest_w)) == PASS
    assert worst(resized(case, largest_w + 1)) == FAIL
