"""The gateway worker against simulated devices: reading, commanding, faults (DV-2, DV-3, OP-3)."""

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from devices.models import Device, DeviceCommand, LatestReading, Reading, Zone, ZoneLease
from devices.services.registration import tell_gateway
from tests.devices.asking import ask, is_read, moves_of, of_kind, reaches
from tests.devices.own_services import OwnServices
from tests.devices.running import ROOT, FleetProcess, Worker, register_fleet
from tests.devices.tap import Tap
from tests.devices.waiting import wait_until

pytestmark = pytest.mark.processes
WRITE_MANY = 16


@pytest.fixture(scope="module")
def worker(own_servers: OwnServices, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worker]:
    """One worker for all tests here; it finds its zone anew in each."""
    log = tmp_path_factory.mktemp("gateway") / "worker.log"
    with Worker(own_servers, log) as running:
        running.wait_logged("gateway_started")
        yield running


def test_values_reach_rows_history_and_browsers(
    own: OwnServices, fleet: FleetProcess, worker: Worker
) -> None:
    specs = fleet.devices
    client: Any = own.redis()
    with client.pubsub() as listener:
        listener.subscribe("derms.live.readings")
        devices = register_fleet(specs)

        wait_until(lambda: LatestReading.objects.count() == len(specs), "all were read")
        wait_until(lambda: Reading.objects.count() >= 3 * len(specs), "history is kept")
        listener.get_message(timeout=1)
        frame = json.loads(listener.get_message(timeout=2)["data"])

    battery = devices[of_kind(fleet, "battery")["key"]]
    latest = LatestReading.objects.get(device=battery)
    age_s = (datetime.now(tz=UTC) - latest.measured_at).total_seconds()
    assert latest.quality == "good"
    assert latest.state_of_charge_pct is not None
    assert latest.frequency_hz == pytest.approx(60, abs=0.5)
    assert age_s < 2
    assert set(next(iter(frame["d"].values()))) == {
        "at", "w", "var", "v", "hz", "soc", "state", "q",
    }  # fmt: skip
    battery.refresh_from_db()
    assert battery.discovery["identity"]["serial_number"] == battery.serial_number


def test_a_silent_device_grows_stale_while_the_others_go_on(
    own: OwnServices, fleet: FleetProcess, worker: Worker
) -> None:
    dead, *others = fleet.devices[:4]
    devices = register_fleet([dead, *others], poll_period_s=0.5)
    wait_until(lambda: LatestReading.objects.filter(quality="good").count() == 4, "all read")
    gone = LatestReading.objects.filter(device=devices[dead["key"]])

    fleet.ask("fault", dead["key"], "silent")
    try:
        wait_until(lambda: gone.filter(quality="stale").exists(), "the dead one is stale")
        before = Reading.objects.exclude(device_id=devices[dead["key"]].pk).count()
        time.sleep(2)
        after = Reading.objects.exclude(device_id=devices[dead["key"]].pk).count()
    finally:
        fleet.ask("fault", dead["key"], "none")

    latest = gone.get()
    assert "did not answer" in latest.reason
    assert latest.active_power_w is not None, "the last value stays"
    assert after - before >= 3
    wait_until(lambda: gone.filter(quality="good").exists(), "it is back")


def test_a_write_whose_answer_is_lost_is_unknown_and_then_found(
    own: OwnServices, fleet: FleetProcess, worker: Worker
) -> None:
    spec = of_kind(fleet, "pv")
    since = time.time()
    with Tap(spec["port"]) as tap:
        device = register_fleet([spec | {"port": tap.port}])[spec["key"]]
        wait_until(lambda: is_read(device), "it was read")
        tap.swallow_replies_to = WRITE_MANY

        command = reaches(ask(device, 1500), "verified")

    assert moves_of(command) == ["leased", "unknown", "verified"]
    assert tap.swallowed == 1
    assert len(fleet.writes(spec["key"], since)) == 1


