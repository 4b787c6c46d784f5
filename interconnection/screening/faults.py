"""Screens on fault current: what the circuit sees, and what its devices can interrupt (IC-3).

Contributions are told as three-phase currents at the line's voltage.
"""

import math
from dataclasses import dataclass, replace
from fractions import Fraction

from interconnection.screening.case import FeederFacts, ScreeningCase, SectionFacts
from interconnection.screening.comparison import (
    SQRT3,
    Comparison,
    exempt,
    missing,
    percent,
    size_of,
    undecided,
)
from interconnection.screening.result import Input, Outcome, ScreenResult, Words, kilo
from interconnection.screening.rules import RuleSet, citation


def current_a(apparent_power_va: int, voltage_v: int, fault_pu: Fraction) -> Fraction:
    """What an inverter of this size adds to a fault, in A."""
    return apparent_power_va * fault_pu / (SQRT3 * voltage_v)


def fault_current(case: ScreeningCase, rules: RuleSet) -> ScreenResult:
    """A fault of all phases, and of the phase that carries most to earth; the worse decides."""
    share = percent(rules.fault_share)
    words = Words(
        "fault_current",
        f"{share} of fault current",
        f"All generation on the circuit may add at most {share} to the largest fault current at "
        "the primary point nearest the change of ownership, and so much on each of its phases to "
        f"the current of a fault to earth. Inverters count with "
        f"{float(rules.inverter_fault_pu):g} times their rating." + _exempt_words(rules),
        citation(rules, "fault_current"),
        "A",
    )
    point, feeder = case.point, case.feeder
    if point is None or feeder is None or case.proposed.active_power_w <= 0:
        return undecided(words, case)
    there_va = feeder.generation.apparent_power_va
    inputs = (
        Input("there", "Connected and queued on the circuit", there_va, "VA"),
        Input("size", "This application", case.proposed.apparent_power_va, "VA"),
        Input("voltage", "Line voltage", point.line_voltage_v, "V"),
        Input("fault", f"Largest fault current at {point.name}", point.fault_current_a, "A"),
        Input("ground_fault", f"Current of one phase to earth at {point.name}",
              point.ground_fault_a, "A"),
    )  # fmt: skip
    small = exempt(words, case, inputs, rules.exempt_va)
    if small is not None:
        return small
    duties = _duties(case, rules)
    worst = min(duties, key=lambda one: one.limit_a - one.added_a, default=None)
    unknown = _unknown_duty(case, rules)
    if worst is None or (unknown and worst.added_a <= worst.limit_a):
        return missing(words, inputs, unknown, "Enter it from a fault study of the feeder.")
    result = _compared(
        words, inputs, worst.added_a, worst.limit_a,
        size_of(case, max(min(one.room_va for one in duties), rules.exempt_va)),
        subject=worst.subject, limit_name=f"{share} of the {worst.limit_name}",
    )  # fmt: skip
    return replace(result, largest_passing_w=None) if unknown else result


@dataclass(frozen=True, slots=True)
class _Duty:
    """What is added to one kind of fault, its limit, and the room for this application."""

    subject: str
    limit_name: str
    added_a: Fraction
    limit_a: Fraction
    room_va: int


def _duties(case: ScreeningCase, rules: RuleSet) -> list[_Duty]:
    point, feeder = case.point, case.feeder
    assert point is not None  # noqa: S101  their caller has looked
    assert feeder is not None  # noqa: S101
    per_va = rules.inverter_fault_pu / (SQRT3 * point.line_voltage_v)
    asked_va = case.proposed.apparent_power_va
    found = []
    if point.fault_current_a is not None:
        limit_a = rules.fault_share * point.fault_current_a
        there_va = feeder.generation.apparent_power_va
        found.append(
            _Duty(
                "Fault current from all generation on the circuit",
                f"{kilo(point.fault_current_a)} kA at {point.name}",
                (there_va + asked_va) * per_va, limit_a, math.floor(limit_a / per_va) - there_va,
            )
        )  # fmt: skip
    if point.ground_fault_a is not None and case.transformer is not None:
        limit_a = rules.fault_share * point.ground_fault_a
        own = case.transformer.phases
        for phase in own or "ABC":
            there = _on_phase_va(feeder, phase)
            found.append(
                _Duty(
                    f"Fault current of phase {phase} from all generation on the circuit",
                    f"{kilo(point.ground_fault_a)} kA of a fault to earth at {point.name}",
                    (there + asked_va * _weight(own)) * per_va, limit_a,
                    math.floor((limit_a / per_va - there) / _weight(own)),
                )
            )  # fmt: skip
    return found


def _on_phase_va(feeder: FeederFacts, phase: str) -> Fraction:
    """What is there, as the VA on three phases that puts as much current on this phase."""
    fewer = sum(va for _, va in feeder.on_phases_va)
    three = max(0, feeder.generation.apparent_power_va - fewer)
    return three + sum(
        (va * _weight(phases) for phases, va in feeder.on_phases_va if phase in phases),
        Fraction(0),
    )


def _weight(phases: str) -> Fraction:
    """One VA between phase and earth puts three times the current on its phase as of three."""
    return {1: Fraction(3), 2: SQRT3}.get(len(phases), Fraction(1))


def _unknown_duty(case: ScreeningCase, rules: RuleSet) -> str:
    point = case.point
    if point is None or point.fault_current_a is None:
        return f"the fault current at {point.name if point else 'the point'} is not known"
    if point.ground_fault_a is None and rules.needs_ground_fault:
        return f"the current of a fault from one phase to earth at {point.name} is not known"
    return ""


