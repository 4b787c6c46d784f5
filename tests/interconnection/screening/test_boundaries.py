"""Each screen on both sides of its threshold, and with what it needs missing (grid.md A1-A4)."""

from dataclasses import replace
from typing import Any

import pytest

from interconnection.screening.case import Generation, Judgement, Machine, NonExport, ScreeningCase
from interconnection.screening.comparison import SQRT3
from interconnection.screening.faults import current_a
from interconnection.screening.result import Outcome, ScreenResult
from interconnection.screening.rules import RULE21, SGIP, RuleSet
from interconnection.screening.screens import SCREENS
from tests.interconnection.screening.cases import SECTION, case, sized, there

PASS, FAIL = Outcome.PASS, Outcome.FAIL
OPEN, NONE = Outcome.INCONCLUSIVE, Outcome.NOT_APPLICABLE


def ask(code: str, given: ScreeningCase, rules: RuleSet = SGIP) -> ScreenResult:
    return SCREENS[code](given, rules)


# SGIP 2.1, the table of 4 CCR 723-3-3855 and 17.9.568.13 NMAC: below 5, 15, 30, 69 kV.
@pytest.mark.parametrize(
    ("voltage_v", "near", "most_w"),
    [
        (4_999, False, 500_000), (4_999, True, 500_000),
        (5_000, False, 2_000_000), (5_000, True, 3_000_000),
        (14_999, False, 2_000_000), (14_999, True, 3_000_000),
        (15_000, False, 3_000_000), (15_000, True, 4_000_000),
        (29_999, False, 3_000_000), (29_999, True, 4_000_000),
        (30_000, False, 4_000_000), (30_000, True, 5_000_000),
        (68_999, False, 4_000_000), (68_999, True, 5_000_000),
    ],
)  # fmt: skip
def test_the_fast_track_takes_the_sizes_of_its_table(
    voltage_v: int, near: bool, most_w: int
) -> None:
    point = {"line_voltage_v": voltage_v, "is_mainline": near}

    at_limit = ask("fast_track", case(proposed=sized(most_w), point=point))
    above = ask("fast_track", case(proposed=sized(most_w + 1), point=point))

    assert (at_limit.outcome, above.outcome) == (PASS, FAIL)
    assert at_limit.largest_passing_w == above.largest_passing_w == most_w


@pytest.mark.parametrize(
    ("distance_m", "is_mainline", "outcome"),
    [
        (4_023.36, True, PASS),  # exactly 2.5 miles
        (4_023.37, True, FAIL),
        (4_023.36, False, FAIL),
        (4_023.36, None, OPEN),
        (4_023.37, None, FAIL),  # too far away whether or not
    ],
)
def test_the_larger_sizes_need_a_mainline_within_two_and_a_half_miles(
    distance_m: float, is_mainline: bool | None, outcome: Outcome
) -> None:
    point = {"distance_m": distance_m, "is_mainline": is_mainline}

    assert ask("fast_track", case(proposed=sized(2_500_000), point=point)).outcome == outcome


def test_the_fast_track_ends_at_69_kv_and_takes_certified_inverters_and_small_machines() -> None:
    assert ask("fast_track", case(point={"line_voltage_v": 69_000})).outcome == FAIL
    assert ask("fast_track", case(proposed={"is_certified": False})).outcome == FAIL
    assert ask("fast_track", case(proposed={"is_certified": None})).outcome == OPEN
    for size_w, outcome in ((2_000_000, PASS), (2_000_001, FAIL)):
        given = case(proposed=sized(size_w, machine=Machine()), point={"is_mainline": True})
        assert ask("fast_track", given).outcome == outcome


@pytest.mark.parametrize(("known", "outcome"), [(True, PASS), (False, FAIL), (None, OPEN)])
def test_the_feeder_is_under_the_tariff(known: bool | None, outcome: Outcome) -> None:
    assert ask("tariff_portion", case(feeder={"is_under_tariff": known})).outcome == outcome


