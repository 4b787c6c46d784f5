"""Screens on where and how it connects: eligibility, network, line, service (IC-3)."""

import math
from fractions import Fraction

from interconnection.screening.case import PointFacts, ScreeningCase, TransformerFacts
from interconnection.screening.comparison import (
    Comparison,
    lookup,
    missing,
    percent,
    undecided,
    yes_no,
)
from interconnection.screening.result import Input, Outcome, ScreenResult, Words, kilo
from interconnection.screening.rules import RuleSet, VoltageBand, citation

MILE_M = 1609.344


def fast_track(  # noqa: PLR0911  one answer for each thing that may be missing
    case: ScreeningCase, rules: RuleSet
) -> ScreenResult:
    """The largest size by line voltage and place; for certified inverters, machines up to 2 MW."""
    words = Words(
        "fast_track",
        "Eligible for the fast track",
        "By the voltage of the line, certified inverters up to a size of the table take the fast "
        "track; larger ones where they are on a mainline and at most 2.5 circuit miles from the "
        f"substation. Machines: at most {kilo(rules.machine_w)} kW anywhere.",
        citation(rules, "fast_track"),
        "W",
    )
    proposed, point = case.proposed, case.point
    if point is None or proposed.active_power_w <= 0:
        return undecided(words, case)
    inputs = (
        Input("proposed", "This application", proposed.active_power_w, "W"),
        Input("voltage", "Line voltage", point.line_voltage_v, "V"),
        Input("mainline", "On a mainline", yes_no(point.is_mainline)),
        Input("distance", "Circuit miles from the substation", f"{point.distance_m / MILE_M:.2f}"),
        Input("certified", "Certified equipment", yes_no(proposed.is_certified)),
    )
    if proposed.machine is not None:
        return _eligible(words, inputs, proposed.active_power_w, rules.machine_w)
    band = next((b for b in rules.fast_track if b.from_v <= point.line_voltage_v < b.below_v), None)
    if band is None:
        where = f"The line has {kilo(point.line_voltage_v)} kV; the table ends below 69 kV."
        return lookup(words, inputs, Outcome.FAIL, where)
    if proposed.is_certified is False:
        return lookup(words, inputs, Outcome.FAIL, "Its equipment is not certified.")
    limit_w = _most(band, point, rules, proposed.active_power_w)
    if limit_w is None:
        return missing(
            words, inputs, f"nobody has said whether {point.name} is on a mainline",
            "Enter it with the network facts of the bus.",
        )  # fmt: skip
    if proposed.is_certified is None and proposed.active_power_w <= limit_w:
        return missing(
            words, inputs, "not every unit names equipment of the certified list",
            "Choose the equipment from the list, or have it certified.",
        )  # fmt: skip
    return _eligible(words, inputs, proposed.active_power_w, limit_w)


def _most(band: VoltageBand, point: PointFacts, rules: RuleSet, asked_w: int) -> int | None:
    """The size that applies; None when it hangs on what nobody knows."""
    is_near = point.distance_m <= rules.fast_track_m
    if not is_near or point.is_mainline is False:
        return band.anywhere_w
    if point.is_mainline:
        return band.near_mainline_w
    if asked_w <= band.anywhere_w:
        return band.anywhere_w
    return band.near_mainline_w if asked_w > band.near_mainline_w else None


def _eligible(words: Words, inputs: tuple[Input, ...], asked_w: int, limit_w: int) -> ScreenResult:
    compared = Comparison(
        "This application", "the size of the fast track", asked_w, Fraction(limit_w), limit_w
    )
    return compared.at_most(words, inputs, f"{kilo(asked_w)} kW of {kilo(limit_w)} kW")


def tariff_portion(case: ScreeningCase, rules: RuleSet) -> ScreenResult:
    words = Words(
        "tariff_portion",
        "Part of the system under the tariff",
        "The point of interconnection is on a part of the distribution system that is subject to "
        "the tariff.",
        citation(rules, "tariff_portion"),
        "",
    )
    feeder = case.feeder
    if feeder is None or case.proposed.active_power_w <= 0:
        return undecided(words, case)
    known = yes_no(feeder.is_under_tariff)
    inputs = (Input("under_tariff", f"Feeder {feeder.name} is under the tariff", known),)
    if feeder.is_under_tariff is None:
        return missing(
            words, inputs, f"nobody has said whether feeder {feeder.name} is under the tariff",
            "Enter it with the feeder's network facts.",
        )  # fmt: skip
    if feeder.is_under_tariff:
        return lookup(words, inputs, Outcome.PASS, f"Feeder {feeder.name} is under the tariff.")
    return lookup(words, inputs, Outcome.FAIL, f"Feeder {feeder.name} is not under the tariff.")


