"""Every function, carried out by machines that share no code with the driver (DV-3, DV-7)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from devices.capabilities import (
    ControlRequest,
    ControlState,
    Function,
    LocalControl,
    NotAdopted,
    SlowReading,
)
from devices.parameters import (
    Curve,
    Droop,
    EnterService,
    Excitation,
    Parameters,
    PowerFactor,
    RampRate,
    ReactivePower,
)
from devices.sunspec import SunSpecDevice
from tests.conformance.sunspec.fleets import NEWER, OLDER, Fleet, now, opened, running, simulators

pytestmark = pytest.mark.processes

COUNT = 12
NEWER_FUNCTIONS: dict[Function, Parameters] = {
    Function.FIXED_POWER_FACTOR: PowerFactor(0.9, Excitation.ABSORBING),
    Function.SET_REACTIVE_POWER: ReactivePower(500.0),
    Function.VOLT_VAR: Curve(((92.0, 60.0), (98.0, 0.0), (102.0, 0.0), (108.0, -60.0)), 3.0),
    Function.VOLT_WATT: Curve(((105.0, 100.0), (109.0, 10.0)), 4.0),
    Function.WATT_VAR: Curve(((10.0, 0.0), (60.0, 0.0), (100.0, -30.0))),
    Function.FREQUENCY_DROOP: Droop(0.05, 0.06, 0.04, 0.03, 2.0),
    Function.RAMP_RATE: RampRate(7.0),
    Function.ENTER_SERVICE: EnterService(104.0, 92.0, 60.2, 59.4, 12.0, 3.0, 9.0),
}
OLDER_FUNCTIONS: dict[Function, Parameters] = {
    Function.FIXED_POWER_FACTOR: PowerFactor(0.9, Excitation.INJECTING),
    Function.SET_REACTIVE_POWER: ReactivePower(-500.0),
    Function.RAMP_RATE: RampRate(7.0),
}


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    with running(tmp_path_factory.mktemp("fleet"), COUNT) as fleet:
        yield fleet


async def carried_out(
    device: SunSpecDevice, request: ControlRequest
) -> tuple[list[bool], ControlState, Parameters | None]:
    await device.measure(now)
    await device.read_settings(request.function)
    plan = device.plan(request)
    before = await device.confirm(plan)
    await device.apply(plan)
    after = await device.confirm(plan)
    return [before, after], await device.read_control(request.function), plan.parameters


@pytest.mark.parametrize(
    ("generation", "function", "parameters"),
    [
        *((NEWER, function, what) for function, what in NEWER_FUNCTIONS.items()),
        *((OLDER, function, what) for function, what in OLDER_FUNCTIONS.items()),
    ],
)
def test_a_function_is_held_by_the_machine_as_it_was_asked(
    fleet: Fleet, generation: str, function: Function, parameters: Parameters
) -> None:
    described = fleet.first("pv", generation)
    request = ControlRequest(function, None, True, reversion_s=0, parameters=parameters)

    async def scene() -> tuple[list[bool], ControlState, Parameters | None]:
        device = await opened(described)
        try:
            return await carried_out(device, request)
        finally:
            device.connection.close()

    proof, state, rounded = asyncio.run(scene())

    assert proof == [False, True]
    assert state.enabled
    assert state.parameters == rounded
    if not isinstance(parameters, ReactivePower):
        assert state.parameters == parameters


@pytest.mark.parametrize("generation", [NEWER, OLDER])
@pytest.mark.parametrize("value", [800.0, -800.0])
def test_reactive_power_flows_the_way_it_was_asked_to(
    fleet: Fleet, generation: str, value: float
) -> None:
    described = fleet.first("battery", generation)
    what = ReactivePower(value)
    request = ControlRequest(Function.SET_REACTIVE_POWER, None, True, 60, parameters=what)

    assert measured_var(described, request) == pytest.approx(value, rel=0.05, abs=60)


@pytest.mark.parametrize("generation", [NEWER, OLDER])
@pytest.mark.parametrize(
    ("excitation", "sign"), [(Excitation.INJECTING, 1), (Excitation.ABSORBING, -1)]
)
def test_a_power_factor_exchanges_var_the_way_it_was_asked_to(
    fleet: Fleet, generation: str, excitation: Excitation, sign: int
) -> None:
    described = fleet.first("pv", generation)
    what = PowerFactor(0.9, excitation)
    request = ControlRequest(Function.FIXED_POWER_FACTOR, None, True, 60, parameters=what)

    var = measured_var(described, request)

    assert var is not None
    assert var * sign > 0


def measured_var(described: dict[str, Any], request: ControlRequest) -> float | None:
    """Reactive power a few seconds after a request; whatever else held is given back before."""

    async def scene() -> float | None:
        device = await opened(described)
        try:
            await device.read_settings()
            for function in device.functions - {Function.RAMP_RATE, Function.ENTER_SERVICE}:
                await device.apply(device.plan(ControlRequest(function, None, False, 0)))
            await device.apply(device.plan(request))
            await asyncio.sleep(2.0)
            return (await device.measure(now)).reactive_power_var
        finally:
            device.connection.close()

    return asyncio.run(scene())


def test_a_curve_that_pushes_the_voltage_away_is_refused_by_the_machine(fleet: Fleet) -> None:
    described = fleet.first("pv", NEWER)
    rising = Curve(((92.0, -44.0), (108.0, 44.0)))
    request = ControlRequest(Function.VOLT_VAR, None, True, 0, parameters=rising)

    async def scene() -> None:
        device = await opened(described)
        try:
            await carried_out(device, request)
        finally:
            device.connection.close()

    with pytest.raises(NotAdopted):
        asyncio.run(scene())


def test_a_curve_with_a_timer_is_let_go_when_the_timer_ends(fleet: Fleet) -> None:
    described = fleet.first("battery", NEWER)
    curve = NEWER_FUNCTIONS[Function.VOLT_VAR]
    request = ControlRequest(Function.VOLT_VAR, None, True, 4, parameters=curve)

    async def scene() -> tuple[bool, bool]:
        device = await opened(described)
        await carried_out(device, request)
        held = (await device.read_control(Function.VOLT_VAR)).enabled
        for _ in range(40):
            if not (await device.read_control(Function.VOLT_VAR)).enabled:
                break
            await asyncio.sleep(0.25)
        left = (await device.read_control(Function.VOLT_VAR)).enabled
        device.connection.close()
        return held, left

    assert asyncio.run(scene()) == (True, False)


@pytest.mark.parametrize(("kind", "generation"), [("pv", NEWER), ("battery", NEWER), ("pv", OLDER)])
def test_a_slow_reading_tells_every_function_and_what_supervises_it(
    fleet: Fleet, kind: str, generation: str
) -> None:
    described = fleet.first(kind, generation)

    async def scene() -> tuple[SlowReading, frozenset[Function]]:
        device = await opened(described)
        await device.measure(now)
        reading = await device.read_slow(now)
        device.connection.close()
        return reading, device.functions

    reading, functions = asyncio.run(scene())

    assert {state.function for state in reading.states} == functions
    assert functions >= {Function.LIMIT_ACTIVE_POWER, Function.FIXED_POWER_FACTOR}
    if generation == NEWER:
        assert functions >= set(NEWER_FUNCTIONS)
        assert reading.supervision.is_local is False
    assert reading.supervision.firmware


def test_local_control_is_told_and_respected(fleet: Fleet) -> None:
    described = [d for d in fleet.devices if (d["kind"], d["generation"]) == ("pv", NEWER)][-1]
    request = ControlRequest(Function.LIMIT_ACTIVE_POWER, 1000, True, 60)

    async def scene() -> None:
        device = await opened(described)
        try:
            reading = await device.read_slow(now)
            assert reading.supervision.is_local is True
            device.plan(request)
        finally:
            device.connection.close()

    simulators("set", "--fleet", str(fleet.file), described["key"], "local=1")
    try:
        with pytest.raises(LocalControl):
            asyncio.run(scene())
    finally:
        simulators("set", "--fleet", str(fleet.file), described["key"], "local=0")


def test_a_machine_feels_the_heartbeat_of_its_controller(fleet: Fleet) -> None:
    described = fleet.first("battery", NEWER)

    async def scene() -> tuple[bool, float]:
        device = await opened(described)
        await device.read_slow(now)
        has = device.has_heartbeat
        for counter in (41, 42):
            await device.beat(counter)
        points = await device.read_points()
        device.connection.close()
        return has, float(points["715"]["ControllerHb"] or 0)

    assert asyncio.run(scene()) == (True, 42.0)
