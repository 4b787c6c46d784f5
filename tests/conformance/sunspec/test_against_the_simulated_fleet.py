"""Driver and simulators share no code: what one writes the other does (DV-2, DV-3, DV-7)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from devices.capabilities import ControlRequest, Function, Measurement, NotSupported, Quality
from devices.sunspec import SunSpecDevice
from tests.conformance.sunspec.fleets import NEWER, OLDER, Fleet, now, opened, running, simulators

pytestmark = pytest.mark.processes

COUNT = 24


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    with running(tmp_path_factory.mktemp("fleet"), COUNT) as fleet:
        yield fleet


def test_every_device_is_who_it_was_described_to_be(fleet: Fleet) -> None:
    async def look(described: dict[str, Any]) -> None:
        device = await opened(described)
        nameplate = await device.read_nameplate()
        measurement = await device.measure(now)
        points = await device.read_points()
        device.connection.close()

        identity = device.discovery.identity
        assert identity.serial_number == described["serial_number"]
        assert device.discovery.base == described["base"]
        assert device.flags == ()
        assert measurement.quality is Quality.GOOD
        assert set(points) == {str(model.id) for model in device.discovery.models}
        if described["kind"] != "meter":
            assert nameplate.active_power_max_w == pytest.approx(described["rated_w"], rel=0.01)
        if described["kind"] == "battery":
            assert nameplate.energy_capacity_wh == pytest.approx(described["capacity_wh"], rel=0.01)

    async def look_at_all() -> None:
        for described in fleet.devices:
            await look(described)

    asyncio.run(look_at_all())


@pytest.mark.parametrize("generation", [NEWER, OLDER])
@pytest.mark.parametrize("share", [0.4, -0.4])
def test_a_battery_does_what_it_is_told_and_lets_go_when_the_timer_ends(
    fleet: Fleet, generation: str, share: float
) -> None:
    described = fleet.first("battery", generation)
    simulators("set", "--fleet", str(fleet.file), described["key"], "soc_pct=50")
    reference_w = described["discharge_max_w"] if share > 0 else described["charge_max_w"]
    asked_w = int(share * min(reference_w, described["rated_w"]))
    request = ControlRequest(
        Function.SET_ACTIVE_POWER, asked_w, enable=True, reversion_s=5, ramp_s=1
    )

    async def scene() -> tuple[bool, Measurement, bool, bool]:
        device = await opened(described)
        await device.read_settings()
        plan = device.plan(request)
        await device.apply(plan)
        proven = await device.confirm(plan)
        measured = await settled(device, asked_w)
        for _ in range(40):
            if not (await device.read_control(request.function)).enabled:
                break
            await asyncio.sleep(0.5)
        ended = not (await device.read_control(request.function)).enabled
        still = await device.confirm(plan)
        device.connection.close()
        return proven, measured, ended, still

    proven, measured, ended, still = asyncio.run(scene())

    assert proven
    assert measured.active_power_w == pytest.approx(asked_w, rel=0.03, abs=30)
    assert ended
    assert not still


async def settled(device: SunSpecDevice, asked_w: int) -> Measurement:
    """Measure until the device has ramped to what was asked, for at most five seconds."""
    for _ in range(20):
        measured = await device.measure(now)
        power_w = measured.active_power_w
        if power_w is not None and abs(power_w - asked_w) < max(30, abs(asked_w) * 0.03):
            break
        await asyncio.sleep(0.25)
    return measured


@pytest.mark.parametrize("generation", [NEWER, OLDER])
def test_a_limit_reaches_the_machine_and_its_release_frees_it(
    fleet: Fleet, generation: str
) -> None:
    described = fleet.first("pv", generation)
    limit_w = described["rated_w"] * 37 // 100
    limit = ControlRequest(Function.LIMIT_ACTIVE_POWER, limit_w, enable=True, reversion_s=60)
    release = ControlRequest(Function.LIMIT_ACTIVE_POWER, None, enable=False, reversion_s=0)

    async def ask(request: ControlRequest) -> float | None:
        device = await opened(described)
        await device.read_settings()
        plan = device.plan(request)
        await device.apply(plan)
        proven = await device.confirm(plan)
        device.connection.close()
        assert proven
        return plan.value_w

    planned_w = asyncio.run(ask(limit))
    limited = fleet.truth_at_rest(described["key"])
    asyncio.run(ask(release))
    freed = fleet.truth_at_rest(described["key"])

    assert planned_w is not None
    assert planned_w <= limit_w
    assert limited["limit_w"] == pytest.approx(planned_w, rel=1e-3)
    assert freed["limit_pct"] is None


def test_a_meters_sign_is_turned(fleet: Fleet) -> None:
    described = next(d for d in fleet.devices if d["kind"] == "meter")

    async def scene() -> Measurement:
        device = await opened(described)
        measured = await device.measure(now)
        device.connection.close()
        return measured

    measured = asyncio.run(scene())
    truth = fleet.truth(described["key"])

    assert measured.active_power_w == pytest.approx(truth["output_w"], rel=0.2, abs=300)


def test_an_older_pv_inverter_takes_no_set_point(fleet: Fleet) -> None:
    described = fleet.first("pv", OLDER)
    request = ControlRequest(Function.SET_ACTIVE_POWER, 100, enable=True, reversion_s=60)

    async def scene() -> None:
        device = await opened(described)
        await device.read_settings()
        try:
            device.plan(request)
        finally:
            device.connection.close()

    with pytest.raises(NotSupported, match="cannot be given a set-point"):
        asyncio.run(scene())
