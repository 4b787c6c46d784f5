"""All screens of a rule set on one application, in its order and by its routing (IC-3)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from interconnection.screening import faults, judgement, loading, placement, rule21, secondary
from interconnection.screening.case import Proposed, ScreeningCase
from interconnection.screening.minimum import section_minimum
from interconnection.screening.result import (
    Input,
    Outcome,
    ScreenResult,
    Words,
    kilo,
    largest_passing_w,
    worst,
)
from interconnection.screening.rules import RuleSet

Screen = Callable[[ScreeningCase, RuleSet], ScreenResult]
SCREENS: Mapping[str, Screen] = {
    "fast_track": placement.fast_track,
    "tariff_portion": placement.tariff_portion,
    "section_peak": loading.section_peak,
    "network_service": placement.network_service,
    "fault_current": faults.fault_current,
    "interrupting": faults.interrupting,
    "line_configuration": placement.line_configuration,
    "shared_secondary": loading.shared_secondary,
    "centre_tap": placement.centre_tap,
    "stability": placement.stability,
    "construction": judgement.construction,
    "transformer_rating": secondary.transformer_rating,
    "feeder_capacity": loading.feeder_capacity,
    "section_minimum": section_minimum,
    "voltage_quality": judgement.voltage_quality,
    "safety": judgement.safety,
    "certified": rule21.certified,
    "motoring": rule21.motoring,
    "fault_contribution": faults.fault_contribution,
    "line_configuration_ca": rule21.line_configuration_ca,
    "non_export": rule21.non_export,
    "small": rule21.small,
    "net_metered": rule21.net_metered,
    "area_flags": rule21.area_flags,
    "hosting": rule21.hosting,
    "minimum_or_ica": rule21.minimum_or_ica,
}
# What an engineer may judge; the others have figures.
JUDGED = ("construction", "voltage_quality", "safety")
MOST_ROUNDS = 6


def evaluate(case: ScreeningCase, rules: RuleSet) -> tuple[ScreenResult, ...]:
    """In the set's order; what its routing leaves out is skipped and says why."""
    answers: dict[str, ScreenResult] = {}
    for step in rules.steps:
        why = _why_skipped(step.code, rules, answers)
        answers[step.code] = (
            ScreenResult(_words(step.code, rules), Outcome.SKIPPED, why, ())
            if why
            else _asked(step.code, case, rules)
        )
    return tuple(answers.values())


def _asked(code: str, case: ScreeningCase, rules: RuleSet) -> ScreenResult:
    """With the export limit where the set says so; the words tell which figure was counted."""
    proposed = case.proposed
    if not proposed.is_limited:
        return SCREENS[code](case, rules)
    nameplate, export = kilo(proposed.active_power_w), kilo(proposed.export_w or 0)
    if code not in rules.counts_export:
        found = SCREENS[code](case, rules)
        words = f" Counted with the nameplate of {nameplate} kW, not the export limit."
        return replace(found, reason=found.reason + words) if found.value is not None else found
    found = SCREENS[code](replace(case, proposed=proposed.exporting()), rules)
    room = ""
    if found.outcome == Outcome.PASS and found.largest_passing_w is not None:
        room = (
            f" Up to {kilo(found.largest_passing_w)} kW of export would pass. Make the limit a "
            "condition."
        )
    return replace(
        found,
        reason=f"{found.reason} Counted with the export limit of {export} kW, not the nameplate "
        f"of {nameplate} kW ({rules.counts_export_by}).{room}",
        inputs=(*found.inputs, Input("nameplate", "Its nameplate", proposed.active_power_w, "W")),
        # Whatever its nameplate, it exports no more than its limit, and that passes.
        largest_passing_w=None if found.outcome == Outcome.PASS else found.largest_passing_w,
    )


def standing(results: Sequence[ScreenResult], rules: RuleSet) -> Outcome:
    """What the set says as a whole: a supplemental review that passes remedies what it may."""
    left = remedied({one.words.code: one.outcome.value for one in results}, rules)
    return worst(one for one in results if one.words.code not in left)


def remedied(outcomes: Mapping[str, str], rules: RuleSet) -> frozenset[str]:
    """Codes whose failure does not count, because every screen of the supplement passes."""
    if not rules.remedied_by or any(outcomes.get(c) != Outcome.PASS for c in rules.remedied_by):
        return frozenset()
    return frozenset(c for c in rules.remedied if outcomes.get(c) == Outcome.FAIL)


def not_needed(
    outcomes: Mapping[str, str], rules: RuleSet, set_aside: frozenset[str]
) -> frozenset[str]:
    """Screens that only failures opened which people have set aside."""
    codes: set[str] = set()
    for gate in rules.gates:
        openers = {code for code in gate.opened_by if outcomes.get(code) == Outcome.FAIL}
        if openers and openers <= set_aside:
            codes.update(gate.codes)
    return frozenset(codes)


def largest_for(case: ScreeningCase, rules: RuleSet) -> int | None:
    """The largest size that passes without a supplement; None when it cannot be said.

    Routing changes with size, so the size found is asked again until it stands.
    """
    size_w = _largest(evaluate(case, rules), rules) if case.proposed.active_power_w > 0 else None
    for _ in range(MOST_ROUNDS):
        if not size_w:
            return size_w
        again = evaluate(_sized(case, size_w), rules)
        if worst(again) == Outcome.PASS:
            return size_w
        smaller_w = _largest(again, rules)
        size_w = None if smaller_w is None or smaller_w >= size_w else smaller_w
    return None


def _largest(results: Sequence[ScreenResult], rules: RuleSet) -> int | None:
    """What only a failure opens says nothing about the sizes that do not fail."""
    behind_gates = {code for gate in rules.gates for code in gate.codes}
    return largest_passing_w(one for one in results if one.words.code not in behind_gates)


def _sized(case: ScreeningCase, size_w: int) -> ScreeningCase:
    return replace(case, proposed=case.proposed.sized(size_w))


def _why_skipped(code: str, rules: RuleSet, answers: Mapping[str, ScreenResult]) -> str:
    for skip in rules.skips:
        if code in skip.codes and _is(answers.get(skip.after), Outcome.PASS):
            return skip.why
    for gate in rules.gates:
        if code in gate.codes and not any(
            _is(answers.get(opener), Outcome.FAIL) for opener in gate.opened_by
        ):
            return gate.why
    return ""


def _is(answer: ScreenResult | None, outcome: Outcome) -> bool:
    return answer is not None and answer.outcome == outcome


def _words(code: str, rules: RuleSet) -> Words:
    """Title and rule, as the screen gives them on nothing at all."""
    return SCREENS[code](_NOTHING, rules).words


_NOTHING = ScreeningCase(Proposed(0, 0, has_storage=False))
