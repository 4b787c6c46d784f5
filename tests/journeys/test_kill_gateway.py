"""Killing anything at any moment loses no command and doubles none (DI-3, OP-3, F1-F4).

The checker reads what the database kept and what the simulated devices themselves wrote down.
"""

import random
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pytest_django.plugin import DjangoDbBlocker

from devices.models import Device, DeviceCommand, LatestReading
from devices.services import CommandOrder, request_commands
from devices.statuses import COMMAND_ENDED, CommandStatus
from tests.devices.own_services import OwnServices, own_servers_to_crash, settle_connection
from tests.devices.running import FleetProcess, Worker, register_fleet
from tests.devices.tap import Tap
from tests.devices.waiting import wait_until

pytestmark = pytest.mark.processes
SETTLED = COMMAND_ENDED | {CommandStatus.VERIFIED}
KILLS = 20


@pytest.fixture(scope="module")
def own_servers(
    tmp_path_factory: pytest.TempPathFactory, django_db_blocker: DjangoDbBlocker
) -> Iterator[OwnServices]:
    """A server of our own: everybody's must not be crashed."""
    state = tmp_path_factory.mktemp("own") / "var"
    with django_db_blocker.unblock(), own_servers_to_crash(state) as own:
        yield own


def ask(device: Device, value_w: int, *, start_in_s: float = 0, last_s: float = 900) -> int:
    at = datetime.now(tz=UTC)
    start = at + timedelta(seconds=start_in_s)
    order = CommandOrder(
        device_id=device.pk,
        function="limit_active_power",
        value_w=value_w,
        reversion_s=800,
        not_before=start,
        expires_at=start + timedelta(seconds=last_s),
        idempotency_key=f"{device.pk}-{value_w}-{at.timestamp()}",
    )
    return request_commands([order], at=at, by="olga")[0].pk


def status_of(command: int) -> str:
    return DeviceCommand.objects.values_list("status", flat=True).get(pk=command)


def wait_for_status(commands: Sequence[int], status: str, *, patience_s: float = 60) -> None:
    def have_it() -> bool:
        return all(status_of(command) == status for command in commands)

    wait_until(have_it, f"commands {commands} are {status}", patience_s=patience_s)


def moves_of(command: int) -> list[str]:
    changes = DeviceCommand.objects.get(pk=command).status_changes.order_by("pk")
    return [change.new_status for change in changes]


class Checker:
    """Compares rows with the devices' own log."""

    def __init__(self, fleet: FleetProcess, devices: dict[str, Device]) -> None:
        self.fleet = fleet
        self.devices = devices
        self.since = time.time()

    def check(self) -> None:
        for key, device in self.devices.items():
            commands = list(device.commands.order_by("sequence"))
            writes = self.fleet.writes(key, self.since)
            for command in commands:
                self._one_story(command)
            self._each_written_once(commands, writes)
            self._the_newest_stands(commands, writes)

    def _one_story(self, command: DeviceCommand) -> None:
        """Every move starts where the last one ended, and ends in one settled state."""
        status = "queued"
        for change in command.status_changes.order_by("pk"):
            assert change.old_status == status, f"{command}: {change} after {status}"
            status = change.new_status
        assert status == command.status
        assert status in SETTLED, f"{command} is still {status}"

    def _each_written_once(
        self, commands: Sequence[DeviceCommand], writes: Sequence[list[int]]
    ) -> None:
        """Values are unique for each command, so registers tell which command was written."""
        assert len({tuple(write) for write in writes}) == len(writes), f"written twice: {writes}"
        for command in commands:
            if command.verified_at is not None and command.registers_written is not None:
                assert command.registers_written in [list(write) for write in writes]
        held = [c for c in commands if c.verified_at is not None]
        assert len(writes) >= len(held)

    def _the_newest_stands(
        self, commands: Sequence[DeviceCommand], writes: Sequence[list[int]]
    ) -> None:
        if not commands:
            return
        newest = commands[-1]
        assert newest.status == CommandStatus.VERIFIED, f"{newest}: {newest.fault}"
        assert newest.registers_read_back is not None
        assert writes[-1] == newest.registers_read_back


class Pair:
    """Two workers on one zone: one serves, the other waits; whichever it is."""

    def __init__(self, start: Callable[[], Worker]) -> None:
        self._start = start
        self._workers = [start(), start()]

    def serving(self) -> Worker:
        """The one that holds the lease; a dead one holds it until it ends."""

        def found() -> Worker | None:
            return next((worker for worker in self._workers if worker.serves()), None)

        worker: Worker = wait_until(found, "one of them serves")
        return worker

    def replace(self) -> None:
        """Start a new one for each that has ended."""
        self._workers = [w if w.ended() is None else self._start() for w in self._workers]

    def kill(self) -> None:
        for worker in self._workers:
            worker.kill()


def some_inverters(fleet: FleetProcess, count: int) -> list[dict[str, Any]]:
    """Of the newer generation, whose limit takes one write of six registers."""
    return [
        spec
        for spec in fleet.devices
        if spec["kind"] == "pv" and spec["generation"] == "ieee1547_2018"
    ][:count]


