"""What a device holds against what it should: compared to the register, said in words (DV-3)."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from devices.capabilities import ControlRequest, ControlState, Function, WritePlan
from devices.gateway.agreement import Desired, agrees, difference, held
from devices.parameters import Curve, Excitation, Parameters, PowerFactor
from tests.factories import AT

LIMIT = Function.LIMIT_ACTIVE_POWER
CURVE = Curve(((92.0, 44.0), (98.0, 0.0), (102.0, 0.0), (108.0, -44.0)), 5.0)


def wanted(function: Function = LIMIT, **changes: Any) -> Desired:
    asked = Desired(function, True, 5000, None, "olga", AT, "Dispatch 12: Voltage on F12", 7)
    return replace(asked, **changes)


def found(
    value_w: float | None = 5000.0,
    *,
    function: Function = LIMIT,
    enabled: bool = True,
    parameters: Parameters | None = None,
) -> ControlState:
    return ControlState(function, enabled, value_w, None, (), parameters)


def planned(value_w: float | None, parameters: Parameters | None = None) -> WritePlan:
    request = ControlRequest(LIMIT, None, enable=True, reversion_s=0)
    return WritePlan(request, (), value_w, reverts_in_device=True, parameters=parameters)


def clock(at: datetime) -> str:
    return f"{at:%H:%M}"


@pytest.mark.parametrize(
    ("held_w", "is_fine"), [(5000.0, True), (4998.0, True), (4998.001, True), (4990.0, False)]
)
def test_the_asked_value_and_its_rounding_in_the_register_agree(
    held_w: float, is_fine: bool
) -> None:
    assert agrees(wanted(), found(held_w), planned(4998.0)) is is_fine


def test_off_and_on_never_agree_and_two_offs_always_do() -> None:
    off = wanted(is_enabled=False, value_w=None)

    assert not agrees(wanted(), found(enabled=False), planned(5000.0))
    assert not agrees(off, found(), planned(None))
    assert agrees(off, found(8000.0, enabled=False), None)


def test_without_a_plan_near_is_near_enough() -> None:
    assert agrees(wanted(), found(4960.0), None)
    assert not agrees(wanted(), found(4800.0), None)


@pytest.mark.parametrize(
    ("there", "is_fine"),
    [
        (CURVE, True),
        (replace(CURVE, points=((92.0, 43.9), *CURVE.points[1:])), False),
        (replace(CURVE, points=CURVE.points[:3]), False),
        (replace(CURVE, response_s=6.0), False),
        (None, False),
        (PowerFactor(0.9), False),
    ],
)
def test_curves_are_compared_point_by_point(there: Parameters | None, is_fine: bool) -> None:
    asked = wanted(Function.VOLT_VAR, value_w=None, parameters=CURVE)

    state = found(None, function=Function.VOLT_VAR, parameters=there)

    assert agrees(asked, state, planned(None, CURVE)) is is_fine


def test_a_response_time_left_to_the_device_may_be_any() -> None:
    free = wanted(Function.VOLT_VAR, value_w=None, parameters=replace(CURVE, response_s=None))

    assert agrees(free, found(None, function=Function.VOLT_VAR, parameters=CURVE), planned(None))


def test_a_power_factor_is_compared_with_its_side() -> None:
    asked = wanted(Function.FIXED_POWER_FACTOR, value_w=None, parameters=PowerFactor(0.95))
    other = PowerFactor(0.95, Excitation.ABSORBING)

    state = found(None, function=Function.FIXED_POWER_FACTOR, parameters=other)

    assert not agrees(asked, state, planned(None, PowerFactor(0.95)))
    assert agrees(asked, replace(state, parameters=PowerFactor(0.95)), planned(None))


def test_the_words_name_who_asked_what_when_for_what_and_what_was_found() -> None:
    assert difference(wanted(), found(8000.0), AT.replace(hour=14, minute=31), clock) == (
        f"limited to 5,000 W by olga at {AT:%H:%M} for dispatch 12: Voltage on F12; "
        "found 8,000 W since 14:31"
    )


def test_the_words_name_who_approved_and_where_it_comes_from() -> None:
    approved = wanted(
        Function.VOLT_VAR, value_w=None, parameters=CURVE, by="enzo",
        because="application A-17, live test of 03 November 2026", command_id=None,
    )  # fmt: skip

    words = difference(approved, found(None, function=Function.VOLT_VAR, enabled=False), AT, clock)

    assert words == (
        "volt-var curve set to 92/44, 98/0, 102/0, 108/-44 in 5 s approved by enzo at "
        f"{AT:%H:%M} (application A-17, live test of 03 November 2026); "
        f"found no volt-var curve since {AT:%H:%M}"
    )


@pytest.mark.parametrize("value_w", [0, 1])
def test_a_connection_is_said_as_one(value_w: int) -> None:
    asked = wanted(Function.CONNECT, value_w=value_w, is_enabled=value_w == 0, because="")
    names = ("disconnected", "connected")
    opposite = found(None, function=Function.CONNECT, enabled=value_w == 1)

    assert agrees(asked, replace(opposite, enabled=value_w == 0), planned(None))
    assert not agrees(asked, opposite, planned(None))
    words = difference(asked, opposite, AT, clock)
    assert words.startswith(f"{names[value_w]} by olga")
    assert f"found {names[1 - value_w]} since" in words


def test_long_words_leave_room_for_what_was_found() -> None:
    long = Curve(tuple((90 + n / 3, 44 - n / 7) for n in range(20)))
    asked = wanted(
        Function.VOLT_VAR, value_w=None, parameters=long, by="o" * 150, because="x" * 200
    )
    there = found(None, function=Function.VOLT_VAR, parameters=long)

    words = difference(asked, there, AT, lambda at: f"{at:%H:%M on %d %b %Y}")

    assert len(words) <= 300
    assert words.endswith(f" since {AT:%H:%M on %d %b %Y}")


@pytest.mark.parametrize("function", list(Function))
def test_every_function_can_be_said(function: Function) -> None:
    assert held(found(None, function=function, enabled=False))
    assert difference(wanted(function, value_w=None), found(None, function=function), AT, clock)
