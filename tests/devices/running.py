"""Real processes for tests: a database and a broker of their own, a fleet, gateway workers."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import psycopg
import redis
from django.core.management import call_command
from django.db import OperationalError, connection, connections
from django.db.backends.utils import CursorWrapper
from django.test import override_settings

from derms import embedded
from derms.celery import app
from derms.lib import live
from derms.settings import database
from devices.models import Device, Zone, ZoneLease
from interconnection.statuses import Technology
from tests import template_database
from tests.factories import (
    make_agreement,
    make_customer,
    make_der,
    make_person,
    make_tariff_version,
    make_usage_point,
)

# Its settings and pools are closed to strict types, and tests move them.
celery: Any = app
ROOT = Path(__file__).resolve().parents[2]
ZONE = "test"
PATIENCE_S = 60.0
LOG_COMES_AFTER_S = 1.5


def wait_until(is_so: Callable[[], Any], what: str, *, patience_s: float = PATIENCE_S) -> Any:
    """Wait for a true answer and return it."""
    deadline = time.monotonic() + patience_s
    while True:
        answer = is_so()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {patience_s:g} s: {what}")
        time.sleep(0.03)


class OwnServices:
    """A database and a Valkey that processes may use, and Django uses meanwhile."""

    def __init__(self, state: Path, *, database: str = "") -> None:
        """`database` is an address on a server that runs; without it a server starts here."""
        self.state = state
        self.services = embedded.Services(state)
        self.urls = embedded.urls(state)
        if database:
            self.urls = self.urls._replace(database=database)

    @property
    def environment(self) -> dict[str, str]:
        return {"DATABASE_URL": self.urls.database, "REDIS_URL": self.urls.redis}

    def redis(self) -> redis.Redis:
        return redis.Redis.from_url(self.urls.redis)

    def restart_postgres(self, *, down_s: float) -> None:
        """End the server as a crash does, and start it again on its data; for a server of its own.

        Raises ValueError where the database lies on everybody's server.
        """
        (child,) = [c for c in self.services.children if c.name == "postgres"]
        child.process.send_signal(signal.SIGQUIT)
        child.process.wait(20)
        self.services.children.remove(child)
        time.sleep(down_s)
        self.services._postgres()
        connections["default"].close()


@contextmanager
def own_services(state: Path) -> Iterator[OwnServices]:
    """Copy the migrated database, start a Valkey, point Django, Celery and the push at them."""
    with (
        template_database.copied(f"derms_own_{os.getpid()}") as database,
        _used(OwnServices(state, database=database), {"DATABASE_URL": database}) as own,
    ):
        yield own


@contextmanager
def own_servers_to_crash(state: Path) -> Iterator[OwnServices]:
    """As `own_services`, with a PostgreSQL that a test may crash."""
    with _used(OwnServices(state), {}) as own:
        call_command("migrate", verbosity=0)
        yield own


@contextmanager
def _used(own: OwnServices, given: Mapping[str, str]) -> Iterator[OwnServices]:
    """Start what is not `given`, and let this process use it all."""
    saved = {name: os.environ.pop(name, None) for name in ("DATABASE_URL", "REDIS_URL")}
    os.environ.update(given)
    with own.services:
        _use(own.urls.database)
        broker = celery.conf.broker_url
        celery.conf.broker_url = own.urls.redis.replace("unix://", "redis+socket://", 1)
        _forget_connections()
        try:
            with override_settings(REDIS_URL=own.urls.redis):
                yield own
        finally:
            celery.conf.broker_url = broker
            _forget_connections()
            _use(None)
            for name, value in saved.items():
                os.environ.pop(name, None)
                if value:
                    os.environ[name] = value


def _forget_connections() -> None:
    """Celery and the push keep connections by the address they began with."""
    live._publisher = None
    celery._pool = None
    celery.amqp._producer_pool = None


_before: dict[str, Any] = {}


def _use(url: str | None) -> None:
    """Point Django's default connection elsewhere; None points it back."""
    connections["default"].close()
    if url is None:
        connections.databases["default"].update(_before)
    else:
        _before.update(connections.databases["default"])
        connections.databases["default"].update(database(url))
    del connections["default"]