def test_twenty_kills_between_write_and_record(
    own: OwnServices, fleet: FleetProcess, tmp_path: Path
) -> None:
    devices = register_fleet(some_inverters(fleet, 2))
    checker = Checker(fleet, devices)
    (key, device), (_, other) = devices.items()

    def doomed() -> Worker:
        return Worker(own, tmp_path / "gw.log", DERMS_FAILPOINT="after_write:SIGKILL")

    pair = Pair(doomed)
    commands = []
    try:
        for kill in range(KILLS):
            target = (device, other)[kill % 2]
            command = ask(target, 1000 + 10 * kill)
            commands.append(command)
            assert pair.serving().wait_end() == -signal.SIGKILL
            assert status_of(command) == "leased"
            pair.replace()
            wait_for_status([command], "verified")
    finally:
        pair.kill()

    checker.check()
    assert all(moves_of(command)[:2] == ["leased", "verified"] for command in commands)
    assert len(fleet.writes(key, checker.since)) == KILLS // 2


def test_kills_at_random_moments(own: OwnServices, fleet: FleetProcess, tmp_path: Path) -> None:
    devices = register_fleet(some_inverters(fleet, 3))
    checker = Checker(fleet, devices)
    chance = random.Random(5)  # noqa: S311  the same moments in every run
    pair = Pair(lambda: Worker(own, tmp_path / "gw.log"))
    value_w = 500
    try:
        for _ in range(4):
            until = time.monotonic() + chance.uniform(0.5, 2.0)
            while time.monotonic() < until:
                value_w += 10
                ask(chance.choice(list(devices.values())), value_w)
                time.sleep(chance.uniform(0.0, 0.05))
            pair.serving().kill()
            pair.replace()
            pair.serving()
        for device in devices.values():
            value_w += 10
            ask(device, value_w)
        wait_until(
            lambda: not DeviceCommand.objects.exclude(status__in=SETTLED).exists(),
            "every command is settled",
        )
    finally:
        pair.kill()

    checker.check()
    assert DeviceCommand.objects.count() > 50


def test_a_frozen_worker_writes_nothing_when_it_wakes(
    own: OwnServices, fleet: FleetProcess, tmp_path: Path
) -> None:
    (spec,) = some_inverters(fleet, 1)
    with Tap(spec["port"]) as tap:
        devices = register_fleet([spec | {"port": tap.port}])
        checker = Checker(fleet, devices)
        device = devices[spec["key"]]
        frozen = Worker(own, tmp_path / "a.log", DERMS_FAILPOINT="before_write:SIGSTOP")
        frozen.wait_serving()
        with frozen:
            old = ask(device, 5000)
            wait_until(lambda: is_stopped(frozen.process.pid), "the first worker is frozen")
            new = ask(device, 2500)
            with Worker(own, tmp_path / "b.log").wait_serving():
                wait_for_status([new], "verified")
                frozen.signal(signal.SIGCONT)
                woke_at = time.monotonic()
                time.sleep(3)

                assert frozen.ended() is None
                assert not tap.requests_after(woke_at, client=0), "the old owner talked on"
                assert tap.requests_after(woke_at, client=1), "the new owner polls"

    assert status_of(old) == "superseded"
    assert len(fleet.writes(spec["key"], checker.since)) == 1
    checker.check()


def is_stopped(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"


def test_two_workers_on_one_zone_never_both_talk(
    own: OwnServices, fleet: FleetProcess, tmp_path: Path
) -> None:
    (spec,) = some_inverters(fleet, 1)
    with Tap(spec["port"]) as tap:
        register_fleet([spec | {"port": tap.port}], poll_period_s=0.2)
        first = Worker(own, tmp_path / "a.log").wait_serving()
        with Worker(own, tmp_path / "b.log") as second:
            second.wait_logged("gateway_started")
            time.sleep(2)
            assert not second.serves()
            first.kill()
            killed_at = time.monotonic()
            second.wait_serving()
            taken_s = time.monotonic() - killed_at
            wait_until(lambda: tap.requests_after(killed_at + taken_s, client=1), "polls go on")

    assert len(tap.clients) == 2
    assert max(tap.clients[0]) < min(tap.clients[1])
    assert taken_s < 6


def test_bells_lost_with_the_broker_cost_a_second(
    own: OwnServices, fleet: FleetProcess, tmp_path: Path
) -> None:
    devices = register_fleet(some_inverters(fleet, 3))
    checker = Checker(fleet, devices)
    with Worker(own, tmp_path / "gw.log").wait_serving():
        wait_until(lambda: LatestReading.objects.count() == 3, "all were read")

        waiting = [ask(d, 3000 + d.pk, start_in_s=0.5) for d in devices.values()]
        own.redis().flushall()

        wait_for_status(waiting, "verified", patience_s=10)
        own.redis().flushall()
        later = [ask(d, 4000 + d.pk) for d in devices.values()]
        wait_for_status(later, "verified", patience_s=10)
    checker.check()


def test_a_restart_of_the_database_loses_nothing(
    own: OwnServices, fleet: FleetProcess, tmp_path: Path
) -> None:
    devices = register_fleet(some_inverters(fleet, 3))
    checker = Checker(fleet, devices)
    with Worker(own, tmp_path / "gw.log").wait_serving() as worker:
        for number in range(3):
            commands = [ask(d, 2000 + 100 * number + d.pk) for d in devices.values()]
            time.sleep(0.02 * number)
            own.restart_postgres(down_s=(0, 3)[number % 2])
            settle_connection()
            wait_for_status(commands, "verified")
        back_at = datetime.now(tz=UTC)
        wait_until(
            lambda: LatestReading.objects.filter(measured_at__gt=back_at).count() == 3,
            "readings are stored again",
        )
        assert worker.ended() is None
    checker.check()
