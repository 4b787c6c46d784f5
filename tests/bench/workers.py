"""Gateway workers as processes: started, frozen between rounds, and their CPU time and memory."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

from django.conf import settings
from django.db import connection

from devices.models import LatestReading, ZoneLease
from tests.bench.fleet import ROOT
from tests.bench.worker_process import STORE, STORE_NOT

PATIENCE_S = 120.0
IDLE = "select count(*) from pg_stat_activity where application_name = %s and state <> 'idle'"


class BenchFailed(Exception):
    """Something that is measured does not work at all; the message says what."""


def wait_until(is_so: Callable[[], Any], what: str, *, each_s: float = 0.1) -> Any:
    deadline = time.monotonic() + PATIENCE_S
    while not (answer := is_so()):
        if time.monotonic() > deadline:
            raise BenchFailed(f"Not within {PATIENCE_S:g} s: {what}.")
        time.sleep(each_s)
    return answer


class Worker:
    """One gateway worker for one zone; `options` are its environment."""

    def __init__(self, zone: str, count: int, folder: Path, **options: str) -> None:
        self.zone = zone
        self.count = count
        self._log = folder / f"{zone}.log"
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.worker_process", zone],
            cwd=ROOT, env=environment(zone) | options, stdout=self._log.open("ab"),
            stderr=subprocess.STDOUT,
        )  # fmt: skip

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.thaw()
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(10)

    def wait_polling(self) -> None:
        """Until every device of the zone was read once."""
        wait_until(self._has_read_all, f"the worker of zone {self.zone} has read every device")

    def _has_read_all(self) -> bool:
        if self._process.poll() is not None:
            raise BenchFailed(f"The gateway worker ended:\n{self._log.read_text()[-3000:]}")
        return LatestReading.objects.filter(device__zone__name=self.zone).count() == self.count

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def cpu_s(self) -> float:
        """User and system time of the process so far, all threads, to the nanosecond."""
        return time.clock_gettime((~self.pid << 3) | 2)

    @property
    def memory_kib(self) -> float:
        """Resident memory."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1024

    @property
    def lateness_ms(self) -> float:
        """The worst lateness of the last seconds, as the worker itself reports it."""
        return ZoneLease.objects.get(zone__name=self.zone).lateness_max_ms

    def store(self, *, is_storing: bool) -> None:
        self._process.send_signal(STORE if is_storing else STORE_NOT)

    def freeze(self) -> None:
        """Stop it where it is, but never inside a transaction, which would hold up others."""
        self.store(is_storing=False)
        while True:
            wait_until(self._is_outside, f"zone {self.zone} is outside of transactions", each_s=0)
            self._process.send_signal(signal.SIGSTOP)
            time.sleep(0.02)
            if self._is_outside():
                return
            self.thaw()

    def thaw(self) -> None:
        self._process.send_signal(signal.SIGCONT)

    def _is_outside(self) -> bool:
        with connection.cursor() as cursor:
            cursor.execute(IDLE, [self.zone])
            (busy,) = cursor.fetchone()
        return bool(busy == 0)


def environment(zone: str) -> dict[str, str]:
    """What a process needs to use the bench's servers."""
    return dict(os.environ) | {
        "DATABASE_URL": settings.DATABASE_URL,
        "REDIS_URL": settings.REDIS_URL,
        "CELERY_SKIP_CHECKS": "1",
        "DERMS_ZONES": zone,
        "DERMS_LOG_LEVEL": "WARNING",
        "PGAPPNAME": zone,
    }
