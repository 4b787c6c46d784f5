"""What a device was found to hold is compared with what it was asked for, in words (DV-3)."""

from __future__ import annotations

from typing import Any

import pytest

from devices.capabilities import ControlRequest, ControlState, Function
from devices.parameters import Curve, Droop, Parameters
from devices.sunspec import SunSpecDevice
from tests.devices.sunspec import curves, maps
from tests.devices.sunspec.asking import asked, released
from tests.devices.sunspec.curves import VOLT_VAR
from tests.devices.sunspec.der import Der
from tests.devices.sunspec.maps import Registers, chain, common, model
from tests.devices.sunspec.test_curves import newer, older
from tests.devices.sunspec.test_measuring import AT, with_device

LIMIT, CONNECT = Function.LIMIT_ACTIVE_POWER, Function.CONNECT


def told(
    registers: Registers,
    request: ControlRequest,
    *,
    then: dict[str, int] | None = None,
    compare_with: ControlRequest | None = None,
) -> str:
    """Carry a request out, let somebody else change registers, and compare what is found."""

    async def scene(device: SunSpecDevice, peer: Der) -> str:
        await device.measure(lambda: AT)
        await device.read_settings()
        await device.apply(device.plan(request))
        for name, value in (then or {}).items():
            peer[name] = value
        reading = await device.read_slow(lambda: AT)
        found = next(s for s in reading.states if s.function is request.function)
        return device.difference(compare_with or request, found)

    return with_device(registers, scene, kind=Der)


def limited() -> Registers:
    return chain(common(), maps.ac_measurement(), maps.capacity(), maps.ac_controls())


ENTERING = {"ES": 1, "V_SF": -1, "Hz_SF": -2}


@pytest.mark.parametrize(
    ("registers", "request_"),
    [
        (limited(), asked(LIMIT, 3_333)),
        (newer(), asked(Function.VOLT_VAR, Curve(((92.04, 44.0), (108.0, -44.04))))),
        (newer(), asked(Function.FREQUENCY_DROOP, Droop(0.0361, 0.036, 0.05, 0.05, 5.04))),
        (older(curves.legacy(126)), asked(Function.VOLT_VAR, VOLT_VAR)),
        (older(curves.frequency_parameters()),
         asked(Function.FREQUENCY_DROOP, Droop(0.2, 0.2, 0.05, 0.05, 5.0))),
        (chain(common(), maps.ac_measurement(), model(703, **ENTERING)), asked(CONNECT, 0)),
        (chain(common(), maps.ac_measurement(), model(703, **ENTERING)), asked(CONNECT, 1)),
    ],
    ids=["limit", "volt-var", "droop", "older volt-var", "older droop", "off", "on"],
)  # fmt: skip
def test_rounding_to_the_devices_resolution_is_no_difference(
    registers: Registers, request_: ControlRequest
) -> None:
    assert told(registers, request_) == ""


@pytest.mark.parametrize(
    ("then", "words"),
    [
        ({"704.WMaxLimPct": 500}, "it holds 5000 W instead of 3330 W"),
        ({"704.WMaxLimPctEna": 0}, "it is off and should be on"),
        # The percentage means less now: 37 % of 9,000 W would be asked for.
        ({"702.WMax": 900}, "it holds 2997 W instead of 3330 W"),
    ],
)
def test_a_changed_limit_is_named(then: dict[str, int], words: str) -> None:
    assert told(limited(), asked(LIMIT, 3_333), then=then) == words


def test_a_function_that_was_given_back_and_is_on_is_named() -> None:
    found = told(limited(), asked(LIMIT, 3_333), compare_with=released(LIMIT))

    assert found == "it is on and should be off"


@pytest.mark.parametrize(
    ("then", "words"),
    [
        ({"705.Crv_1.Pt_2.V": 970},
         "points is 92/44 97/0 102/0 108/-44 instead of 92/44 98/0 102/0 108/-44"),
        ({"705.Crv_1.RspTms": 60}, "response_s is 6 instead of 5"),
        ({"705.Crv_1.ActPt": 1}, "cannot be read as this function's parameters"),
        ({"705.Crv_1.DeptRef": 2}, "cannot be read as this function's parameters"),
    ],
)  # fmt: skip
def test_a_changed_curve_is_named(then: dict[str, int], words: str) -> None:
    assert words in told(newer(), asked(Function.VOLT_VAR, VOLT_VAR), then=then)


def test_what_was_not_asked_for_is_not_compared() -> None:
    request = asked(Function.VOLT_VAR, Curve(VOLT_VAR.points))

    assert told(newer(), request, then={"705.Crv_1.RspTms": 60}) == ""


def test_a_connection_is_told_in_its_own_words() -> None:
    registers = chain(common(), maps.ac_measurement(), model(703, **ENTERING))

    found = told(registers, asked(CONNECT, 0), then={"703.ES": 1})

    assert found == "it is connected and should be disconnected"


@pytest.mark.parametrize(
    ("function", "what", "words"),
    [
        (Function.FREQUENCY_WATT, VOLT_VAR, "has no model 134"),
        (Function.VOLT_VAR, Curve(((1.0, 0.0),) * 9), "curves have 4 points"),
    ],
)
def test_what_the_device_cannot_hold_differs_in_words(
    function: Function, what: Parameters, words: str
) -> None:
    async def scene(device: SunSpecDevice, _: Der) -> str:
        await device.read_slow(lambda: AT)
        state = ControlState(
            function, enabled=True, value_w=None, reversion_remaining_s=None, raw=()
        )
        return device.difference(asked(function, what), state)

    found: Any = with_device(newer(), scene, kind=Der)
    assert words in found


def test_local_control_does_not_stop_the_comparison() -> None:
    registers = chain(
        common(),
        maps.ac_measurement(),
        maps.capacity(),
        maps.ac_controls(),
        model(715, LocRemCtl=0),
    )

    found = told(registers, asked(LIMIT, 3_333), then={"715.LocRemCtl": 1, "704.WMaxLimPctEna": 0})

    assert found == "it is off and should be on"