def network_service(case: ScreeningCase, rules: RuleSet) -> ScreenResult:
    share = percent(rules.network_share)
    words = Words(
        "network_service",
        "Networked secondary",
        f"Behind the protectors of a spot network, all inverters may be at most the smaller of "
        f"{share} of the network's largest load and {kilo(rules.network_w)} kW. Other networked "
        "secondaries take none.",
        citation(rules, "network_service"),
        "W",
    )
    transformer = case.transformer
    if transformer is None or case.proposed.active_power_w <= 0:
        return undecided(words, case)
    there_w = transformer.generation.active_power_w
    kinds = {"radial": "radial", "spot": "spot network", "area": "area network"}
    inputs = (
        Input("there", "Connected and queued on the secondary", there_w, "W"),
        Input("proposed", "This application", case.proposed.active_power_w, "W"),
        Input("service", "Service", kinds.get(transformer.network_service)),
        Input("load", "Largest load of the network", transformer.network_peak_load_w, "W"),
    )
    if transformer.network_service == "radial":
        reason = f"{transformer.name} is fed radially."
        return ScreenResult(words, Outcome.NOT_APPLICABLE, reason, inputs)
    if transformer.network_service == "area" or case.proposed.machine is not None:
        reason = f"{transformer.name} feeds a network that takes no generation by this screen."
        return lookup(words, inputs, Outcome.FAIL, reason)
    if transformer.network_service != "spot":
        return missing(
            words, inputs, f"nobody has said whether {transformer.name} feeds a network",
            "Enter it with the transformer's network facts.",
        )  # fmt: skip
    return _spot(case, rules, transformer, words, inputs)


def _spot(
    case: ScreeningCase, rules: RuleSet, transformer: TransformerFacts, words: Words,
    inputs: tuple[Input, ...],
) -> ScreenResult:  # fmt: skip
    there_w = transformer.generation.active_power_w
    aggregate_w = there_w + case.proposed.active_power_w
    load_w, limit_w = transformer.network_peak_load_w, Fraction(rules.network_w)
    if load_w is None and aggregate_w <= limit_w:
        return missing(
            words, inputs, f"the largest load of the spot network at {transformer.name} is not "
            "known", "Enter it with the transformer's network facts.",
        )  # fmt: skip
    if load_w is not None:
        limit_w = min(limit_w, rules.network_share * load_w)
    compared = Comparison(
        subject="All inverters on the spot network",
        limit_name="the limit for a spot network",
        aggregate=aggregate_w,
        limit=limit_w,
        largest_w=math.floor(limit_w) - there_w,
    )
    return compared.at_most(words, inputs, f"{kilo(aggregate_w)} kW of {kilo(float(limit_w))} kW")


def line_configuration(case: ScreeningCase, rules: RuleSet) -> ScreenResult:
    words = Words(
        "line_configuration",
        "Line configuration",
        "On a three-phase, three-wire line: three-phase, or single-phase between two phases. On a "
        "three-phase, four-wire line: effectively grounded three-phase, or single-phase from line "
        "to neutral. Nothing else passes.",
        citation(rules, "line_configuration"),
        "",
    )
    transformer = case.transformer
    if transformer is None or not case.sections or case.proposed.active_power_w <= 0:
        return undecided(words, case)
    inputs, because = line_inputs(case, transformer)
    if because:
        return missing(words, inputs, because, "Enter it with the network facts.")
    if fits_line(case, transformer):
        return lookup(words, inputs, Outcome.PASS, "The connection fits the line.")
    return lookup(words, inputs, Outcome.FAIL, "The connection does not fit the line.")


def fits_line(case: ScreeningCase, transformer: TransformerFacts) -> bool:
    is_grounded = transformer.primary_connection == "grounded"
    if case.sections[0].primary_wires == 4:
        return is_grounded
    return len(transformer.phases) == 3 or not is_grounded


def line_inputs(
    case: ScreeningCase, transformer: TransformerFacts
) -> tuple[tuple[Input, ...], str]:
    """The figures, and what is missing among them."""
    section = case.sections[0]
    kinds = {"line_to_line": "between phases", "grounded": "to the grounded neutral"}
    inputs = (
        Input("wires", f"Wires of the line in section {section.name}", section.primary_wires),
        Input("phases", f"Phases of {transformer.name}", transformer.phases),
        Input(
            "connection",
            f"{transformer.name} is connected",
            kinds.get(transformer.primary_connection),
        ),
    )
    if section.primary_wires not in {3, 4}:
        return inputs, f"the wires of the line in section {section.name} are not known"
    if transformer.primary_connection not in kinds:
        return inputs, f"the primary connection of {transformer.name} is not known"
    return inputs, ""


