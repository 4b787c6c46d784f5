"""Thirty units behind one port, five of them dead: the others notice nothing (DV-2, F5)."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from devices.models import Device, DeviceCondition, LatestReading
from tests.devices.asking import ask, reaches
from tests.devices.cycles import p95_cycle_s
from tests.devices.running import (
    FleetProcess,
    OwnServices,
    Worker,
    register_fleet,
    wait_until,
)

pytestmark = pytest.mark.processes
PERIOD_S = 1.0
WATCHED_S = 30.0
DEAD = 5


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FleetProcess]:
    """One gateway with thirty units, each answer 10 ms late."""
    with FleetProcess(tmp_path_factory.mktemp("line"), 4, gateways=1, latency_ms=10) as running:
        for spec in units_of(running):
            if spec.get("fault"):
                running.ask("fault", spec["key"], "none")
        yield running


@pytest.fixture
def worker(
    own: OwnServices, line: FleetProcess, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Worker]:
    log = tmp_path_factory.mktemp("shared") / "worker.log"
    # Every poll goes into the history, so that the history tells the periods.
    with Worker(own, log, DERMS_READING_PERIOD_S="0", DERMS_SLOW_PERIOD_S="10") as running:
        yield running


def units_of(line: FleetProcess) -> list[dict[str, Any]]:
    return [spec for spec in line.devices if spec["key"].startswith("gateway")]


def watch(devices: list[Device]) -> float:
    begins = datetime.now(tz=UTC)
    time.sleep(WATCHED_S)
    ends = datetime.now(tz=UTC)
    time.sleep(1.5)
    return p95_cycle_s(devices, begins, ends)


def test_five_dead_of_thirty_leave_the_others_their_period(
    own: OwnServices, line: FleetProcess, worker: Worker
) -> None:
    specs = units_of(line)
    devices = register_fleet(specs, poll_period_s=PERIOD_S)
    everybody = LatestReading.objects.filter(quality="good")
    wait_until(lambda: everybody.count() == len(specs), "all were read")
    dead, well = specs[3 : 3 + DEAD], specs[3 + DEAD :] + specs[:3]
    healthy = [devices[spec["key"]] for spec in well]
    before_s = watch(healthy)

    for spec in dead:
        line.ask("fault", spec["key"], "silent")
    ids = [devices[spec["key"]].pk for spec in dead]
    open_ones = DeviceCondition.objects.filter(device__in=ids, open_since__isnull=False)
    wait_until(lambda: open_ones.count() == DEAD, "their circuits are open", patience_s=90)
    after_s = watch(healthy)

    asked_at = time.monotonic()
    reaches(ask(healthy[0], 2000), "verified")
    command_s = time.monotonic() - asked_at
    failed = reaches(ask(devices[dead[0]["key"]], 2000), "failed")
    for spec in dead:
        line.ask("fault", spec["key"], "none")
    wait_until(lambda: everybody.count() == len(specs), "the dead are back", patience_s=150)

    print(f"p95 cycle {before_s:.3f} s, with five dead {after_s:.3f} s; command {command_s:.2f} s")
    assert after_s < 1.2 * before_s
    assert command_s < 3
    assert "did not answer" in failed.fault
    assert not DeviceCondition.objects.filter(device__in=[d.pk for d in healthy]).exclude(
        open_since=None
    )
    condition = DeviceCondition.objects.filter(device__in=ids).first()
    assert condition is not None
    assert "did not answer" in condition.last_fault
    assert condition.failures >= 1
