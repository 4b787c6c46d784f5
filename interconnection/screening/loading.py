"""Screens that compare generation with what the network nearby carries (IC-3)."""

import math
from fractions import Fraction

from interconnection.screening.case import FeederFacts, ScreeningCase, TransformerFacts
from interconnection.screening.comparison import (
    Comparison,
    generation_inputs,
    percent,
    sum_words,
    undecided,
)
from interconnection.screening.result import Input, Outcome, ScreenResult, Words, kilo
from interconnection.screening.rules import RuleSet, citation


def section_peak(case: ScreeningCase, rules: RuleSet) -> ScreenResult:
    share = percent(rules.section_peak_share)
    words = Words(
        "section_peak",
        f"{share} of line-section peak load",
        f"On a radial circuit, all generation on the line section, this application included, "
        f"may be at most {share} of the section's yearly peak load.",
        citation(rules, "section_peak"),
        "W",
    )
    if not case.sections or case.proposed.active_power_w <= 0:
        return undecided(words, case)
    section = case.sections[0]
    inputs = (
        *generation_inputs(case, section.generation),
        Input("section", "Line section", f"{section.name}, beyond {section.head_device}"),
        Input("peak_load", "Peak load of the section", section.peak_load_w, "W"),
    )
    if section.peak_load_w is None:
        return ScreenResult(
            words,
            Outcome.INCONCLUSIVE,
            f"Cannot be decided because section {section.name} has no measured peak load. "
            "Enter it from the last twelve months at its head device.",
            inputs,
        )
    limit_w = rules.section_peak_share * section.peak_load_w
    aggregate_w = section.generation.active_power_w + case.proposed.active_power_w
    used = Fraction(aggregate_w, section.peak_load_w) if section.peak_load_w else None
    formula = (
        f"{sum_words(case, section.generation)} = {kilo(aggregate_w)} kW; "
        f"{share} × {kilo(section.peak_load_w)} kW = {kilo(float(limit_w))} kW; "
        f"{kilo(aggregate_w)} kW is {percent(used) if used is not None else 'above 0'} of the peak"
    )
    compared = Comparison(
        subject=f"Generation beyond {section.head_device}",
        limit_name=f"{share} of the section's peak load",
        aggregate=aggregate_w,
        limit=limit_w,
        largest_w=math.floor(limit_w) - section.generation.active_power_w,
    )
    return compared.at_most(words, inputs, formula)


def shared_secondary(case: ScreeningCase, rules: RuleSet) -> ScreenResult:
    words = Words(
        "shared_secondary",
        "Shared single-phase secondary",
        f"On a single-phase secondary that several premises share, all generation may be at most "
        f"{kilo(rules.shared_secondary_w)} kW.",
        citation(rules, "shared_secondary"),
        "W",
    )
    transformer = case.transformer
    if transformer is None or case.proposed.active_power_w <= 0:
        return undecided(words, case)
    there = transformer.generation
    inputs = (
        *generation_inputs(case, there),
        Input("transformer", "Service transformer", transformer.name),
        Input("phases", "Its phases", transformer.phases),
        Input("premises", "Premises on the secondary", transformer.premises),
    )
    why_not = _not_shared(transformer)
    if why_not:
        return ScreenResult(words, Outcome.NOT_APPLICABLE, why_not, inputs)
    aggregate_w = there.active_power_w + case.proposed.active_power_w
    compared = Comparison(
        subject=f"Generation on the secondary of {transformer.name}",
        limit_name="the limit for a shared secondary",
        aggregate=aggregate_w,
        limit=Fraction(rules.shared_secondary_w),
        largest_w=rules.shared_secondary_w - there.active_power_w,
    )
    formula = (
        f"{sum_words(case, there)} = {kilo(aggregate_w)} kW on a secondary of "
        f"{transformer.premises} premises; limit {kilo(rules.shared_secondary_w)} kW"
    )
    return compared.at_most(words, inputs, formula)


def feeder_capacity(case: ScreeningCase, rules: RuleSet) -> ScreenResult:
    share = percent(rules.feeder_share)
    words = Words(
        "feeder_capacity",
        f"{share} of feeder capacity",
        f"When all generation on the feeder exceeds {share} of its capacity, the application "
        "goes to a study. Capacity is the hosting capacity where a study has found it, else the "
        "feeder's rating.",
        citation(rules, "feeder_capacity"),
        "W",
    )
    feeder = case.feeder
    if feeder is None or case.proposed.active_power_w <= 0:
        return undecided(words, case)
    capacity_w, which = _capacity(feeder)
    inputs = (
        *generation_inputs(case, feeder.generation),
        Input("feeder", "Feeder", feeder.name),
        Input("hosting_capacity", "Hosting capacity", feeder.hosting_capacity_w, "W"),
        Input("rated_capacity", "Feeder rating", feeder.rated_capacity_w, "W"),
        Input("capacity_used", "Capacity taken", which),
    )
    if capacity_w is None:
        return ScreenResult(
            words,
            Outcome.INCONCLUSIVE,
            f"Cannot be decided because feeder {feeder.name} has neither a hosting capacity nor "
            "a rating. Enter one of them.",
            inputs,
        )
    limit_w = rules.feeder_share * capacity_w
    aggregate_w = feeder.generation.active_power_w + case.proposed.active_power_w
    compared = Comparison(
        subject=f"Generation on feeder {feeder.name}",
        limit_name=f"{share} of its {which}",
        aggregate=aggregate_w,
        limit=limit_w,
        largest_w=math.floor(limit_w) - feeder.generation.active_power_w,
        when_it_fails=" A study is needed.",
    )
    formula = (
        f"{sum_words(case, feeder.generation)} = {kilo(aggregate_w)} kW; "
        f"{share} × {kilo(capacity_w)} kW ({which}) = {kilo(float(limit_w))} kW"
    )
    return compared.at_most(words, inputs, formula)


def _not_shared(transformer: TransformerFacts) -> str:
    if len(transformer.phases) > 1:
        return f"{transformer.name} is not single-phase."
    if transformer.premises < 2:
        return f"{transformer.name} feeds this premise alone."
    return ""


def _capacity(feeder: FeederFacts) -> tuple[int | None, str]:
    if feeder.hosting_capacity_w is not None:
        return feeder.hosting_capacity_w, "hosting capacity"
    return feeder.rated_capacity_w, "feeder rating"
