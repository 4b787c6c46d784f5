"""Screens that only California Rule 21 has: B, C, H to N (IC-3)."""

import math
from dataclasses import replace
from fractions import Fraction

from interconnection.screening.case import NonExport, ScreeningCase
from interconnection.screening.comparison import (
    Comparison,
    exempt,
    lookup,
    missing,
    percent,
    size_of,
    undecided,
    yes_no,
)
from interconnection.screening.minimum import section_minimum
from interconnection.screening.placement import fits_line, line_inputs
from interconnection.screening.result import Input, Outcome, ScreenResult, Words, kilo
from interconnection.screening.rules import RuleSet, citation

NOT_HERE = Outcome.NOT_APPLICABLE
# Options that need nothing more than the equipment they name.
BY_EQUIPMENT = frozenset({1, 2, 7, 8})


def certified(case: ScreeningCase, rules: RuleSet) -> ScreenResult:
    words = Words(
        "certified", "Certified equipment",
        "Every unit is certified or has interim approval. When it is not, screen C follows all "
        "the same.",
        citation(rules, "certified"), "",
    )  # fmt: skip
    if case.proposed.active_power_w <= 0:
        return undecided(words, case)
    if case.proposed.is_certified is None:
        return missing(
            words, (), "not every unit names equipment of the certified list",
            "Choose the equipment from the list, or have it certified.",
        )  # fmt: skip
    if case.proposed.is_certified:
        return lookup(words, (), Outcome.PASS, "Every unit is on the certified list.")
    return lookup(words, (), Outcome.FAIL, "Its equipment is not certified.")


def motoring(case: ScreeningCase, rules: RuleSet) -> ScreenResult:
    words = Words(
        "motoring", "Starting voltage drop",
        f"A machine that starts as a motor lowers the voltage by less than "
        f"{rules.motoring_primary_bp / 100:g} % on primary, {rules.motoring_secondary_bp / 100:g} "
        "% on secondary.",
        citation(rules, "motoring"), "%",
    )  # fmt: skip
    machine = case.proposed.machine
    if case.proposed.active_power_w <= 0:
        return undecided(words, case)
    if machine is None or not machine.starts_by_motoring:
        return ScreenResult(words, NOT_HERE, "Nothing in it starts as a motor.", ())
    inputs = (Input("drop", "Voltage drop at start, 0.01 %", machine.starting_drop_bp),)
    if machine.starting_drop_bp is None:
        return missing(words, inputs, "the voltage drop at start is not known", "Have it computed.")
    most = rules.motoring_secondary_bp if machine.is_on_secondary else rules.motoring_primary_bp
    passes = machine.starting_drop_bp < most
    return ScreenResult(
        words, Outcome.PASS if passes else Outcome.FAIL,
        f"The voltage drops by {machine.starting_drop_bp / 100:g} %, "
        f"{'below' if passes else 'not below'} {most / 100:g} %.",
        inputs, "", machine.starting_drop_bp / 100, most / 100,
        (most - machine.starting_drop_bp) / 100,
    )  # fmt: skip


def line_configuration_ca(case: ScreeningCase, rules: RuleSet) -> ScreenResult:
    share = percent(rules.four_wire_share)
    words = Words(
        "line_configuration_ca", "Line configuration",
        "Three-wire lines take any connection, four-wire lines single-phase from line to neutral. "
        f"Everything else on four wires: all generation at most {share} of the line section's "
        f"peak load. Not asked up to {kilo(rules.exempt_va)} kVA.",
        citation(rules, "line_configuration_ca"), "W",
    )  # fmt: skip
    transformer = case.transformer
    if transformer is None or not case.sections or case.proposed.active_power_w <= 0:
        return undecided(words, case)
    inputs, because = line_inputs(case, transformer)
    small = exempt(words, case, inputs, rules.exempt_va)
    if small is not None:
        return small
    if because:
        return missing(words, inputs, because, "Enter it with the network facts.")
    section = case.sections[0]
    is_single = len(transformer.phases) < 3 and fits_line(case, transformer)
    if section.primary_wires == 3 or is_single:
        return ScreenResult(words, Outcome.PASS, "The connection fits the line.", inputs)
    if section.peak_load_w is None:
        because = f"section {section.name} has no measured peak load"
        return missing(words, inputs, because, "Enter it from the last twelve months.")
    there_w = section.generation.active_power_w
    limit_w = rules.four_wire_share * section.peak_load_w
    compared = Comparison(
        f"Generation beyond {section.head_device}", f"{share} of the section's peak load",
        there_w + case.proposed.active_power_w, limit_w,
        max(math.floor(limit_w) - there_w, size_of(case, rules.exempt_va)),
    )  # fmt: skip
    return compared.at_most(words, inputs, "")


