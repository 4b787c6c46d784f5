"""Screen D: what hangs on a secondary, against its transformer and its conductors (IC-3)."""

import math
from dataclasses import replace
from fractions import Fraction

from interconnection.screening.case import ScreeningCase, TransformerFacts
from interconnection.screening.comparison import SQRT3, Comparison, percent, undecided
from interconnection.screening.result import Input, Outcome, ScreenResult, Words, kilo
from interconnection.screening.rules import RuleSet, citation


def transformer_rating(case: ScreeningCase, rules: RuleSet) -> ScreenResult:
    """The transformer or the conductors of its secondary, whichever carries less."""
    share = percent(rules.transformer_share)
    words = Words(
        "transformer_rating",
        "Service transformer and secondary",
        f"The apparent power of all generation on the secondary may be at most {share} of the "
        "rating of the service transformer and of the secondary's conductors.",
        citation(rules, "transformer_rating"),
        "VA",
    )
    transformer = case.transformer
    if transformer is None or case.proposed.active_power_w <= 0:
        return undecided(words, case)
    there = transformer.generation
    conductor_va = secondary_va(transformer)
    inputs = (
        Input("connected", "Connected on the secondary", there.connected_va, "VA"),
        Input("queued", "Ahead in the queue", there.queued_va, "VA"),
        Input("proposed", "This application", case.proposed.apparent_power_va, "VA"),
        Input("transformer", "Service transformer", transformer.name),
        Input("rating", "Its rating", transformer.rated_va, "VA"),
        Input("secondary", "Conductors of the secondary", transformer.secondary_a, "A"),
    )
    ratings = {"its rating": transformer.rated_va, "what its secondary carries": conductor_va}
    known = {name: va for name, va in ratings.items() if va is not None}
    unknown = _unknown_rating(transformer, conductor_va, rules)
    lowest = min(known, key=lambda name: known[name], default="")
    aggregate_va = there.apparent_power_va + case.proposed.apparent_power_va
    if unknown and not (lowest and aggregate_va > rules.transformer_share * known[lowest]):
        return ScreenResult(words, Outcome.INCONCLUSIVE, unknown, inputs)
    result = _compared(case, rules, words, inputs, (lowest, Fraction(known[lowest])))
    return replace(result, largest_passing_w=None) if unknown else result


def _compared(
    case: ScreeningCase, rules: RuleSet, words: Words, inputs: tuple[Input, ...],
    rating: tuple[str, Fraction],
) -> ScreenResult:  # fmt: skip
    transformer = case.transformer
    assert transformer is not None  # noqa: S101  its caller has looked
    name, rated_va = rating
    there, asked_va = transformer.generation, case.proposed.apparent_power_va
    limit_va = rules.transformer_share * rated_va
    formula = (
        f"{kilo(there.connected_va)} + {kilo(there.queued_va)} + {kilo(asked_va)} = "
        f"{kilo(there.apparent_power_va + asked_va)} kVA; {percent(rules.transformer_share)} × "
        f"{kilo(float(rated_va))} kVA = {kilo(float(limit_va))} kVA"
    )
    room_va = max(0, math.floor(limit_va) - there.apparent_power_va)
    compared = Comparison(
        subject=f"Generation on transformer {transformer.name}",
        limit_name=name,
        aggregate=there.apparent_power_va + asked_va,
        limit=limit_va,
        largest_w=room_va * case.proposed.active_power_w // asked_va,
    )
    return compared.at_most(words, inputs, formula)


def secondary_va(transformer: TransformerFacts) -> Fraction | None:
    """What the conductors of the secondary carry; None where a figure is not known."""
    if not transformer.secondary_a or not transformer.secondary_voltage_v:
        return None
    factor = SQRT3 if len(transformer.phases) == 3 else Fraction(1)
    return factor * transformer.secondary_a * transformer.secondary_voltage_v


def _unknown_rating(
    transformer: TransformerFacts, conductor_va: Fraction | None, rules: RuleSet
) -> str:
    """What keeps the screen from passing; empty where nothing does."""
    if transformer.rated_va is None:
        return (
            f"Cannot be decided because the rating of transformer {transformer.name} is not "
            "known. Have its nameplate read and entered."
        )
    if conductor_va is None and rules.needs_secondary_conductor:
        return (
            f"Cannot be decided because the ampacity of the secondary behind transformer "
            f"{transformer.name} is not known. Enter it with the network facts."
        )
    return ""
