"""Registered against said: which attributes, how far apart, when a decision still holds (DV-6)."""

from typing import Any

import pytest

from devices.register.nameplates import (
    BY_KEY,
    RULES,
    Compared,
    DeviceFacts,
    Outcome,
    compare_device,
    is_same_as_before,
)

REGISTERED = {
    "active_power_rating_at_unity_power_factor_w": 8_000,
    "apparent_power_max_rating_va": 8_000,
    "reactive_power_injected_max_rating_var": 3_520,
    "reactive_power_absorbed_max_rating_var": 3_520,
    "active_power_charge_max_rating_w": 5_000,
    "energy_capacity_wh": 10_000,
    "manufacturer": "Helios",
    "model": "H8",
    "serial_number": "SN-1",
    "version": "1.0",
}
SAID = {
    "active_power_max_w": 8_000.0,
    "apparent_power_max_va": 8_000.0,
    "reactive_power_injected_max_var": 3_520.0,
    "reactive_power_absorbed_max_var": 3_520.0,
    "charge_max_w": 5_000.0,
    "discharge_max_w": 8_000.0,
    "energy_capacity_wh": 10_000.0,
    "manufacturer": "Helios",
    "model": "H8",
    "serial_number": "SN-1",
    "version": "1.0",
}


def outcomes(kind: str = "battery", *, registered: Any = None, **said: Any) -> dict[str, Outcome]:
    facts = DeviceFacts(1, kind, REGISTERED | (registered or {}), SAID | said)
    return {compared.attribute: compared.outcome for compared in compare_device(facts)}


def test_a_device_as_registered_differs_in_nothing() -> None:
    assert set(outcomes().values()) == {Outcome.SAME}
    assert set(outcomes()) == set(BY_KEY)


def test_each_kind_is_compared_in_what_it_has() -> None:
    storage = {"charge_power", "discharge_power", "energy_capacity"}
    ratings = {rule.key for rule in RULES if rule.is_rating}

    assert set(outcomes("inverter")) == set(BY_KEY) - storage
    assert set(outcomes("meter")) == set(BY_KEY) - ratings


@pytest.mark.parametrize(
    ("said", "attribute"),
    [
        ({"active_power_max_w": 10_000.0}, "active_power"),
        ({"apparent_power_max_va": 7_000.0}, "apparent_power"),
        ({"reactive_power_injected_max_var": 3_000.0}, "reactive_injected"),
        ({"reactive_power_absorbed_max_var": 3_000.0}, "reactive_absorbed"),
        ({"charge_max_w": 4_000.0}, "charge_power"),
        ({"discharge_max_w": 5_000.0}, "discharge_power"),
        ({"energy_capacity_wh": 5_000.0}, "energy_capacity"),
        ({"manufacturer": "Sol"}, "manufacturer"),
        ({"model": "H10"}, "model"),
        ({"serial_number": "SN-2"}, "serial_number"),
        ({"serial_number": "sn-1"}, "serial_number"),
        ({"version": "1.1"}, "firmware"),
    ],
)
def test_every_attribute_is_found_when_it_differs_and_no_other(
    said: dict[str, Any], attribute: str
) -> None:
    found = outcomes(**said)

    assert [key for key, outcome in found.items() if outcome == Outcome.DIFFERENT] == [attribute]


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        (8_079.0, Outcome.SAME),
        (7_921.0, Outcome.SAME),
        (8_081.0, Outcome.DIFFERENT),
        (7_919.0, Outcome.DIFFERENT),
        (0.0, Outcome.DIFFERENT),
        (None, Outcome.UNKNOWN),
        (float("nan"), Outcome.UNKNOWN),
        (float("inf"), Outcome.UNKNOWN),
        ("8000", Outcome.UNKNOWN),
        (True, Outcome.UNKNOWN),
    ],
)
def test_active_power_may_lie_one_percent_apart(said: Any, outcome: Outcome) -> None:
    assert outcomes(active_power_max_w=said)["active_power"] == outcome


def test_more_reactive_power_than_registered_is_no_difference() -> None:
    assert outcomes(reactive_power_injected_max_var=5_000.0)["reactive_injected"] == Outcome.SAME


def test_words_bear_case_and_blanks_but_serial_numbers_do_not() -> None:
    found = outcomes(manufacturer=" HELIOS ", model="h8", serial_number="SN-1 ")

    assert set(found.values()) == {Outcome.SAME}


def test_what_one_side_does_not_say_cannot_be_told() -> None:
    found = outcomes(registered={"version": "", "model": ""}, manufacturer="\0", serial_number=None)

    for attribute in ("firmware", "model", "manufacturer", "serial_number"):
        assert found[attribute] == Outcome.UNKNOWN


def compared(said: float, registered: float = 8_000.0) -> Compared:
    return Compared(1, "active_power", Outcome.DIFFERENT, "", "", registered, said)


@pytest.mark.parametrize(
    ("now", "is_same"),
    [
        (compared(10_000), True),
        (compared(10_040), True),
        (compared(10_060), False),
        (compared(10_000, registered=9_000), False),
    ],
)
def test_a_decision_holds_while_the_figures_stay_within_half_of_the_tolerance(
    now: Compared, is_same: bool
) -> None:
    assert is_same_as_before(BY_KEY["active_power"], compared(10_000), now) is is_same