def non_export(case: ScreeningCase, rules: RuleSet) -> ScreenResult:
    """Pass means that it does not export by one of the options, and the review ends here."""
    words = Words(
        "non_export", "Does it export?",
        "What does not export by options 1 to 4, 7 or 8 needs no screens J to M. Option 3: at "
        f"most {percent(rules.service_current_share)} of the service's current, at most "
        f"{percent(rules.service_transformer_share)} of the service transformer, certified "
        f"non-islanding. Option 4: at most {percent(rules.host_load_share)} of the host's minimum "
        "load of twelve months.",
        citation(rules, "non_export"), "",
    )  # fmt: skip
    how = case.proposed.non_export
    if case.proposed.active_power_w <= 0:
        return undecided(words, case)
    if how is None:
        return ScreenResult(words, NOT_HERE, "It exports: screen J follows.", ())
    inputs = (Input("option", "Option", how.option),)
    if how.option in BY_EQUIPMENT:
        return ScreenResult(words, Outcome.PASS, f"Option {how.option}: no export.", inputs)
    if how.option == 3:
        return _option_three(case, rules, how, words)
    if how.option == 4:
        return _option_four(case, rules, how, words)
    reason = f"Option {how.option} ends no review: screen J follows."
    return ScreenResult(words, NOT_HERE, reason, inputs)


def _option_three(
    case: ScreeningCase, rules: RuleSet, how: NonExport, words: Words
) -> ScreenResult:
    rated_va = case.transformer.rated_va if case.transformer else None
    inputs = (
        Input("option", "Option", 3),
        Input("service", "Service current", how.service_a, "A"),
        Input("current", "Current of the generator", how.current_a, "A"),
        Input("islanding", "Certified non-islanding", yes_no(how.is_certified_non_islanding)),
        Input("size", "This application", case.proposed.apparent_power_va, "VA"),
        Input("rating", "Service transformer", rated_va, "VA"),
    )
    unknown = [
        label
        for label, value in (
            ("the service's current", how.service_a),
            ("the generator's current", how.current_a),
            ("whether it is certified as non-islanding", how.is_certified_non_islanding),
            ("the service transformer's rating", rated_va),
        )
        if value is None
    ]
    if unknown or how.service_a is None or how.current_a is None or rated_va is None:
        return missing(words, inputs, f"{unknown[0]} is not known", "Ask for it.")
    fits = (
        bool(how.is_certified_non_islanding)
        and how.current_a <= rules.service_current_share * how.service_a
        and case.proposed.apparent_power_va <= rules.service_transformer_share * rated_va
    )
    return _option(words, inputs, fits=fits)


def _option_four(case: ScreeningCase, rules: RuleSet, how: NonExport, words: Words) -> ScreenResult:
    inputs = (
        Input("option", "Option", 4),
        Input("proposed", "This application", case.proposed.active_power_w, "W"),
        Input("host", "Minimum load of the host", how.host_minimum_load_w, "W"),
    )
    if how.host_minimum_load_w is None:
        return missing(words, inputs, "the host's minimum load is not known", "Ask for it.")
    fits = case.proposed.active_power_w <= rules.host_load_share * how.host_minimum_load_w
    return _option(words, inputs, fits=fits)


def _option(words: Words, inputs: tuple[Input, ...], *, fits: bool) -> ScreenResult:
    if fits:
        return ScreenResult(words, Outcome.PASS, "It meets the option's limits.", inputs)
    return ScreenResult(
        words, NOT_HERE, "It is above the option's limits, so it counts as exporting: screen J "
        "follows.", inputs,
    )  # fmt: skip


def small(case: ScreeningCase, rules: RuleSet) -> ScreenResult:
    words = Words(
        "small", "At most 30 kVA?",
        f"With a gross rating of at most {kilo(rules.small_va)} kVA, screens K to M are not asked.",
        citation(rules, "small"), "VA",
    )  # fmt: skip
    asked_va = case.proposed.apparent_power_va
    inputs = (Input("size", "This application", asked_va, "VA"),)
    if case.proposed.active_power_w <= 0:
        return undecided(words, case)
    if asked_va <= rules.small_va:
        return ScreenResult(words, Outcome.PASS, f"It has {kilo(asked_va)} kVA.", inputs)
    return ScreenResult(words, NOT_HERE, f"It has {kilo(asked_va)} kVA: screen K follows.", inputs)


def net_metered(case: ScreeningCase, rules: RuleSet) -> ScreenResult:
    words = Words(
        "net_metered", "Net metered, at most 500 kW?",
        f"Under NEM-1, NEM-2 or NBT-1 and at most {kilo(rules.net_metered_w)} kW, screen L is not "
        "asked.",
        citation(rules, "net_metered"), "W",
    )  # fmt: skip
    asked_w, is_net = case.proposed.active_power_w, case.proposed.is_net_metered
    inputs = (
        Input("proposed", "This application", asked_w, "W"),
        Input("net", "Net metered", yes_no(is_net)),
    )
    if asked_w <= 0:
        return undecided(words, case)
    if is_net is None and asked_w <= rules.net_metered_w:
        return missing(words, inputs, "nobody has said whether it is net metered", "Look it up.")
    if is_net and asked_w <= rules.net_metered_w:
        return ScreenResult(words, Outcome.PASS, "Screen M follows.", inputs)
    return ScreenResult(words, NOT_HERE, "Screen L follows.", inputs)


