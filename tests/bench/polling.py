"""The two ways to poll that are compared: the gateway worker, and a plain loop."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Self

from django.conf import settings
from django.db import connection

from devices.models import Device, Reading
from devices.services import keep_partitions
from tests.bench.__main__ import ROOT, Rate
from tests.devices.running import FleetProcess, register_fleet, tables_are_empty, wait_until

ZONE = "bench"
WARM_UP_S = 3.0
# As fast as the devices answer: what is measured is work, not waiting.
POLL_PERIOD_S = 0.005


class Bench:
    """A fleet of simulated devices, registered, and the means to poll it in two ways."""

    def __init__(self, folder: Path, count: int) -> None:
        self.folder = folder
        self.count = count
        self.fleet = FleetProcess(folder, count)
        self.devices: list[Device] = []

    def __enter__(self) -> Self:
        tables_are_empty()
        self.fleet.__enter__()
        registered = register_fleet(self.fleet.devices, zone=ZONE, poll_period_s=POLL_PERIOD_S)
        self.devices = list(registered.values())
        return self

    def __exit__(self, *reason: object) -> None:
        self.fleet.__exit__(*reason)

    def gateway(self, seconds: float) -> Rate:
        """A Celery worker as in production; every poll is stored (reading period 0)."""
        with connection.cursor() as cursor:
            cursor.execute("truncate devices_reading")
        process = self._start_worker()
        try:
            wait_until(lambda: self._seen() == self.count, "every device was read")
            time.sleep(WARM_UP_S)
            polls, cpu_s, began = Reading.objects.count(), cpu_of(process.pid), time.monotonic()
            time.sleep(seconds)
            polls, cpu_s = Reading.objects.count() - polls, cpu_of(process.pid) - cpu_s
            assert not Reading.objects.filter(quality="bad").exists(), "a poll went wrong"
            return Rate(polls, cpu_s, time.monotonic() - began)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(20)

    def plain_loop(self, seconds: float) -> Rate:
        done = subprocess.run(
            [sys.executable, "-m", "tests.bench.plain_loop", str(seconds)],
            cwd=ROOT, env=self._environment(), check=True, capture_output=True, text=True,
        )  # fmt: skip
        polls, cpu_s, wall_s = done.stdout.split()
        return Rate(int(polls), float(cpu_s), float(wall_s))

    def _seen(self) -> int:
        return Reading.objects.values("device_id").distinct().count()

    def _start_worker(self) -> "subprocess.Popen[bytes]":
        keep_partitions(at=_now(), keep_days=settings.READING_KEEP_DAYS)
        output = (self.folder / "worker.log").open("ab")
        return subprocess.Popen(
            [sys.executable, "-m", "celery", "-A", "derms", "worker", "-P", "threads", "-c", "2",
             "-Q", f"zone.{ZONE}", "-n", "bench@%h", "--without-gossip", "--without-mingle"],
            cwd=ROOT, env=self._environment(), stdout=output, stderr=subprocess.STDOUT,
        )  # fmt: skip

    def _environment(self) -> dict[str, str]:
        return dict(os.environ) | {
            "DATABASE_URL": settings.DATABASE_URL,
            "REDIS_URL": settings.REDIS_URL,
            "CELERY_SKIP_CHECKS": "1",
            "DERMS_ZONES": ZONE,
            "DERMS_READING_PERIOD_S": "0",
            "DERMS_LOG_LEVEL": "WARNING",
        }


def cpu_of(pid: int) -> float:
    """User and system time of a process and all its threads, in seconds."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _now() -> Any:
    from django.utils import timezone  # noqa: PLC0415  beside its one use

    return timezone.now()