def fault_contribution(case: ScreeningCase, rules: RuleSet) -> ScreenResult:
    """Rule 21 F1: the inverter's own fault current, or the protection's hosting capacity."""
    words = Words(
        "fault_contribution",
        "Fault contribution of the generator",
        f"The generator adds at most {float(rules.fault_pu):g} times its rating to a fault, or "
        f"its rating times that factor stays below the integrated capacity for protection times "
        f"{float(rules.fault_pu):g}.",
        citation(rules, "fault_contribution"),
        "VA",
    )
    if case.proposed.active_power_w <= 0:
        return undecided(words, case)
    fault_pu = rules.inverter_fault_pu
    ica_va = case.point.ica_protection_va if case.point else None
    inputs = (
        Input("factor", "Fault current of an inverter, times its rating", f"{float(fault_pu):g}"),
        Input("size", "This application", case.proposed.apparent_power_va, "VA"),
        Input("ica", "Integrated capacity for protection", ica_va, "VA"),
    )
    if case.proposed.machine is None and fault_pu <= rules.fault_pu:
        return ScreenResult(
            words, Outcome.PASS,
            f"An inverter adds {float(fault_pu):g} times its rating, not above "
            f"{float(rules.fault_pu):g}.",
            inputs,
        )  # fmt: skip
    if ica_va is None or case.proposed.machine is not None:
        return missing(
            words, inputs, "the fault factor of this generator and the protection's capacity at "
            "the point are not both known", "Have the engineer look up the protection study.",
        )  # fmt: skip
    added = case.proposed.apparent_power_va * fault_pu
    limit = ica_va * rules.fault_pu
    room_w = size_of(case, math.ceil(limit / fault_pu) - 1)
    passes = added < limit
    return ScreenResult(
        words, Outcome.PASS if passes else Outcome.FAIL,
        f"Rating times fault factor is {kilo(float(added))} kVA, which is "
        f"{'below' if passes else 'not below'} {kilo(float(limit))} kVA.",
        inputs, "", float(added), float(limit), float(limit - added), room_w,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Device:
    section: SectionFacts
    duty_a: Fraction
    limit_a: Fraction
    room_va: int


def interrupting(case: ScreeningCase, rules: RuleSet) -> ScreenResult:
    """Every device on the way to the substation; one without its figures leaves it open."""
    share = percent(rules.interrupting_share)
    words = Words(
        "interrupting",
        f"{share} of interrupting rating",
        f"With all generation, no protective device may have to interrupt more than {share} of "
        f"what it can; a circuit where one does already takes nothing more." + _exempt_words(rules),
        citation(rules, "interrupting"),
        "A",
    )
    point, feeder = case.point, case.feeder
    if not case.sections or point is None or feeder is None or case.proposed.active_power_w <= 0:
        return undecided(words, case)
    inputs = _device_inputs(case)
    small = exempt(words, case, inputs, rules.exempt_va)
    if small is not None:
        return small
    per_va = rules.inverter_fault_pu / (SQRT3 * point.line_voltage_v)
    queued_va = feeder.generation.queued_va
    devices = [_device(one, rules, per_va, queued_va, case) for one in case.sections]
    known = [one for one in devices if one is not None]
    unknown = ", ".join(
        section.head_device
        for section, one in zip(case.sections, devices, strict=True)
        if one is None
    )
    worst = min(known, key=lambda one: one.limit_a - one.duty_a, default=None)
    if worst is None or (unknown and worst.duty_a <= worst.limit_a):
        return missing(
            words, inputs, f"interrupting rating or fault duty of {unknown} is not known",
            "Enter both from the device's nameplate and a fault study.",
        )  # fmt: skip
    result = _compared(
        words, inputs, worst.duty_a, worst.limit_a,
        size_of(case, max(worst.room_va, rules.exempt_va)),
        subject=f"What {worst.section.head_device} has to interrupt",
        limit_name=f"{share} of its {kilo(worst.section.interrupting_rating_a or 0)} kA",
    )  # fmt: skip
    return replace(result, largest_passing_w=None) if unknown else result


def _device(
    section: SectionFacts, rules: RuleSet, per_va: Fraction, queued_va: int, case: ScreeningCase
) -> _Device | None:
    if section.interrupting_rating_a is None or section.fault_duty_a is None:
        return None
    limit_a = rules.interrupting_share * section.interrupting_rating_a
    there_a = section.fault_duty_a + queued_va * per_va
    duty_a = there_a + case.proposed.apparent_power_va * per_va
    return _Device(section, duty_a, limit_a, math.floor((limit_a - there_a) / per_va))


def _device_inputs(case: ScreeningCase) -> tuple[Input, ...]:
    queued_va = case.feeder.generation.queued_va if case.feeder else 0
    figures = [
        Input("queued", "Ahead in the queue on the circuit", queued_va, "VA"),
        Input("size", "This application", case.proposed.apparent_power_va, "VA"),
    ]
    for section in case.sections:
        name, device = section.name, section.head_device
        figures += [
            Input(f"rating_{name}", f"{device} can interrupt", section.interrupting_rating_a, "A"),
            Input(f"duty_{name}", f"{device}: fault duty today", section.fault_duty_a, "A"),
        ]
    return tuple(figures)


def _compared(
    words: Words, inputs: tuple[Input, ...], value_a: Fraction, limit_a: Fraction,
    largest_w: int, *, subject: str, limit_name: str,
) -> ScreenResult:  # fmt: skip
    """Equality passes; the exempt size passes wherever the screen has one."""
    compared = Comparison(subject, limit_name, value_a, limit_a, largest_w)
    formula = f"{float(value_a):,.3f} A of {float(limit_a):,.3f} A"
    return compared.at_most(words, inputs, formula)


def _exempt_words(rules: RuleSet) -> str:
    return f" Not asked up to {kilo(rules.exempt_va)} kVA." if rules.exempt_va else ""
