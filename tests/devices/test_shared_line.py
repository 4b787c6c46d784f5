"""Thirty units behind one port, five of them dead: the others notice nothing (DV-2, F5)."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from devices.models import Device, DeviceCondition, LatestReading
from tests.devices.asking import ask, reaches
from tests.devices.cycles import p95_cycle_s
from tests.devices.own_services import OwnServices
from tests.devices.running import FleetProcess, Worker, register_fleet
from tests.devices.waiting import wait_until

pytestmark = pytest.mark.processes
PERIOD_S = 1.0
WATCHED_S = 10.0
# Five units that are waited for in turn would make it six seconds.
UNDISTURBED_S = 2.5
DEAD = 5
SOON = {"DERMS_LONGEST_BACKOFF_S": "4"}


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
    with Worker(own, log, DERMS_READING_PERIOD_S="0", DERMS_SLOW_PERIOD_S="10", **SOON) as running:
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

    for spec in dead:
        line.ask("fault", spec["key"], "silent")
    ids = [devices[spec["key"]].pk for spec in dead]
    open_ones = DeviceCondition.objects.filter(device__in=ids, open_since__isnull=False)
    wait_until(lambda: open_ones.count() == DEAD, "their circuits are open")
    after_s = watch(healthy)

    asked_at = time.monotonic()
    reaches(ask(healthy[0], 2000), "verified")
    command_s = time.monotonic() - asked_at
    failed = reaches(ask(devices[dead[0]["key"]], 2000), "failed")
    for spec in dead:
        line.ask("fault", spec["key"], "none")
    wait_until(lambda: everybody.count() == len(specs), "the dead are back")

    assert after_s < UNDISTURBED_S
    assert command_s < DEAD * 1.0
    assert "did not answer" in failed.fault
    assert not DeviceCondition.objects.filter(device__in=[d.pk for d in healthy]).exclude(
        open_since=None
    )
    condition = DeviceCondition.objects.filter(device__in=ids).first()
    assert condition is not None
    assert "did not answer" in condition.last_fault
    assert condition.failures >= 1