def area_flags(case: ScreeningCase, rules: RuleSet) -> ScreenResult:
    words = Words(
        "area_flags", "Transmission dependency and stability",
        "No flag for transmission dependency, stability, islanding or overvoltage stands against "
        "the area.",
        citation(rules, "area_flags"), "",
    )  # fmt: skip
    substation = case.substation
    if substation is None or case.proposed.active_power_w <= 0:
        return undecided(words, case)
    flags = {"none_known": "none", "posted": "yes"}
    inputs = (Input("flags", f"Flags at {substation.name}", flags.get(substation.stability)),)
    if substation.stability == "none_known":
        return lookup(words, inputs, Outcome.PASS, "No flag stands against the area.")
    if substation.stability == "posted":
        return lookup(words, inputs, Outcome.FAIL, "A flag stands against the area.")
    because = f"nobody has looked up the area flags at {substation.name}"
    return missing(words, inputs, because, "Enter them with the substation's network facts.")


def hosting(case: ScreeningCase, rules: RuleSet) -> ScreenResult:
    """Screen M: both integrated capacities, else strictly below 15 % of the section's peak."""
    share, peak = percent(rules.ica_share), percent(rules.section_peak_share)
    words = Words(
        "hosting", f"{share} of integrated capacity",
        f"All generation is at most {share} of the lowest static-grid value (576 profiles) and of "
        f"the lowest operational-flexibility value. Without both: below {peak} of the line "
        "section's peak load.",
        citation(rules, "hosting"), "W",
    )  # fmt: skip
    if not case.sections or case.point is None or case.proposed.active_power_w <= 0:
        return undecided(words, case)
    point, section = case.point, case.sections[0]
    there_w = section.generation.active_power_w
    inputs = (
        Input("there", "Connected and queued", there_w, "W"),
        Input("proposed", "This application", case.proposed.active_power_w, "W"),
        Input("static", "Lowest static-grid value", point.ica_static_grid_w, "W"),
        Input("operational", "Lowest operational value", point.ica_operational_w, "W"),
        Input("peak_load", "Peak load of the section", section.peak_load_w, "W"),
    )
    known = (point.ica_static_grid_w, point.ica_operational_w)
    if known[0] is not None and known[1] is not None:
        limit_w = rules.ica_share * min(known[0], known[1])
        compared = Comparison(
            "All generation", f"{share} of the lower capacity",
            there_w + case.proposed.active_power_w, limit_w, math.floor(limit_w) - there_w,
        )  # fmt: skip
        return compared.at_most(words, inputs, "")
    if section.peak_load_w is None:
        because = "neither integrated capacity nor peak load is known"
        return missing(words, inputs, because, "Enter one of them with the network facts.")
    limit = rules.section_peak_share * section.peak_load_w
    return _below(case, words, inputs, there_w, limit)


def _below(
    case: ScreeningCase, words: Words, inputs: tuple[Input, ...], there_w: int, limit_w: Fraction
) -> ScreenResult:
    """Equality fails."""
    aggregate_w = there_w + case.proposed.active_power_w
    passes = aggregate_w < limit_w
    return ScreenResult(
        words, Outcome.PASS if passes else Outcome.FAIL,
        f"All generation would be {kilo(aggregate_w)} kW, {'below' if passes else 'not below'} "
        f"{kilo(float(limit_w))} kW of the section's peak load.",
        inputs, "", float(aggregate_w), float(limit_w), float(limit_w - aggregate_w),
        max(0, math.ceil(limit_w) - 1 - there_w),
    )  # fmt: skip


def minimum_or_ica(case: ScreeningCase, rules: RuleSet) -> ScreenResult:
    """Screen N: the static-grid capacity where it is known, else the minimum load; both up to."""
    share = percent(rules.ica_supplemental_share)
    words = Words(
        "minimum_or_ica", "Penetration",
        f"All generation is at most {share} of the lowest static-grid value; without it, at most "
        f"{percent(rules.section_minimum_share)} of the minimum load.",
        citation(rules, "minimum_or_ica"), "W",
    )  # fmt: skip
    if not case.sections or case.point is None or case.proposed.active_power_w <= 0:
        return undecided(words, case)
    static_w, there_w = case.point.ica_static_grid_w, case.sections[0].generation.active_power_w
    if static_w is None:
        return replace(section_minimum(case, rules), words=words)
    inputs = (
        Input("there", "Connected and queued", there_w, "W"),
        Input("proposed", "This application", case.proposed.active_power_w, "W"),
        Input("static", "Lowest static-grid value", static_w, "W"),
    )
    limit_w = rules.ica_supplemental_share * static_w
    compared = Comparison(
        "All generation", f"{share} of the static-grid value",
        there_w + case.proposed.active_power_w, limit_w, math.floor(limit_w) - there_w,
    )  # fmt: skip
    return compared.at_most(words, inputs, "")