def test_a_command_to_a_dead_address_fails_in_words(
    own: OwnServices, fleet: FleetProcess, worker: Worker
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    spec = of_kind(fleet, "pv")
    device = register_fleet([spec | {"port": port}])[spec["key"]]

    command = reaches(ask(device, 1500), "failed")

    assert command.attempts == 3
    assert "cannot be reached" in command.fault
    assert moves_of(command) == ["leased", "failed"]


def test_a_command_that_ended_five_workers_ends_no_sixth(
    own: OwnServices, fleet: FleetProcess, worker: Worker
) -> None:
    spec = of_kind(fleet, "pv")
    since = time.time()
    device = register_fleet([spec])[spec["key"]]
    at = datetime.now(tz=UTC)
    command = DeviceCommand.objects.create(
        device=device, idempotency_key="poison", sequence=1, function="limit_active_power",
        value_w=1000, reversion_s=60, not_before=at, expires_at=at + timedelta(minutes=5),
        requested_at=at, requested_by="olga", status="leased", attempts=5, fence=0,
        leased_by="dead", leased_until=at,
    )  # fmt: skip

    reaches(command, "failed")

    assert "Interrupted 5 times" in command.fault
    assert not fleet.writes(spec["key"], since)


def test_another_device_at_the_address_gets_no_command(
    own: OwnServices, fleet: FleetProcess, worker: Worker
) -> None:
    spec = of_kind(fleet, "pv")
    since = time.time()
    device = register_fleet([spec | {"serial_number": "SOMEBODY-ELSE"}])[spec["key"]]

    command = reaches(ask(device, 1500), "failed")

    assert "SOMEBODY-ELSE" in command.fault
    assert spec["serial_number"] in command.fault
    assert not fleet.writes(spec["key"], since)
    assert not is_read(device)


def test_what_the_device_cannot_do_fails_in_words(
    own: OwnServices, fleet: FleetProcess, worker: Worker
) -> None:
    spec = of_kind(fleet, "pv")
    device = register_fleet([spec])[spec["key"]]

    command = reaches(ask(device, -3000, function="set_active_power"), "failed")

    assert "no storage" in command.fault


def test_a_command_in_force_is_refreshed_and_its_release_completes_it(
    own: OwnServices, fleet: FleetProcess, worker: Worker
) -> None:
    spec = of_kind(fleet, "pv", "legacy")
    since = time.time()
    device = register_fleet([spec])[spec["key"]]

    command = reaches(ask(device, 2000, reversion_s=4), "verified")
    wait_until(
        lambda: DeviceCommand.objects.get(pk=command.pk).refreshed_at is not None, "refreshed"
    )
    release = reaches(ask(device, None), "verified")
    reaches(command, "completed")

    writes = fleet.writes(spec["key"], since)
    assert len(writes) >= 3
    assert writes[0] == writes[1]
    assert writes[-1][-1] == 0, "the limit is switched off"
    assert not [r for r in fleet.events("revert", spec["key"]) if r["t"] >= since]
    assert release.verified_at is not None


def test_a_command_nobody_releases_is_let_go_by_the_device(
    own: OwnServices, fleet: FleetProcess, worker: Worker
) -> None:
    spec = of_kind(fleet, "battery")
    device = register_fleet([spec])[spec["key"]]
    at = datetime.now(tz=UTC)

    command = ask(
        device,
        1000,
        function="set_active_power",
        reversion_s=3,
        expires_at=at + timedelta(seconds=5),
    )
    reaches(command, "verified")
    reaches(command, "reverted")

    assert command.ended_at is not None
    assert command.ended_at > command.expires_at


def test_a_command_for_later_waits_and_then_takes_over(
    own: OwnServices, fleet: FleetProcess, worker: Worker
) -> None:
    spec = of_kind(fleet, "pv")
    device = register_fleet([spec])[spec["key"]]
    at = datetime.now(tz=UTC)
    now = reaches(ask(device, 3000), "verified")

    later = ask(device, 2000, not_before=at + timedelta(seconds=4))

    assert later.status == "queued"
    assert now.status == "verified"
    reaches(later, "verified")
    reaches(now, "superseded")
    assert later.sent_at is not None
    assert later.sent_at >= later.not_before


def test_a_device_that_is_added_is_polled_at_once(
    own: OwnServices, fleet: FleetProcess, worker: Worker
) -> None:
    first = of_kind(fleet, "pv")
    second = next(spec for spec in fleet.devices if spec["kind"] == "meter")
    device = register_fleet([first])[first["key"]]
    wait_until(lambda: is_read(device), "the first was read")
    added = Device.objects.create(
        kind="meter",
        usage_point=device.usage_point,
        zone=device.zone,
        host=second["host"],
        port=second["port"],
        unit=second["unit"],
        serial_number=second["serial_number"],
        active_from=datetime.now(tz=UTC),
    )

    tell_gateway(device.zone)

    wait_until(lambda: LatestReading.objects.filter(device=added).exists(), "read", patience_s=8)


def test_the_heartbeat_tells_lateness(
    own: OwnServices, fleet: FleetProcess, worker: Worker
) -> None:
    Zone.objects.create(name="test")

    worker.wait_serving()
    first = ZoneLease.objects.get().heartbeat_at
    wait_until(lambda: ZoneLease.objects.get().heartbeat_at > first, "it beats")

    assert ZoneLease.objects.get().lateness_max_ms < 5_000


def test_a_stuck_loop_ends_the_process(own_servers: OwnServices) -> None:
    program = (
        "import django; django.setup(); import time\n"
        "from django.utils import timezone\n"
        "from devices.gateway import loop\n"
        "loop.STUCK_AFTER_S = 2\n"
        "gateway = loop.Gateway(loop.Options((), 2, 1, 5), now=timezone.now)\n"
        "gateway.start(); time.sleep(1)\n"
        "gateway._loop.call_soon_threadsafe(time.sleep, 60)\n"
        "time.sleep(60)\n"
    )
    environment = own_servers.environment | {"DJANGO_SETTINGS_MODULE": "derms.settings"}

    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, env=environment, check=False)

    assert done.returncode == 70


def test_a_worker_stops_cleanly_and_gives_its_zone_back(
    own: OwnServices, fleet: FleetProcess, tmp_path: Path
) -> None:
    Zone.objects.create(name="other")
    stopping = Worker(own, tmp_path / "gw.log", "other").wait_serving("other")

    stopping.signal(signal.SIGTERM)

    assert stopping.wait_end() == 0
    lease = ZoneLease.objects.get(zone__name="other")
    assert lease.expires_at <= datetime.now(tz=UTC)