def noon_longitude() -> float:
    """Where the sun is highest now: machines there produce at any hour of our clock."""
    now = datetime.now(tz=UTC)
    degrees = 15 * (12 - (now.hour + now.minute / 60))
    return (degrees + 180) % 360 - 180


class FleetProcess:
    """`python -m simulators`, its description and its own log."""

    def __init__(
        self,
        folder: Path,
        count: int = 8,
        *,
        latency_ms: int = 0,
        gateways: int = 0,
        **changes: Any,
    ) -> None:
        """`gateways` add thirty units behind one port each; `changes` go to every machine."""
        self.folder = folder
        self.file, self.log = folder / "fleet.json", folder / "fleet.jsonl"
        self.count = count
        self.latency_ms = latency_ms
        self.gateways = gateways
        self.changes = changes
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        base = _free_range(self.count + self.gateways + 20)
        simulate = (sys.executable, "-m", "simulators")
        described = (
            "describe", "--count", str(self.count), "--gateways", str(self.gateways),
            "--longitude", f"{noon_longitude():g}", "--latitude", "0", "--weather", "clear",
            "--out", str(self.file),
        )  # fmt: skip
        subprocess.run(
            [*simulate, *described, "--base-port", str(base)], cwd=ROOT, check=True,
            stdout=subprocess.DEVNULL,
        )  # fmt: skip
        if self.changes:
            self._change()
        self.start()
        return self

    def start(self) -> None:
        """Serve the fleet as it was described: what was written to it before is forgotten."""
        output = (self.folder / "fleet.out").open("wb")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "simulators", "run", str(self.file), "--log", str(self.log),
             "--die-with-parent", "--latency-ms", str(self.latency_ms), "--truth-every", "1"],
            cwd=ROOT, stdout=output, stderr=subprocess.STDOUT,
        )  # fmt: skip
        wait_until(lambda: "ready" in (self.folder / "fleet.out").read_text(), "the fleet is ready")

    def stop(self) -> None:
        assert self._process is not None
        self._process.terminate()
        self._process.wait(10)

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _change(self) -> None:
        fleet = json.loads(self.file.read_text())
        for device in fleet["devices"]:
            device.update(self.changes)
        self.file.write_text(json.dumps(fleet))

    @property
    def devices(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self.file.read_text())["devices"]
        return [device for device in found if device["commissioned"]]

    def ask(self, verb: str, *words: str) -> None:
        subprocess.run(
            [sys.executable, "-m", "simulators", verb, *words, "--fleet", str(self.file)],
            cwd=ROOT, check=True, stdout=subprocess.DEVNULL,
        )  # fmt: skip

    def writes(self, key: str, since: float) -> list[list[int]]:
        """The registers of each accepted write; the log comes a moment after the deed."""
        time.sleep(LOG_COMES_AFTER_S)
        return [row["registers"] for row in self.events("write", key) if row["t"] >= since]

    def events(self, kind: str, key: str | None = None) -> list[dict[str, Any]]:
        """What the simulators wrote into their own log."""
        lines = self.log.read_text().splitlines()
        rows = [json.loads(line) for line in lines if line.endswith("}")]
        return [row for row in rows if row["event"] == kind and key in {None, row.get("key")}]


def register_fleet(
    specs: Sequence[Mapping[str, Any]], *, zone: str = ZONE, poll_period_s: float = 1.0
) -> dict[str, Device]:
    """Give every simulated device its row, owned by one customer; returns them by key."""
    person = make_person(f"owner-{zone}")
    usage_point = make_usage_point(make_customer(user=person))
    agreement = make_agreement(usage_point, make_tariff_version(f"T-{zone}"), accepted_by=person)
    row, _ = Zone.objects.get_or_create(name=zone)
    devices = {}
    for spec in specs:
        kind = {"pv": "inverter", "battery": "battery", "meter": "meter"}[spec["kind"]]
        technology = Technology.BATTERY if kind == "battery" else Technology.PHOTOVOLTAIC
        der = None
        if kind != "meter":
            der = make_der(
                usage_point,
                agreement,
                technology=technology,
                manufacturer=spec["manufacturer"],
                serial_number=spec["serial_number"],
                active_power_rating_at_unity_power_factor_w=spec["rated_w"],
                apparent_power_max_rating_va=spec["rated_va"],
            )
        devices[spec["key"]] = Device.objects.create(
            kind=kind,
            der=der,
            usage_point=usage_point,
            zone=row,
            host=spec["host"],
            port=spec["port"],
            unit=spec["unit"],
            manufacturer=spec["manufacturer"],
            model=spec["model"],
            serial_number=spec["serial_number"],
            poll_period_s=poll_period_s,
            active_from=datetime.now(tz=UTC),
        )
    return devices


