"""Real processes for tests: a simulated fleet, gateway workers."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import psycopg

from devices.models import Device, Zone, ZoneLease
from interconnection.statuses import Technology
from tests.devices.own_services import OwnServices
from tests.devices.waiting import PATIENCE_S, wait_until
from tests.factories import (
    make_agreement,
    make_customer,
    make_der,
    make_person,
    make_tariff_version,
    make_usage_point,
)
from tests.ports import free_range

ROOT = Path(__file__).resolve().parents[2]
ZONE = "test"
LOG_COMES_AFTER_S = 1.5


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
        base = free_range(self.count + self.gateways + 21) + 1  # control port
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


def raw_sql(url: str, statement: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url, autocommit=True) as raw:
        return raw.execute(statement).fetchall()