# SGIP 2.2.1.3: the smaller of 5 % of the network's largest load and 50 kW.
@pytest.mark.parametrize(
    ("load_w", "connected_w", "size_w", "outcome"),
    [
        (400_000, 12_000, 8_000, PASS),  # 5 % is 20 kW
        (400_000, 12_000, 8_001, FAIL),
        (2_000_000, 42_000, 8_000, PASS),  # 5 % would be 100 kW
        (2_000_000, 42_001, 8_000, FAIL),
        (1_000_000, 42_000, 8_000, PASS),  # both are 50 kW
        (None, 42_000, 8_000, OPEN),
        (None, 42_001, 8_000, FAIL),
    ],
)
def test_a_spot_network_takes_the_smaller_of_two_limits(
    load_w: int | None, connected_w: int, size_w: int, outcome: Outcome
) -> None:
    network = {
        "network_service": "spot",
        "network_peak_load_w": load_w,
        "generation": there(connected_w),
    }

    assert ask("network_service", case(proposed=sized(size_w), transformer=network)).outcome == (
        outcome
    )


# Rule 21 F, one phase to earth: IEEE 13 node 671 has 3,057 A; 10 % of it at 4.16 kV and 1.2 pu are
# 1.836 MVA on three phases, a third of it on one, and it by the square root of 3 on two.
@pytest.mark.parametrize(("phases", "limit_va"), [("ABC", 1_835_558), ("B", 611_852),
                                                   ("BC", 1_059_760)])  # fmt: skip
def test_ten_percent_of_a_fault_to_earth_on_each_phase(phases: str, limit_va: int) -> None:
    point = {"line_voltage_v": 4_160, "fault_current_a": 5_301, "ground_fault_a": 3_057}
    given = {"point": point, "transformer": {"phases": phases, "rated_va": 9_000_000}}

    at_limit = ask("fault_current", case(proposed=sized(limit_va), **given), RULE21)
    above = ask("fault_current", case(proposed=sized(limit_va + 1), **given), RULE21)

    assert (at_limit.outcome, above.outcome) == (PASS, FAIL)
    assert above.largest_passing_w == limit_va
    assert f"phase {phases[0]}" in above.reason


def test_a_fault_to_earth_counts_what_hangs_on_the_same_phase() -> None:
    point = {"line_voltage_v": 4_160, "fault_current_a": 5_301, "ground_fault_a": 3_057}
    feeder = {"generation": there(500_000), "on_phases_va": (("A", 300_000), ("C", 200_000))}

    on_a = case(point=point, feeder=feeder, proposed=sized(311_853))
    on_b = case(point=point, feeder=feeder, proposed=sized(311_853), transformer={"phases": "B"})

    assert ask("fault_current", on_a, RULE21).outcome == FAIL
    assert ask("fault_current", replace(on_a, proposed=sized(311_852)), RULE21).outcome == PASS
    assert ask("fault_current", on_b, RULE21).outcome == PASS


def test_without_the_fault_to_earth_rule_21_stays_open_unless_it_fails_anyway() -> None:
    point = {"line_voltage_v": 4_160, "fault_current_a": 5_301, "ground_fault_a": None}

    assert ask("fault_current", case(point=point, proposed=sized(40_000)), RULE21).outcome == OPEN
    assert ask("fault_current", case(point=point, proposed=sized(40_000)), SGIP).outcome == PASS
    failed = ask("fault_current", case(point=point, proposed=sized(4_000_000)), RULE21)
    assert (failed.outcome, failed.largest_passing_w) == (FAIL, None)


# Rule 21 D: 100 A at 240 V are 24 kVA; three conductors at 208 V carry 36,026 VA.
@pytest.mark.parametrize(
    ("transformer", "limit_va"),
    [
        ({"secondary_a": 100}, 24_000),
        ({"secondary_a": 100, "secondary_voltage_v": 208, "phases": "ABC"}, 36_026),
        ({"secondary_a": 209}, 50_000),  # the transformer carries less
    ],
)
@pytest.mark.parametrize("rules", [SGIP, RULE21])
def test_the_secondary_carries_as_much_as_its_weaker_part(
    transformer: dict[str, object], limit_va: int, rules: RuleSet
) -> None:
    at_limit = case(transformer=transformer, proposed=sized(limit_va))
    above = case(transformer=transformer, proposed=sized(limit_va + 1))

    assert ask("transformer_rating", at_limit, rules).outcome == PASS
    failed = ask("transformer_rating", above, rules)
    assert (failed.outcome, failed.largest_passing_w) == (FAIL, limit_va)


