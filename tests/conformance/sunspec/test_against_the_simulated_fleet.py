"""Driver and simulators share no code: what one writes the other does (DV-2, DV-3, DV-7)."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from devices.capabilities import ControlRequest, Function, Measurement, NotSupported, Quality
from devices.sunspec import Connection, SunSpecDevice, discover, quirks_for

pytestmark = pytest.mark.processes

COUNT = 24
STEP_S = 0.2
NEWER, OLDER = "ieee1547_2018", "legacy"


@dataclass(frozen=True)
class Fleet:
    """A fleet that runs in its own process."""

    file: Path
    devices: list[dict[str, Any]]

    def first(self, kind: str, generation: str) -> dict[str, Any]:
        return next(d for d in self.devices if (d["kind"], d["generation"]) == (kind, generation))

    def truth(self, key: str) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(simulators("status", "--fleet", str(self.file), key))
        return told

    def truth_at_rest(self, key: str) -> dict[str, Any]:
        """What holds once a control written just now has ramped in, for at most ten seconds."""
        told = self._truth_after_a_step(key)
        for _ in range(20):
            before, told = told, self._truth_after_a_step(key)
            if told["limit_w"] == before["limit_w"]:
                break
        return told

    def _truth_after_a_step(self, key: str) -> dict[str, Any]:
        """What holds once the physics have moved on from this moment by a whole step."""
        written_at = self.truth(key)["t"]
        while (told := self.truth(key))["t"] < written_at + 2 * STEP_S:
            time.sleep(STEP_S)
        return told


def simulators(*arguments: str) -> str:
    return subprocess.run(
        [sys.executable, "-m", "simulators", *arguments], capture_output=True, text=True, check=True
    ).stdout


def free_range(count: int) -> int:
    """The first of `count` neighbouring ports that are all free."""
    for first in range(21_000, 31_000, count):
        with ExitStack() as held:
            try:
                for port in range(first, first + count):
                    held.enter_context(socket.create_server(("127.0.0.1", port)))
            except OSError:
                continue
        return first
    raise OSError("no free ports")


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    file = tmp_path_factory.mktemp("fleet") / "fleet.json"
    base = free_range(COUNT + 20)
    simulators(
        "describe", "--count", str(COUNT), "--seed", "3", "--base-port", str(base + 1),
        "--weather", "clear", "--out", str(file),
    )  # fmt: skip
    run = [sys.executable, "-m", "simulators", "run", str(file), "--realtime-step", str(STEP_S)]
    with subprocess.Popen(run, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert "ready" in process.stdout.readline()
        devices = [d for d in json.loads(file.read_text())["devices"] if d["sunspec"]]
        yield Fleet(file, devices)
        process.terminate()


async def opened(described: dict[str, Any]) -> SunSpecDevice:
    connection = Connection(described["host"], described["port"], timeout_s=3.0)
    await connection.connect()
    found = await discover(connection, described["unit"])
    return SunSpecDevice(connection, described["unit"], found, quirks=quirks_for(found.identity))


def now() -> datetime:
    return datetime.now(UTC)


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
