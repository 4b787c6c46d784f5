"""A nameplate beyond physics is refused in words beside the field (IC-1)."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from interconnection.screening.nameplate import UnitValues, check_nameplate
from tests.interconnection.applying import BATTERY, PV

POWER = "active_power_rating_at_unity_power_factor_w"
APPARENT = "apparent_power_max_rating_va"


@pytest.mark.parametrize("unit", [PV, BATTERY], ids=["pv", "battery"])
def test_what_can_be_true_is_accepted(unit: UnitValues) -> None:
    assert check_nameplate(unit) == {}


@pytest.mark.parametrize(
    ("unit", "changes", "field", "words"),
    [
        (PV, {APPARENT: 7_999}, APPARENT, "cannot be smaller than the active power (8 kW)"),
        (PV, {POWER: -1}, POWER, "cannot be below zero"),
        (PV, {POWER: 0}, POWER, "must be above zero"),
        (PV, {POWER: 20_000_001, APPARENT: 20_000_001}, POWER, "Check the decimal point"),
        (
            PV,
            {"reactive_power_injected_max_rating_var": 8_001},
            "reactive_power_injected_max_rating_var",
            "cannot be larger than the apparent power",
        ),
        (
            PV,
            {"active_power_charge_max_rating_w": 5_000},
            "active_power_charge_max_rating_w",
            "Only a battery charges",
        ),
        (PV, {"energy_capacity_wh": 1}, "energy_capacity_wh", "Only a battery charges"),
        (
            BATTERY,
            {"active_power_charge_max_rating_w": None},
            "active_power_charge_max_rating_w",
            "A battery needs a charging power",
        ),
        (BATTERY, {"energy_capacity_wh": 0}, "energy_capacity_wh", "an energy capacity above zero"),
        (
            BATTERY,
            {"energy_capacity_wh": 200_000_001},
            "energy_capacity_wh",
            "More than 200000 kWh is not one unit",
        ),
        (
            BATTERY,
            {"apparent_power_charge_max_rating_va": 4_999},
            "apparent_power_charge_max_rating_va",
            "cannot be smaller than the active charging power",
        ),
        (BATTERY, {"dc_rating_w": 1}, "dc_rating_w", "Only solar modules"),
        (PV, {"dc_rating_w": 40_001}, "dc_rating_w", "More than 5 times"),
        (
            PV,
            {"normal_operating_performance_category": ""},
            "normal_operating_performance_category",
            "Choose category A or B",
        ),
        (
            PV,
            {"abnormal_operating_performance_category": "IV"},
            "abnormal_operating_performance_category",
            "Choose category I, II or III",
        ),
        (PV, {"manufacturer": " "}, "manufacturer", "Say who made the unit"),
        (PV, {"ac_voltage_nominal_rating_v": 5}, "ac_voltage_nominal_rating_v", "between 50"),
        (
            PV,
            {"ac_voltage_minimum_rating_v": 241},
            "ac_voltage_minimum_rating_v",
            "cannot be above the usual voltage",
        ),
        (
            PV,
            {"ac_voltage_maximum_rating_v": 239},
            "ac_voltage_maximum_rating_v",
            "cannot be below the usual voltage",
        ),
        (
            PV,
            {"specified_over_excited_power_factor": Decimal("0.9")},
            "active_power_rating_at_specified_over_excited_power_factor_w",
            "Give both",
        ),
        (
            PV,
            {
                "active_power_rating_at_specified_under_excited_power_factor_w": 7_000,
                "specified_under_excited_power_factor": Decimal("NaN"),
            },
            "specified_under_excited_power_factor",
            "above 0 and is at most 1",
        ),
        (
            PV,
            {
                "active_power_rating_at_specified_under_excited_power_factor_w": 9_000,
                "specified_under_excited_power_factor": Decimal("0.9"),
            },
            "active_power_rating_at_specified_under_excited_power_factor_w",
            "cannot be larger than the apparent power",
        ),
    ],
)
def test_what_cannot_be_true_is_refused(
    unit: UnitValues, changes: dict[str, Any], field: str, words: str
) -> None:
    errors = check_nameplate(replace(unit, **changes))

    assert words in " ".join(errors[field])