@pytest.mark.parametrize("known", [{"secondary_a": None}, {"secondary_voltage_v": None}])
def test_an_unknown_secondary_leaves_rule_21_open_unless_it_fails_anyway(
    known: dict[str, object],
) -> None:
    assert ask("transformer_rating", case(transformer=known), RULE21).outcome == OPEN
    assert ask("transformer_rating", case(transformer=known), SGIP).outcome == PASS
    failed = ask("transformer_rating", case(transformer=known, proposed=sized(50_001)), RULE21)
    assert (failed.outcome, failed.largest_passing_w) == (FAIL, None)
    unrated = case(transformer={"rated_va": None, "secondary_a": 100}, proposed=sized(24_001))
    assert ask("transformer_rating", unrated, SGIP).outcome == FAIL


@pytest.mark.parametrize(("kind", "outcome"), [("radial", NONE), ("area", FAIL), ("", OPEN)])
def test_other_services_than_spot_networks(kind: str, outcome: Outcome) -> None:
    assert ask("network_service", case(transformer={"network_service": kind})).outcome == outcome


# SGIP 2.2.1.4: IEEE 13 node 671 has 5,301 A; 10 % of it at 4.16 kV and 1.2 pu are 3.18 MVA.
def test_ten_percent_of_the_fault_current_at_a_published_node() -> None:
    point = {"line_voltage_v": 4_160, "fault_current_a": 5_301, "ground_fault_a": None,
             "name": "bus 671"}  # fmt: skip
    limit_va = int(530.1 * 4_160 * float(SQRT3) / 1.2)
    assert limit_va == pytest.approx(3_183_000, rel=1e-4)

    at_limit = ask("fault_current", case(proposed=sized(limit_va), point=point))
    above = ask("fault_current", case(proposed=sized(limit_va + 1), point=point))

    assert (at_limit.outcome, above.outcome) == (PASS, FAIL)
    assert at_limit.limit == pytest.approx(530.1)
    assert above.largest_passing_w == limit_va


def test_fault_current_counts_what_is_there_and_passes_at_equality() -> None:
    voltage_v = 1_200  # with 1.2 pu, one VA adds exactly 1/1000 of a √3th A
    fault_a = 1_000
    # 10 % of it is 100 A, which are 100_000 * √3 VA of generation, rational here.
    limit_va = int(100 * 1_000 * SQRT3)
    point = {"line_voltage_v": voltage_v, "fault_current_a": fault_a, "ground_fault_a": None}
    feeder = {"generation": there(limit_va - 8_000)}

    assert current_a(limit_va, voltage_v, SGIP.inverter_fault_pu) <= 100
    assert ask("fault_current", case(point=point, feeder=feeder)).outcome == PASS
    more = case(point=point, feeder=feeder, proposed=sized(8_001))
    assert ask("fault_current", more).outcome == FAIL
    assert ask("fault_current", case(point={"fault_current_a": None})).outcome == OPEN


# SGIP 2.2.1.5: 87.5 % of 10 kA is 8.75 kA; 1 VA at 1.2 pu and 1,200 V adds 1/(1000 √3) A.
@pytest.mark.parametrize(
    ("duty_a", "size_va", "outcome"),
    [(8_650, 173_205, PASS), (8_650, 173_206, FAIL), (8_751, 1_000, FAIL), (8_750, 1, FAIL)],
)
def test_no_device_goes_beyond_its_interrupting_share(
    duty_a: int, size_va: int, outcome: Outcome
) -> None:
    given = case(
        proposed=sized(size_va), point={"line_voltage_v": 1_200}, section={"fault_duty_a": duty_a}
    )

    result = ask("interrupting", given)

    assert result.outcome == outcome
    assert result.limit == 8_750


@pytest.mark.parametrize(
    ("second", "outcome"),
    [
        ({}, PASS),
        ({"fault_duty_a": None}, OPEN),
        ({"interrupting_rating_a": None}, OPEN),
        ({"interrupting_rating_a": 6_800}, FAIL),
    ],
)
def test_every_device_on_the_way_to_the_substation_is_asked(
    second: dict[str, Any], outcome: Outcome
) -> None:
    upstream = replace(SECTION, name="1", head_device="Breaker", **second)

    result = ask("interrupting", case(sections=(SECTION, upstream)))

    assert result.outcome == outcome
    assert (outcome == PASS) or "Breaker" in result.reason