def centre_tap(  # noqa: PLR0911  one answer for each thing that may be missing
    case: ScreeningCase, rules: RuleSet
) -> ScreenResult:
    share = percent(rules.centre_tap_share)
    words = Words(
        "centre_tap",
        "Balance on a centre tap",
        f"On the centre tap of a 240 V service, the two sides may differ by at most {share} of the "
        "service transformer's rating. A 240 V inverter is balanced; those on one leg are taken "
        "to be all on the same.",
        citation(rules, "centre_tap"),
        "VA",
    )
    transformer, leg_va = case.transformer, case.proposed.one_leg_va
    if transformer is None or case.proposed.active_power_w <= 0:
        return undecided(words, case)
    there_va = transformer.generation.one_leg_va
    inputs = (
        Input("there", "Connected and queued on one leg", there_va, "VA"),
        Input("one_leg", "This application on one leg", leg_va, "VA"),
        Input("tapped", "Centre tap", yes_no(transformer.is_centre_tapped)),
        Input("rating", f"Rating of {transformer.name}", transformer.rated_va, "VA"),
    )
    if len(transformer.phases) > 1 or transformer.is_centre_tapped is False:
        reason = f"{transformer.name} has no centre tap."
        return ScreenResult(words, Outcome.NOT_APPLICABLE, reason, inputs)
    if transformer.is_centre_tapped is None:
        because = f"nobody has said whether {transformer.name} has a centre tap"
        return missing(words, inputs, because, "Enter it with the transformer's network facts.")
    if leg_va is None:
        because = "nobody has said between which conductors the units are"
        return missing(words, inputs, because, "Ask the applicant.")
    if leg_va == 0:
        reason = "Between both legs, it adds no imbalance."
        return ScreenResult(words, Outcome.PASS, reason, inputs)
    if transformer.rated_va is None:
        because = f"the rating of transformer {transformer.name} is not known"
        return missing(words, inputs, because, "Have its nameplate read and entered.")
    limit_va = rules.centre_tap_share * transformer.rated_va
    room_va = max(0, math.floor(limit_va) - there_va)
    compared = Comparison(
        subject="The difference between the two sides",
        limit_name=f"{share} of the transformer's rating",
        aggregate=there_va + leg_va,
        limit=limit_va,
        largest_w=room_va * case.proposed.active_power_w // leg_va,
    )
    return compared.at_most(
        words, inputs, f"{kilo(there_va + leg_va)} kVA of {kilo(float(limit_va))} kVA"
    )


def stability(case: ScreeningCase, rules: RuleSet) -> ScreenResult:
    words = Words(
        "stability",
        "Transient stability",
        f"Where limits of transient stability are known or posted nearby, it may be at most "
        f"{kilo(rules.stability_w)} kW together with all generation under the substation and on "
        "the transmission side of its transformer.",
        citation(rules, "stability"),
        "W",
    )
    substation = case.substation
    if substation is None or case.proposed.active_power_w <= 0:
        return undecided(words, case)
    there_w = substation.generation.active_power_w
    kinds = {"none_known": "none known or posted", "posted": "known or posted"}
    inputs = (
        Input("limits", "Stability limits nearby", kinds.get(substation.stability)),
        Input("there", f"Connected and queued under {substation.name}", there_w, "W"),
        Input(
            "transmission", "On the transmission side", substation.transmission_generation_w, "W"
        ),
        Input("proposed", "This application", case.proposed.active_power_w, "W"),
    )
    if substation.stability == "none_known":
        return lookup(words, inputs, Outcome.PASS, "No limits are known or posted nearby.")
    if substation.stability != "posted":
        because = f"nobody has looked up the stability limits at {substation.name}"
        return missing(words, inputs, because, "Enter them with the substation's network facts.")
    there_w += substation.transmission_generation_w or 0
    aggregate_w = there_w + case.proposed.active_power_w
    if substation.transmission_generation_w is None and aggregate_w <= rules.stability_w:
        because = f"the generation on the transmission side of {substation.name} is not known"
        return missing(words, inputs, because, "Enter it with the substation's network facts.")
    compared = Comparison(
        subject=f"Generation at {substation.name}",
        limit_name="the limit where stability is an issue",
        aggregate=aggregate_w,
        limit=Fraction(rules.stability_w),
        largest_w=rules.stability_w - there_w,
    )
    return compared.at_most(
        words, inputs, f"{kilo(aggregate_w)} kW of {kilo(rules.stability_w)} kW"
    )
