"""Whole polls: two requests, decode, change detection, store, publish (DV-2).

For each size a zone of its own with a gateway worker of its own, all started before the first
round; who is not being measured is frozen. Devices are polled as fast as they answer, and every
poll is stored. Polls are counted by the devices, CPU time is that of the one polling process.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Self

from devices.models import Reading
from tests.bench.figures import Figure
from tests.bench.fleet import ROOT, RegisterFleet, register
from tests.bench.options import Options
from tests.bench.rounds import Rate, Rates, alternate, median, ratio
from tests.bench.tables import empty_tables
from tests.bench.workers import Worker, environment

AS_FAST_AS_IT_GOES = 0.001
MOST_PLAIN = 500
WARM_UP_S = 1.0
# Frozen workers must not lose their zone, nor find all their requests timed out. Slow polls, and
# the heartbeats that follow the first of them, are none of the work compared: `steady` has both.
PATIENT = {
    "DERMS_LEASE_S": "3600",
    "DERMS_MODBUS_TIMEOUT_S": "600",
    "DERMS_READING_PERIOD_S": "0",
    "DERMS_SLOW_PERIOD_S": "86400",
}


class PlainLoop:
    """The process of `plain_loop`."""

    def __init__(self, zone: str, most: int) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.plain_loop", zone, str(most)], cwd=ROOT,
            env=environment(zone), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        self._answer()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait(10)

    def run(self, seconds: float) -> Rate:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{seconds}\n")
        self._process.stdin.flush()
        polls, cpu_s, wall_s = self._answer().split()
        return Rate(int(polls), float(cpu_s), float(wall_s))

    def _answer(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("The plain loop ended; its words stand above.")
        return line


def measure(options: Options) -> list[Figure]:
    sizes = options.devices
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        empty_tables()
        fleet = stack.enter_context(RegisterFleet(sum(sizes)))
        zones = {size: f"bench-{size}" for size in sizes}
        first = 0
        for size, zone in zones.items():
            register(fleet, range(first, first + size), zone, poll_period_s=AS_FAST_AS_IT_GOES)
            first += size
        workers = {
            size: stack.enter_context(Worker(zone, size, folder, **PATIENT))
            for size, zone in zones.items()
        }
        for worker in workers.values():
            worker.wait_polling()
            worker.freeze()
        plain = {
            size: stack.enter_context(PlainLoop(zones[size], min(size, MOST_PLAIN)))
            for size in sizes
            if size <= MOST_PLAIN or size == sizes[0]
        }
        figures = []
        for latency_ms in options.latencies_ms:
            fleet.tell("latency", latency_ms)
            variants = _variants(fleet, workers, plain, options.seconds)
            rates = alternate(variants, options.rounds, f"{latency_ms} ms")
            figures += _figures(rates, sizes, latency_ms)
        empty_tables()
    return figures


def _variants(
    fleet: RegisterFleet, workers: dict[int, Worker], plain: dict[int, PlainLoop], seconds: float
) -> dict[str, Callable[[], Rate]]:
    variants: dict[str, Callable[[], Rate]] = {}
    for size, worker in workers.items():
        for is_storing in (True, False):
            name = f"{size} {'stored' if is_storing else 'not stored'}"
            variants[name] = partial(_poll, fleet, worker, seconds, is_storing=is_storing)
    for size, loop in plain.items():
        variants[f"{size} plain"] = partial(loop.run, seconds)
    return variants


def _poll(fleet: RegisterFleet, worker: Worker, seconds: float, *, is_storing: bool) -> Rate:
    worker.thaw()
    worker.store(is_storing=is_storing)
    time.sleep(WARM_UP_S)
    polls, cpu_s, began = fleet.tell("polls"), worker.cpu_s, time.monotonic()
    time.sleep(seconds)
    polls, cpu_s = fleet.tell("polls") - polls, worker.cpu_s - cpu_s
    wall_s = time.monotonic() - began
    worker.freeze()
    if Reading.objects.filter(quality="bad").exists():
        raise RuntimeError("a poll went wrong")
    return Rate(polls, cpu_s, wall_s)


def _figures(rates: Rates, sizes: list[int], latency_ms: int) -> list[Figure]:
    suffix = f"/{latency_ms}ms" if latency_ms else ""
    figures = []
    for size in sizes:
        plain = rates.get(f"{size} plain") or rates[f"{_plain_for(size, rates)} plain"]
        figures.append(_against_plain(f"poll_end_to_end@{size}{suffix}", rates, size, plain))
    for size in reversed(sizes):
        stored, not_stored = rates[f"{size} stored"], rates[f"{size} not stored"]
        share, spread = ratio(stored, not_stored)
        name = "poll_store_share" if size == sizes[-1] else f"poll_store_share@{size}"
        figures.append(
            Figure(name + suffix, share, "storing on / storing off", median(not_stored), share,
                   spread, ">= 0.5", share >= 0.5)
        )  # fmt: skip
    growth, spread = ratio(rates[f"{sizes[0]} stored"], rates[f"{sizes[-1]} stored"])
    figures.append(
        Figure(f"poll_cost_growth{suffix}", growth,
               f"cost of a poll, {sizes[-1]} / {sizes[0]} devices", None, growth, spread,
               "< 1.3", growth < 1.3)
    )  # fmt: skip
    return figures


def _plain_for(size: int, rates: Rates) -> int:
    """The largest plain loop that is not larger than this size."""
    there = [int(name.split()[0]) for name in rates if name.endswith(" plain")]
    return max((count for count in there if count <= size), default=there[0])


def _against_plain(name: str, rates: Rates, size: int, plain: list[Rate]) -> Figure:
    ours = rates[f"{size} stored"]
    times, spread = ratio(ours, plain)
    return Figure(
        name, median(ours), "polls per CPU-second", median(plain), times, spread,
        ">= 15 times", times >= 15,
    )  # fmt: skip