def test_a_device_without_figures_does_not_hide_one_that_is_beyond() -> None:
    worn = replace(SECTION, name="1", head_device="Breaker", interrupting_rating_a=6_000)
    unknown = replace(SECTION, name="0", head_device="Fuse", fault_duty_a=None)

    assert ask("interrupting", case(sections=(SECTION, worn, unknown))).outcome == FAIL


# SGIP 2.2.1.6, the table of line types.
@pytest.mark.parametrize(
    ("wires", "phases", "connection", "outcome"),
    [
        (3, "ABC", "line_to_line", PASS),
        (3, "ABC", "grounded", PASS),
        (3, "A", "line_to_line", PASS),
        (3, "A", "grounded", FAIL),
        (4, "ABC", "grounded", PASS),
        (4, "A", "grounded", PASS),
        (4, "ABC", "line_to_line", FAIL),
        (4, "A", "line_to_line", FAIL),
        (None, "A", "grounded", OPEN),
        (4, "A", "", OPEN),
    ],
)
def test_the_connection_fits_the_line(
    wires: int | None, phases: str, connection: str, outcome: Outcome
) -> None:
    given = case(
        section={"primary_wires": wires},
        transformer={"phases": phases, "primary_connection": connection},
    )

    assert ask("line_configuration", given).outcome == outcome


# SGIP 2.2.1.8: 20 % of a 25 kVA transformer is 5 kVA.
@pytest.mark.parametrize(
    ("leg_va", "there_va", "outcome"),
    [(5_000, 0, PASS), (5_001, 0, FAIL), (2_000, 3_000, PASS), (2_001, 3_000, FAIL),
     (0, 9_000, PASS), (None, 0, OPEN)],
)  # fmt: skip
def test_the_sides_of_a_centre_tap_differ_by_a_fifth_at_most(
    leg_va: int | None, there_va: int, outcome: Outcome
) -> None:
    given = case(
        proposed={"one_leg_va": leg_va},
        transformer={"rated_va": 25_000, "generation": Generation(one_leg_va=there_va)},
    )

    assert ask("centre_tap", given).outcome == outcome


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({"is_centre_tapped": False}, NONE),
        ({"phases": "ABC"}, NONE),
        ({"is_centre_tapped": None}, OPEN),
        ({"rated_va": None}, OPEN),
    ],
)
def test_where_there_is_no_centre_tap_or_nobody_knows(
    changes: dict[str, Any], outcome: Outcome
) -> None:
    given = case(proposed={"one_leg_va": 2_000}, transformer=changes)

    assert ask("centre_tap", given).outcome == outcome


# SGIP 2.2.1.9: 10 MW where limits are known or posted.
@pytest.mark.parametrize(
    ("limits", "transmission_w", "connected_w", "size_w", "outcome"),
    [
        ("none_known", None, 50_000_000, 8_000, PASS),
        ("posted", 6_000_000, 3_992_000, 8_000, PASS),
        ("posted", 6_000_000, 3_992_000, 8_001, FAIL),
        ("posted", None, 0, 8_000, OPEN),
        ("posted", None, 9_992_000, 8_001, FAIL),
        ("", 0, 0, 8_000, OPEN),
    ],
)
def test_ten_megawatts_where_stability_is_limited(
    limits: str, transmission_w: int | None, connected_w: int, size_w: int, outcome: Outcome
) -> None:
    substation = {
        "stability": limits,
        "transmission_generation_w": transmission_w,
        "generation": there(connected_w),
    }

    assert ask("stability", case(proposed=sized(size_w), substation=substation)).outcome == outcome


@pytest.mark.parametrize(
    ("rated_va", "size_va", "outcome"),
    [(25_000, 25_000, PASS), (25_000, 25_001, FAIL), (None, 1_000, OPEN)],
)
def test_construction_is_needed_where_the_transformer_does_not_carry_it(
    rated_va: int | None, size_va: int, outcome: Outcome
) -> None:
    given = case(proposed=sized(size_va), transformer={"rated_va": rated_va})

    assert ask("construction", given).outcome == outcome


@pytest.mark.parametrize("code", ["construction", "voltage_quality", "safety"])
@pytest.mark.parametrize(("is_fine", "outcome"), [(True, PASS), (False, FAIL)])
def test_what_an_engineer_found_out_decides(code: str, is_fine: bool, outcome: Outcome) -> None:
    earlier = Judgement(code, not is_fine, "At first sight.", "eva")
    found = Judgement(code, is_fine, "Looked at on site.", "enzo")

    result = ask(code, case(judgements=(earlier, found)))

    assert result.outcome == outcome
    assert result.reason == "enzo: Looked at on site."


