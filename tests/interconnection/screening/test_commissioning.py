"""Installed against approved: identity, ratings with tolerance, what is left unsaid (IC-6)."""

from dataclasses import replace
from typing import Any

import pytest

from interconnection.screening.checklist import UnitOnSite, checklist
from interconnection.screening.commissioning import (
    Comparison,
    Line,
    RegisteredUnit,
    ReportedDevice,
    Tolerances,
    Verdict,
    compare,
)

REGISTERED = RegisteredUnit("Helios", "H8", "SN-1", 8_000, 8_800, 3_872, 3_872)
REPORTED = ReportedDevice("Helios", "H8", "SN-1", "1.0", 8_000, 8_800, 3_872, 3_872)
BATTERY = replace(REGISTERED, charge_power_w=5_000, energy_capacity_wh=10_000)
CHARGED = replace(REPORTED, charge_power_w=5_000, energy_capacity_wh=10_000)


def compared(registered: RegisteredUnit = REGISTERED, **changes: Any) -> Comparison:
    base = CHARGED if registered.energy_capacity_wh else REPORTED
    return compare(registered, replace(base, **changes), Tolerances())


def line(comparison: Comparison, key: str) -> Line:
    return next(one for one in comparison.lines if one.key == key)


def test_the_approved_unit_passes() -> None:
    comparison = compared()

    assert comparison.passes
    assert comparison.reason == ""
    assert {one.verdict for one in comparison.lines} == {Verdict.SAME}


def test_names_may_differ_in_case_and_spaces_only() -> None:
    assert compared(manufacturer=" HELIOS ", model="h8").passes
    assert not compared(model="H8-2").passes


def test_ten_kilowatts_in_place_of_eight_block_with_both_figures_and_what_to_do() -> None:
    comparison = compared(active_power_w=10_000, apparent_power_va=10_000)

    assert not comparison.passes
    assert "registered 8 kW, the device reports 10 kW" in comparison.reason
    assert "ask customer service to change the application" in comparison.reason


@pytest.mark.parametrize(
    ("reported_w", "passes"), [(7_920, True), (7_919, False), (8_080, True), (8_081, False)]
)
def test_active_power_may_be_one_percent_off(reported_w: int, passes: bool) -> None:
    assert compared(active_power_w=reported_w).passes is passes


def test_more_reactive_power_than_approved_is_fine_and_less_is_not() -> None:
    assert compared(reactive_power_injected_var=5_000).passes
    assert not compared(reactive_power_injected_var=3_000).passes


@pytest.mark.parametrize(
    ("capacity_wh", "passes"), [(9_500, True), (9_499, False), (12_000, False)]
)
def test_storage_capacity_may_be_five_percent_off(capacity_wh: int, passes: bool) -> None:
    assert compared(BATTERY, energy_capacity_wh=capacity_wh).passes is passes


@pytest.mark.parametrize("field", ["manufacturer", "model", "serial_number"])
def test_a_device_that_hides_its_identity_blocks(field: str) -> None:
    hidden: dict[str, Any] = {field: ""}

    comparison = compared(**hidden)

    assert not comparison.passes
    assert line(comparison, field).verdict == Verdict.NOT_REPORTED


def test_a_device_without_a_power_rating_blocks() -> None:
    assert not compared(active_power_w=None).passes


def test_other_figures_left_out_are_named_and_do_not_block() -> None:
    comparison = compared(BATTERY, energy_capacity_wh=None, apparent_power_va=None)

    assert comparison.passes
    assert "type plate" in line(comparison, "energy_capacity").reason


def test_a_tariff_with_control_needs_a_device_that_can_be_limited() -> None:
    must = replace(REGISTERED, must_be_controllable=True)

    assert compared(must, is_controllable=True).passes
    assert "offers no power limit" in compared(must, is_controllable=False).reason


UNITS = (
    UnitOnSite("1", "Helios H8", is_battery=False, category="category B"),
    UnitOnSite("2", "Helios B5", is_battery=True, category="category B"),
)


def test_the_checklist_follows_units_conditions_and_tariff() -> None:
    items = checklist(UNITS, conditions=["Export at most 5 kW"], requires_communication=True)

    keys = [item.key for item in items]
    assert len(keys) == len(set(keys))
    assert {"placard-2", "condition-1", "live-1", "live-2"} <= set(keys)
    assert "placard-1" not in keys
    assert [item.key for item in items if item.is_live_test] == ["live-1", "live-2"]


def test_without_communication_there_is_no_live_test() -> None:
    items = checklist(UNITS, conditions=[], requires_communication=False)

    assert not any(item.is_live_test for item in items)
