"""Screens that an engineer answers where no figure does, and construction (IC-3)."""

import math

from interconnection.screening.case import Judgement, ScreeningCase
from interconnection.screening.comparison import lookup, missing, size_of, undecided
from interconnection.screening.result import Input, Outcome, ScreenResult, Words, kilo
from interconnection.screening.rules import RuleSet, citation

ASK = "An engineer enters what was found out, below."


def construction(case: ScreeningCase, rules: RuleSet) -> ScreenResult:
    """An engineer's finding decides; without one, whether the service transformer carries it."""
    words = Words(
        "construction",
        "No construction by the utility",
        "Nothing has to be built on the utility's own system. An engineer's finding decides; "
        "without one it is none where the service transformer carries all generation on it.",
        citation(rules, "construction"),
        "VA",
    )
    transformer = case.transformer
    if transformer is None or case.proposed.active_power_w <= 0:
        return undecided(words, case)
    there_va = transformer.generation.apparent_power_va
    asked_va = there_va + case.proposed.apparent_power_va
    inputs = (
        Input("there", "Connected and queued on the secondary", there_va, "VA"),
        Input("size", "This application", case.proposed.apparent_power_va, "VA"),
        Input("rating", f"Rating of {transformer.name}", transformer.rated_va, "VA"),
    )
    found = case.judgement("construction")
    if found is not None:
        return _judged(words, inputs, found)
    if transformer.rated_va is None:
        because = f"the rating of transformer {transformer.name} is not known"
        return missing(words, inputs, because, "Have it read, or enter a finding.")
    limit_va = rules.transformer_share * transformer.rated_va
    fits = asked_va <= limit_va
    return ScreenResult(
        words, Outcome.PASS if fits else Outcome.FAIL,
        f"Transformer {transformer.name} carries it: nothing has to be built."
        if fits
        else f"Transformer {transformer.name} ({kilo(transformer.rated_va)} kVA) would have to be "
        "exchanged.",
        inputs, f"{kilo(asked_va)} kVA of {kilo(float(limit_va))} kVA",
        float(asked_va), float(limit_va), float(limit_va - asked_va),
        size_of(case, math.floor(limit_va) - there_va),
    )  # fmt: skip


def voltage_quality(case: ScreeningCase, rules: RuleSet) -> ScreenResult:
    return _by_engineer(
        case,
        Words(
            "voltage_quality",
            "Voltage and power quality",
            "Voltage stays regulated under all conditions, its fluctuation within IEEE 1453 and "
            "harmonics within IEEE 519.",
            citation(rules, "voltage_quality"),
            "",
        ),
    )


def safety(case: ScreeningCase, rules: RuleSet) -> ScreenResult:
    return _by_engineer(
        case,
        Words(
            "safety",
            "Safety and reliability",
            "Its place and all generation nearby have no effect on safety or reliability that "
            "only a study can answer.",
            citation(rules, "safety"),
            "",
        ),
    )


def _by_engineer(case: ScreeningCase, words: Words) -> ScreenResult:
    if case.proposed.active_power_w <= 0:
        return undecided(words, case)
    found = case.judgement(words.code)
    if found is None:
        return missing(words, (), "no engineer has judged it yet", ASK)
    return _judged(words, (), found)


def _judged(words: Words, inputs: tuple[Input, ...], found: Judgement) -> ScreenResult:
    inputs = (*inputs, Input("finding", f"Finding of {found.by}", found.reason))
    outcome = Outcome.PASS if found.is_fine else Outcome.FAIL
    return lookup(words, inputs, outcome, f"{found.by}: {found.reason}")
