"""The supplemental screen on minimum load, over every section up to the substation (IC-3)."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from interconnection.screening.case import ScreeningCase, SectionFacts
from interconnection.screening.comparison import (
    generation_inputs,
    passing_size,
    percent,
    sum_words,
    undecided,
)
from interconnection.screening.result import Input, Outcome, ScreenResult, Words, kilo
from interconnection.screening.rules import RuleSet, citation


@dataclass(frozen=True, slots=True)
class _Level:
    """One section on the way to the substation: what would be there against what may be."""

    section: SectionFacts
    aggregate_w: int
    limit_w: Fraction | None


def section_minimum(case: ScreeningCase, rules: RuleSet) -> ScreenResult:
    """Equality fails; a section without the figure leaves the screen open unless another fails."""
    kind, load_of = _which(case, rules)
    words = _words(rules, kind)
    if not case.sections or case.proposed.active_power_w <= 0:
        return undecided(words, case)
    levels = [_level(section, case, rules, load_of) for section in case.sections]
    inputs = (*generation_inputs(case, case.sections[0].generation), *_inputs(levels, kind))
    known = [(level, level.limit_w) for level in levels if level.limit_w is not None]
    missing = [level.section for level in levels if level.limit_w is None]
    if not known:
        return _missing(words, inputs, missing, kind)
    level, limit_w = min(known, key=lambda one: one[1] - one[0].aggregate_w)
    passes = level.aggregate_w < limit_w or (
        rules.minimum_may_be_equal and level.aggregate_w == limit_w
    )
    if missing and passes:
        return _missing(words, inputs, missing, kind)
    most_w = math.floor(limit_w) if rules.minimum_may_be_equal else math.ceil(limit_w) - 1
    room_w = max(0, most_w - level.section.generation.active_power_w)
    return ScreenResult(
        words,
        Outcome.PASS if passes else Outcome.FAIL,
        _reason(level, limit_w, kind, room_w, passes=passes),
        inputs,
        "; ".join(_formula(one, limit, case) for one, limit in known),
        float(level.aggregate_w),
        float(limit_w),
        float(limit_w - level.aggregate_w),
        None if missing else room_w,
    )


def _words(rules: RuleSet, kind: str) -> Words:
    share = percent(rules.section_minimum_share)
    return Words(
        "section_minimum",
        f"{share} of minimum load",
        f"On the line section and every section upstream, all generation must "
        f"{'be at most' if rules.minimum_may_be_equal else 'stay below'} {share} of the minimum "
        f"load of twelve months. PV without storage is compared with the daytime minimum "
        f"({rules.daytime}, or {rules.tracking} where it tracks the sun), everything "
        f"else with the absolute minimum: here the {kind}.",
        citation(rules, "section_minimum"),
        "W",
    )


def _which(case: ScreeningCase, rules: RuleSet) -> tuple[str, Callable[[SectionFacts], int | None]]:
    """What PV without storage is compared with, and everything else."""
    if case.proposed.has_storage or case.proposed.machine is not None:
        return "absolute minimum load", lambda section: section.minimum_load_w
    if case.proposed.tracks_sun:
        kind = f"daytime minimum load ({rules.tracking})"
        return kind, lambda section: section.minimum_tracking_load_w
    return f"daytime minimum load ({rules.daytime})", lambda section: section.minimum_daytime_load_w


def _level(
    section: SectionFacts,
    case: ScreeningCase,
    rules: RuleSet,
    load_of: Callable[[SectionFacts], int | None],
) -> _Level:
    load_w = load_of(section)
    return _Level(
        section,
        section.generation.active_power_w + case.proposed.active_power_w,
        None if load_w is None else rules.section_minimum_share * load_w,
    )


def _inputs(levels: list[_Level], kind: str) -> list[Input]:
    inputs = []
    for level in levels:
        name, device = level.section.name, level.section.head_device
        there_w = level.section.generation.active_power_w
        limit_w = None if level.limit_w is None else math.floor(level.limit_w)
        inputs.append(Input(f"there_{name}", f"Connected and queued beyond {device}", there_w, "W"))
        inputs.append(Input(f"minimum_{name}", f"Limit by {kind} there", limit_w, "W"))
    return inputs


def _formula(level: _Level, limit_w: Fraction, case: ScreeningCase) -> str:
    sign = "<" if level.aggregate_w < limit_w else "≥"
    return (
        f"{level.section.name}: {sum_words(case, level.section.generation)} = "
        f"{kilo(level.aggregate_w)} kW {sign} {kilo(float(limit_w))} kW"
    )


def _reason(level: _Level, limit_w: Fraction, kind: str, room_w: int, *, passes: bool) -> str:
    device = level.section.head_device
    where = f"Generation beyond {device} would be {kilo(level.aggregate_w)} kW"
    limit = f"the {kind} of {kilo(float(limit_w))} kW"
    if passes:
        relation = "below" if level.aggregate_w < limit_w else "exactly"
        return f"{where}, {relation} {limit}; no section upstream has less room."
    relation = "exactly" if level.aggregate_w == limit_w else "above"
    return f"{where}, {relation} {limit}; it must stay below. {passing_size(room_w)}"


def _missing(
    words: Words, inputs: tuple[Input, ...], missing: list[SectionFacts], kind: str
) -> ScreenResult:
    names = ", ".join(f"{section.name} (beyond {section.head_device})" for section in missing)
    return ScreenResult(
        words,
        Outcome.INCONCLUSIVE,
        f"Cannot be decided because no {kind} has been measured for section {names}. "
        "Enter twelve months of data, or have it estimated or calculated.",
        inputs,
    )
