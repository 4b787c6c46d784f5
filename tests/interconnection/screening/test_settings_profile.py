"""A device's settings against the profile it was approved with, setting by setting (IC-6)."""

from typing import Any

import pytest

from interconnection.screening.profile import default_profile, profile_of
from interconnection.screening.settings_profile import (
    Match,
    Ratings,
    SettingLine,
    compare_settings,
)

RATINGS = Ratings(8_000, 3_520, 3_520)
VOLT_VAR_B = [[92.0, 100.0], [98.0, 0.0], [102.0, 0.0], [108.0, -100.0]]


def held(function: str, *, enabled: bool = True, **parameters: Any) -> dict[str, Any]:
    return {
        "function": function, "is_enabled": enabled, "value_w": None, "parameters": parameters,
        "words": f"{function}: on",
    }  # fmt: skip


def line(title: str, key: str, *found: dict[str, Any], ratings: Ratings = RATINGS) -> SettingLine:
    profile = profile_of(title)
    assert profile is not None
    return next(one for one in compare_settings(profile, found, ratings) if one.key == key)


def volt_var(points: list[list[float]], response_s: float = 5) -> SettingLine:
    found = held("volt_var", points=points, response_s=response_s)
    return line("IEEE 1547-2018 category B, volt-var on", "volt_var", found)


def test_the_default_curve_of_category_b_is_44_percent_of_the_apparent_power() -> None:
    assert volt_var(VOLT_VAR_B).match is Match.SAME


def test_the_same_line_with_more_points_is_the_same_setting() -> None:
    assert volt_var([[92, 100], [95, 50], [98, 0], [102, 0], [108, -100]]).match is Match.SAME


@pytest.mark.parametrize(
    ("points", "response_s", "same"),
    [
        ([[92, 99.1], [98, 0], [102, 0], [108, -100]], 5.0, True),
        ([[92, 98.9], [98, 0], [102, 0], [108, -100]], 5.0, False),
        ([[92, 44], [98, 0], [102, 0], [108, -44]], 5.0, False),
        ([[92, 100], [98, 0], [102, 0], [107, -100]], 5.0, False),
        (VOLT_VAR_B, 5.5, True),
        (VOLT_VAR_B, 5.6, False),
    ],
)
def test_another_curve_or_response_differs(
    points: list[list[float]], response_s: float, same: bool
) -> None:
    found = volt_var(points, response_s)

    assert (found.match is Match.SAME) is same
    assert found.blocks is not same
    if not same:
        assert "Volt-var curve: approved 92/100, 98/0, 102/0, 108/-100 in 5 s" in found.reason


def test_category_a_absorbs_and_injects_25_percent_in_10_s() -> None:
    found = held("volt_var", points=[[90, 50], [100, 0], [110, -100]], response_s=10)
    ratings = Ratings(8_000, 4_000, 2_000)

    title = "IEEE 1547-2018 category A, volt-var default"
    assert line(title, "volt_var", found, ratings=ratings).match is Match.SAME


def test_a_mode_that_is_on_without_being_approved_differs() -> None:
    lines = compare_settings(
        default_profile("B"),
        [
            held("volt_var", points=VOLT_VAR_B, response_s=5),
            held("volt_watt", enabled=False),
            held("fixed_power_factor", power_factor=0.9, excitation="absorbing"),
        ],
        RATINGS,
    )

    assert {one.key for one in lines if one.blocks} == {"volt_var", "fixed_power_factor"}


def test_a_fixed_power_factor_of_one_is_unity() -> None:
    found = held("fixed_power_factor", power_factor=1.0, excitation="injecting")

    title = "IEEE 1547-2018 category B, unity power factor"
    assert line(title, "fixed_power_factor", found).match is Match.SAME


def test_a_curve_that_is_asked_for_and_not_reported_blocks_and_others_do_not() -> None:
    profile = profile_of("IEEE 1547-2018 category B, volt-var and volt-watt on")
    assert profile is not None

    lines = compare_settings(profile, [], RATINGS)

    assert {one.match for one in lines} == {Match.NOT_REPORTED}
    assert {one.key for one in lines if one.blocks} == {"volt_var", "volt_watt"}


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ({}, True),
        ({"voltage_high_pct": 106.1}, False),
        ({"voltage_low_pct": 87.9}, False),
        ({"frequency_high_hz": 61.0}, True),
        ({"frequency_low_hz": 58.9}, False),
        ({"delay_s": 600.0}, True),
        ({"delay_s": 601.0}, False),
    ],
)
def test_entering_service_lies_within_the_ranges(change: dict[str, float], same: bool) -> None:
    values: dict[str, Any] = {
        "voltage_high_pct": 105.0, "voltage_low_pct": 91.7, "frequency_high_hz": 60.1,
        "frequency_low_hz": 59.5, "delay_s": 300.0, "random_delay_s": 0.0, "ramp_s": 300.0,
    }  # fmt: skip
    found = held("enter_service", **{**values, **change})

    title = "IEEE 1547-2018 category B, unity power factor"
    assert (line(title, "enter_service", found).match is Match.SAME) is same


@pytest.mark.parametrize("title", ["Utility profile 7", "category B", "IEEE 1547-2018 category C"])
def test_a_profile_that_names_no_category_cannot_be_told(title: str) -> None:
    assert profile_of(title) is None


def test_a_device_is_compared_with_the_curve_that_was_approved_for_it() -> None:
    title = "IEEE 1547-2018 category B, volt-var 93/22 98/0 102/0 107/-22 in 8 s"
    custom = held("volt_var", points=[[93, 50], [98, 0], [102, 0], [107, -50]], response_s=8)
    default = held("volt_var", points=VOLT_VAR_B, response_s=5)

    assert line(title, "volt_var", custom).match is Match.SAME
    other = line(title, "volt_var", default)
    assert other.blocks
    assert "approved 93/50, 98/0, 102/0, 107/-50 in 8 s" in other.reason


DROOP: dict[str, Any] = {
    "dead_band_over_hz": 0.036, "dead_band_under_hz": 0.036, "droop_over": 0.05,
    "droop_under": 0.05, "response_s": 5.0,
}  # fmt: skip
UNITY, DROOPING = "IEEE 1547-2018 category B", "IEEE 1547-2018 category B, frequency-droop on"


@pytest.mark.parametrize(
    ("title", "change", "same"),
    [
        (UNITY, {}, True),
        (UNITY, {"droop_over": 0.02, "response_s": 0.2}, True),
        (UNITY, {"droop_over": 0.019}, False),
        (UNITY, {"dead_band_under_hz": 1.01}, False),
        (UNITY, {"response_s": 10.1}, False),
        (DROOPING, {}, True),
        (DROOPING, {"droop_under": 0.04}, False),
        (DROOPING, {"dead_band_over_hz": 0.017}, False),
    ],
)
def test_a_droop_that_is_on_has_the_standards_values(
    title: str, change: dict[str, Any], same: bool
) -> None:
    found = line(title, "frequency_droop", held("frequency_droop", **{**DROOP, **change}))

    assert (found.match is Match.SAME) is same
    assert found.blocks is not same


def test_a_droop_that_was_approved_is_on() -> None:
    off = held("frequency_droop", enabled=False)

    assert line(DROOPING, "frequency_droop", off).blocks
    assert line(DROOPING, "frequency_droop").blocks
    assert not line(UNITY, "frequency_droop", off).blocks
