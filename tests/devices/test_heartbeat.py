"""Devices that watch for their controller hear it each second, until the lease goes (DV-3)."""

import asyncio
import signal
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from devices.models import Device, DeviceCondition, ZoneLease
from devices.sunspec import Connection, SunSpecDevice, discover
from tests.devices.asking import ask, is_read, of_kind, reaches
from tests.devices.own_services import OwnServices
from tests.devices.running import FleetProcess, Worker, register_fleet
from tests.devices.waiting import wait_until

pytestmark = pytest.mark.processes
WATCHES_FOR_S = 4


@pytest.fixture(scope="module")
def watchful(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FleetProcess]:
    """Machines that fall back when their controller is silent for four seconds."""
    folder = tmp_path_factory.mktemp("watchful")
    with FleetProcess(folder, 6, heartbeat_timeout_s=WATCHES_FOR_S) as running:
        yield running


def worker(own: OwnServices, log: Path) -> Worker:
    return Worker(own, log, DERMS_SLOW_PERIOD_S="1")


def taken_up(specs: list[dict[str, Any]]) -> dict[str, Device]:
    devices = register_fleet(specs, poll_period_s=0.5)
    for device in devices.values():
        wait_until(lambda device=device: is_read(device), "it was read")  # type: ignore[misc]
        beats = DeviceCondition.objects.filter(device=device, heartbeat_at__isnull=False)
        wait_until(beats.exists, "it is beaten", patience_s=20)
    return devices


def counter(spec: dict[str, Any], model: str, point: str) -> int:
    """What the controller's counter stands at, read by somebody else."""

    async def read() -> int:
        line = Connection(spec["host"], spec["port"])
        await line.connect()
        try:
            device = SunSpecDevice(line, spec["unit"], await discover(line, spec["unit"]))
            return int((await device.read_points())[model][point])  # type: ignore[arg-type]
        finally:
            line.close()

    return asyncio.run(read())


def test_both_kinds_of_device_are_beaten_each_second(
    own: OwnServices, watchful: FleetProcess, tmp_path: Path
) -> None:
    inverter, battery = of_kind(watchful, "pv"), of_kind(watchful, "battery")
    with worker(own, tmp_path / "gw.log"):
        taken_up([inverter, battery])
        first, hearts = counter(inverter, "715", "ControllerHb"), counter(battery, "802", "CtrlHb")
        begun = time.monotonic()
        time.sleep(4)
        beaten = counter(inverter, "715", "ControllerHb") - first
        passed_s = time.monotonic() - begun
        hearts = (counter(battery, "802", "CtrlHb") - hearts) % 65_535

    assert abs(beaten - passed_s) <= 2
    assert 3 <= hearts <= 8


def test_a_device_that_is_beaten_keeps_its_command_and_lets_go_when_nobody_beats(
    own: OwnServices, watchful: FleetProcess, tmp_path: Path
) -> None:
    spec = of_kind(watchful, "pv")
    since = time.time()

    def losses() -> list[dict[str, Any]]:
        return [e for e in watchful.events("heartbeat_lost", spec["key"]) if e["t"] > since]

    with worker(own, tmp_path / "gw.log") as running:
        (device,) = taken_up([spec]).values()
        since = time.time()
        reaches(ask(device, 2000), "verified")
        time.sleep(2 * WATCHES_FOR_S)
        assert not losses()
        running.signal(signal.SIGSTOP)
        frozen_at = time.time()
        wait_until(losses, "the device falls back", patience_s=20)

    assert losses()[0]["t"] - frozen_at < WATCHES_FOR_S + 2.5


def test_the_beat_stops_when_another_worker_has_the_lease(
    own: OwnServices, watchful: FleetProcess, tmp_path: Path
) -> None:
    spec = of_kind(watchful, "pv")
    with worker(own, tmp_path / "gw.log") as running:
        taken_up([spec])

        with connection.cursor() as cursor:
            cursor.execute(
                "update devices_zonelease set owner = 'somebody', fence = fence + 1, "
                "expires_at = clock_timestamp() + interval '60 seconds'"
            )
        time.sleep(1.5)  # it asks for its lease each two thirds of a second
        first = counter(spec, "715", "ControllerHb")
        time.sleep(3)
        later = counter(spec, "715", "ControllerHb")

        assert running.ended() is None
        assert ZoneLease.objects.get().owner == "somebody"
    assert first == later
    assert abs(first - datetime.now(tz=UTC).timestamp()) < 60
