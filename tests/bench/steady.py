"""5,000 devices at 1 Hz as in production: lateness, black holes, commands, memory (DV-2, DV-3).

One fleet, two zones: `many`, and `few` with a tenth of the devices to tell the memory of a device
from that of a process. Times are what the devices and the rows say, not what the worker thinks.
"""

import itertools
import statistics
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from tests.bench.commands import measure_commands
from tests.bench.figures import Figure
from tests.bench.fleet import RegisterFleet, register
from tests.bench.options import Options
from tests.bench.rounds import percentile
from tests.bench.tables import empty_tables
from tests.bench.workers import Worker, wait_until

PERIOD_S = 1.0
POLL_LATENCY_MS, COMMAND_LATENCY_MS = 20, 50
BLACK_HOLE_SHARE = 0.1
# After a start, or a change of the devices' manners, until it is steady again.
SETTLE_S = 8.0


def measure(options: Options) -> list[Figure]:
    many = options.devices[-1]
    few = max(1, many // 10)
    watch_s = 12.0 if options.is_quick else 20.0
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        empty_tables()
        fleet = stack.enter_context(RegisterFleet(many + few))
        fleet.tell("latency", POLL_LATENCY_MS)
        devices = register(fleet, range(many), "many", poll_period_s=PERIOD_S)
        register(fleet, range(many, many + few), "few", poll_period_s=PERIOD_S)
        with Worker("few", few, folder) as small:
            worker = stack.enter_context(Worker("many", many, folder))
            small.wait_polling()
            worker.wait_polling()
            _told("settling", SETTLE_S)
            per_device_kib = (worker.memory_kib - small.memory_kib) / (many - few)
        figures = [_memory(per_device_kib)]
        figures += _lateness(fleet, worker, many, watch_s)
        figures += _black_holes(fleet, many, watch_s)
        _wait_all_back(fleet, many)
        fleet.tell("latency", COMMAND_LATENCY_MS)
        _told("settling", SETTLE_S)
        figures += measure_commands(devices, COMMAND_LATENCY_MS, options)
        empty_tables()
    return figures


def _told(what: str, seconds: float) -> None:
    print(f"{what} for {seconds:g} s", flush=True)
    time.sleep(seconds)


def _memory(per_device_kib: float) -> Figure:
    return Figure(
        "memory_per_device_kib", per_device_kib, "KiB resident", target="< 20",
        is_met=per_device_kib < 20,
    )  # fmt: skip


def _watched(fleet: RegisterFleet, count: int, seconds: float) -> list[list[float]]:
    """When each of the devices was polled, as the devices noted it."""
    fleet.tell("watch")
    _told("watching", seconds)
    polled: list[list[float]] = fleet.tell("report")
    return polled[:count]


def _lateness(fleet: RegisterFleet, worker: Worker, count: int, seconds: float) -> list[Figure]:
    cpu_s, began = worker.cpu_s, time.monotonic()
    polled = _watched(fleet, count, seconds)
    share = (worker.cpu_s - cpu_s) / (time.monotonic() - began)
    late_s = [late for times in polled for late in lateness(times, seconds)]
    p99_ms = 1000 * percentile(late_s, 0.99)
    print(
        f"{sum(map(len, polled)):,} polls of {count} devices, {100 * share:.0f} % of one core; "
        f"late p50 {1000 * statistics.median(late_s):.1f} ms, p99 {p99_ms:.1f} ms, "
        f"worst {1000 * max(late_s):.0f} ms; the worker reports {worker.lateness_ms:.0f} ms",
        flush=True,
    )
    return [
        Figure(f"lateness_p99_ms@{count}", p99_ms, "ms behind a grid of 1 s", target="< 250",
               is_met=p99_ms < 250),
        Figure(f"worker_cpu_pct@{count}", 100 * share, "% of one core at 1 Hz", target="< 100",
               is_met=share < 1.0),
    ]  # fmt: skip


def lateness(times: list[float], watched_s: float) -> list[float]:
    """How far behind its grid each poll came; a poll that is missing is a whole period late.

    The grid is the one that the device's earliest poll (after taking whole periods off) lies on.
    """
    if not times:
        return [watched_s]
    offsets = [at - number * PERIOD_S for number, at in enumerate(times)]
    first = min(offsets)
    missing = max(0, int(watched_s / PERIOD_S) - len(times))
    return [offset - first for offset in offsets] + [PERIOD_S] * missing


def _black_holes(fleet: RegisterFleet, count: int, seconds: float) -> list[Figure]:
    """The cycle of the healthy, without and with a tenth of the devices never answering."""
    holes = int(BLACK_HOLE_SHARE * count)
    before_ms = _cycle_ms(_watched(fleet, count, seconds))
    dead = set(fleet.tell("black_holes", holes))
    _told("settling", SETTLE_S)
    polled = _watched(fleet, count, seconds)
    with_ms = _cycle_ms([times for index, times in enumerate(polled) if index not in dead])
    fleet.tell("black_holes", 0)
    ratio = with_ms / before_ms
    return [
        Figure("black_hole_cycle_ratio", with_ms, f"ms, p95 cycle, {holes} of {count} silent",
               before_ms, ratio, target="< 1.2 times", is_met=ratio < 1.2),
    ]  # fmt: skip


def _wait_all_back(fleet: RegisterFleet, count: int) -> None:
    """Until those that were silent are polled again: each waits for the end of its back-off."""
    wait_until(lambda: all(_watched(fleet, count, 3.0)), "all devices are polled again")


def _cycle_ms(polled: list[list[float]]) -> float:
    cycles = [later - earlier for times in polled for earlier, later in itertools.pairwise(times)]
    return 1000 * percentile(cycles, 0.95)