class Worker:
    """A gateway worker as in production: a Celery worker with the threads pool."""

    _count = 0

    def __init__(self, own: OwnServices, log: Path, *zones: str, **environment: str) -> None:
        Worker._count += 1
        self.zones = zones or (ZONE,)
        self.log = log
        self._environment = (
            dict(os.environ)
            | own.environment
            | {
                "CELERY_SKIP_CHECKS": "1",
                "DERMS_ZONES": ",".join(self.zones),
                "DERMS_LEASE_S": "2",
                "DERMS_MODBUS_TIMEOUT_S": "1",
                "DERMS_READING_PERIOD_S": "1",
            }
            | environment
        )
        self.process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        queues = ",".join(f"zone.{zone}" for zone in self.zones)
        lone = ("--without-gossip", "--without-mingle", "--without-heartbeat")
        with self.log.open("ab") as output:
            return subprocess.Popen(
                [sys.executable, "-m", "celery", "-A", "derms", "worker", "-P", "threads", "-c",
                 "2", "-Q", queues, "-n", f"gw{Worker._count}@%h", "-l", "INFO", *lone],
                cwd=ROOT, env=self._environment, stdout=output, stderr=subprocess.STDOUT,
                start_new_session=True,
            )  # fmt: skip

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.terminate()
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.kill()

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(10)

    def ended(self) -> int | None:
        return self.process.poll()

    def wait_end(self) -> int:
        return self.process.wait(PATIENCE_S)

    def wait_logged(self, words: str) -> None:
        wait_until(lambda: words in self.log.read_text(), f"the worker says {words}")

    def serves(self, zone: str = ZONE) -> bool:
        """Whether the zone's lease is this process's."""
        return ZoneLease.objects.filter(
            zone__name=zone, owner__contains=f":{self.process.pid}:"
        ).exists()

    def wait_serving(self, zone: str = ZONE) -> Self:
        def is_serving() -> bool:
            assert self.ended() is None, self.log.read_text()[-3000:]
            return self.serves(zone)

        wait_until(is_serving, f"the worker serves {zone}")
        return self


def settle_connection() -> None:
    """Forget a connection that a restart of the server has cut."""
    connection.close()


def tables_are_empty() -> None:
    """Empty everything a test wrote into its own database, triggers or not."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select string_agg(quote_ident(relname), ', ') from pg_class "
            "where relkind in ('r', 'p') and not relispartition "
            "and relnamespace = 'public'::regnamespace "
            "and relname not in ('django_migrations', 'django_content_type', 'auth_permission')"
        )
        (tables,) = cursor.fetchone()
        # A worker may be at the tables too, and of two that wait for each other one gives way.
        wait_until(lambda: _is_done(cursor, f"truncate {tables} restart identity cascade"), "empty")


def _is_done(cursor: CursorWrapper, statement: str) -> bool:
    try:
        cursor.execute(statement)
    except OperationalError:
        return False
    return True


def _free_range(count: int) -> int:
    """The first of `count` neighbouring ports that are free now, each test process in its own."""
    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    first = 25_000 + 1_000 * (number % 6)
    for base in range(first, first + 1_000 - count, count):
        sockets = []
        try:
            for port in range(base - 1, base + count):
                probe = socket.socket()
                sockets.append(probe)
                probe.bind(("127.0.0.1", port))
        except OSError:
            continue
        finally:
            for probe in sockets:
                probe.close()
        return base
    raise AssertionError("no free ports")


def raw_sql(url: str, statement: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url, autocommit=True) as raw:
        return raw.execute(statement).fetchall()
