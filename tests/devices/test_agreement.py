"""What a device should hold, by whose word, and what it holds instead: in words (DV-3)."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from devices.capabilities import ControlState, Function
from devices.gateway.agreement import Desired, difference, held, is_as_read
from devices.parameters import Curve, Parameters, PowerFactor
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


def clock(at: datetime) -> str:
    return f"{at:%H:%M}"


def test_what_was_read_at_the_live_test_agrees_with_itself() -> None:
    assert is_as_read(wanted(value_w=2592.074), found(2592.074))
    assert not is_as_read(wanted(value_w=2592.074), found(2592.0))
    assert not is_as_read(wanted(), found(None))


def test_off_and_on_never_agree_and_two_offs_always_do() -> None:
    off = wanted(is_enabled=False, value_w=None)

    assert not is_as_read(wanted(), found(enabled=False))
    assert not is_as_read(off, found())
    assert is_as_read(off, found(8000.0, enabled=False))


@pytest.mark.parametrize(
    ("there", "is_fine"),
    [
        (CURVE, True),
        (replace(CURVE, points=((92.0, 43.9), *CURVE.points[1:])), False),
        (replace(CURVE, response_s=6.0), False),
        (None, False),
        (PowerFactor(0.9), False),
    ],
)
def test_curves_are_compared_point_by_point(there: Parameters | None, is_fine: bool) -> None:
    asked = wanted(Function.VOLT_VAR, value_w=None, parameters=CURVE)

    assert is_as_read(asked, found(None, function=Function.VOLT_VAR, parameters=there)) is is_fine


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

    assert is_as_read(asked, replace(opposite, enabled=value_w == 0))
    assert not is_as_read(asked, opposite)
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