@pytest.mark.parametrize("code", ["voltage_quality", "safety"])
def test_nobody_has_judged_is_not_a_pass(code: str) -> None:
    assert ask(code, case()).outcome == OPEN


# SGIP 2.4.4.1: strictly below; 17.9.568.17 NMAC: 10-16 h fixed, 8-18 h tracking.
@pytest.mark.parametrize(
    ("fields", "size_w", "outcome"),
    [
        ({}, 799_999, PASS), ({}, 800_000, FAIL),
        ({"tracks_sun": True}, 699_999, PASS), ({"tracks_sun": True}, 700_000, FAIL),
        ({"has_storage": True}, 599_999, PASS), ({"has_storage": True}, 600_000, FAIL),
        ({"machine": Machine()}, 599_999, PASS), ({"machine": Machine()}, 600_000, FAIL),
    ],
)  # fmt: skip
def test_generation_stays_below_the_minimum_load_of_its_hours(
    fields: dict[str, Any], size_w: int, outcome: Outcome
) -> None:
    assert ask("section_minimum", case(proposed=sized(size_w, **fields))).outcome == outcome


# Rule 21 ------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("known", "outcome"), [(True, PASS), (False, FAIL), (None, OPEN)])
def test_b_asks_for_certified_equipment(known: bool | None, outcome: Outcome) -> None:
    assert ask("certified", case(proposed={"is_certified": known}), RULE21).outcome == outcome


@pytest.mark.parametrize(
    ("is_secondary", "drop_bp", "outcome"),
    [
        (True, 499, PASS), (True, 500, FAIL), (False, 249, PASS), (False, 250, FAIL),
        (True, None, OPEN),
    ],
)  # fmt: skip
def test_c_is_for_machines_that_start_as_motors(
    is_secondary: bool, drop_bp: int | None, outcome: Outcome
) -> None:
    machine = Machine(
        starts_by_motoring=True, starting_drop_bp=drop_bp, is_on_secondary=is_secondary
    )

    assert ask("motoring", case(proposed={"machine": machine}), RULE21).outcome == outcome
    assert ask("motoring", case(), RULE21).outcome == NONE


@pytest.mark.parametrize("code", ["fault_current", "interrupting", "line_configuration_ca"])
def test_f_g_and_h_are_asked_above_30_kva(code: str) -> None:
    unknown = {
        "point": {"fault_current_a": None},
        "section": {"interrupting_rating_a": None, "primary_wires": None},
    }

    assert ask(code, case(proposed=sized(30_000), **unknown), RULE21).outcome == NONE
    assert ask(code, case(proposed=sized(30_001), **unknown), RULE21).outcome == OPEN


@pytest.mark.parametrize(
    ("fault_pu", "ica_va", "size_va", "outcome"),
    [
        ("12/10", None, 100_000, PASS),
        ("13/10", None, 100_000, OPEN),
        ("2", 100_000, 59_999, PASS),  # 2 * 59,999 stays below 1.2 * 100,000
        ("2", 100_000, 60_000, FAIL),
    ],
)
def test_f1_asks_for_the_generators_own_fault_current(
    fault_pu: str, ica_va: int | None, size_va: int, outcome: Outcome
) -> None:
    rules = replace(RULE21, inverter_fault_pu=type(RULE21.fault_pu)(fault_pu))
    given = case(proposed=sized(size_va), point={"ica_protection_va": ica_va})

    assert ask("fault_contribution", given, rules).outcome == outcome


@pytest.mark.parametrize(
    ("wires", "phases", "connection", "connected_w", "size_w", "outcome"),
    [
        (3, "ABC", "line_to_line", 0, 900_000, PASS),
        (4, "A", "grounded", 0, 900_000, PASS),
        (4, "ABC", "line_to_line", 100_000, 100_000, PASS),  # 10 % of 2 MW
        (4, "ABC", "line_to_line", 100_000, 100_001, FAIL),
        (4, "ABC", "grounded", 100_000, 100_001, FAIL),
    ],
)
def test_h_allows_other_four_wire_connections_a_tenth_of_the_peak(
    wires: int, phases: str, connection: str, connected_w: int, size_w: int, outcome: Outcome
) -> None:
    given = case(
        proposed=sized(size_w),
        section={"primary_wires": wires, "generation": there(connected_w)},
        transformer={"phases": phases, "primary_connection": connection},
    )

    assert ask("line_configuration_ca", given, RULE21).outcome == outcome


@pytest.mark.parametrize(
    ("how", "outcome"),
    [
        (None, NONE),
        (NonExport(1), PASS), (NonExport(2), PASS), (NonExport(7), PASS), (NonExport(8), PASS),
        (NonExport(5), NONE),
        (NonExport(3, 200, 50, True), PASS),
        (NonExport(3, 200, 51, True), NONE),
        (NonExport(3, 200, 50, False), NONE),
        (NonExport(3, None, 50, True), OPEN),
        (NonExport(4, host_minimum_load_w=16_000), PASS),  # 8 kW is half of it
        (NonExport(4, host_minimum_load_w=15_999), NONE),
        (NonExport(4), OPEN),
    ],
)  # fmt: skip
def test_i_asks_whether_it_exports(how: NonExport | None, outcome: Outcome) -> None:
    assert ask("non_export", case(proposed={"non_export": how}), RULE21).outcome == outcome


@pytest.mark.parametrize(("size_va", "outcome"), [(25_000, PASS), (25_001, NONE)])
def test_i_option_three_takes_half_of_the_transformer(size_va: int, outcome: Outcome) -> None:
    how = NonExport(3, 200, 50, is_certified_non_islanding=True)

    given = case(proposed=sized(size_va, non_export=how))

    assert ask("non_export", given, RULE21).outcome == outcome


@pytest.mark.parametrize(("size_va", "outcome"), [(30_000, PASS), (30_001, NONE)])
def test_j_ends_the_review_up_to_30_kva(size_va: int, outcome: Outcome) -> None:
    assert ask("small", case(proposed=sized(size_va)), RULE21).outcome == outcome


@pytest.mark.parametrize(
    ("is_net", "size_w", "outcome"),
    [(True, 500_000, PASS), (True, 500_001, NONE), (False, 1_000, NONE), (None, 1_000, OPEN)],
)
def test_k_is_for_net_metering_up_to_500_kw(
    is_net: bool | None, size_w: int, outcome: Outcome
) -> None:
    given = case(proposed=sized(size_w, is_net_metered=is_net))

    assert ask("net_metered", given, RULE21).outcome == outcome


@pytest.mark.parametrize(("known", "outcome"), [("none_known", PASS), ("posted", FAIL), ("", OPEN)])
def test_l_looks_up_the_flags_of_the_area(known: str, outcome: Outcome) -> None:
    assert ask("area_flags", case(substation={"stability": known}), RULE21).outcome == outcome


@pytest.mark.parametrize(
    ("static_w", "operational_w", "size_w", "outcome"),
    [
        (1_000_000, 2_000_000, 900_000, PASS),  # equality does not trigger
        (1_000_000, 2_000_000, 900_001, FAIL),
        (2_000_000, 1_000_000, 900_000, PASS),
        (2_000_000, 1_000_000, 900_001, FAIL),
        (None, None, 299_999, PASS),  # strictly below 15 % of 2 MW
        (None, None, 300_000, FAIL),
        (1_000_000, None, 300_000, FAIL),  # both or neither
    ],
)
def test_m_is_ninety_percent_of_both_capacities_or_below_15_percent_of_peak(
    static_w: int | None, operational_w: int | None, size_w: int, outcome: Outcome
) -> None:
    point = {"ica_static_grid_w": static_w, "ica_operational_w": operational_w}

    assert ask("hosting", case(proposed=sized(size_w), point=point), RULE21).outcome == outcome


@pytest.mark.parametrize(
    ("static_w", "size_w", "outcome"),
    [
        (1_000_000, 1_000_000, PASS), (1_000_000, 1_000_001, FAIL),
        (None, 800_000, PASS), (None, 800_001, FAIL),
    ],
)  # fmt: skip
def test_n_is_the_whole_capacity_or_the_whole_minimum_load(
    static_w: int | None, size_w: int, outcome: Outcome
) -> None:
    given = case(proposed=sized(size_w), point={"ica_static_grid_w": static_w})

    assert ask("minimum_or_ica", given, RULE21).outcome == outcome
