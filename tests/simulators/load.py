"""Polls a running fleet once a second with a lean client and says what that costs the fleet.

    python -m tests.simulators.load --devices 5000 [--seconds 20] [--latency-ms 0]

Describes and starts a fleet of its own; every endpoint is read twice in each period (the AC
measurements and the controls). Told are the CPU share of the fleet's process, its memory, how
long it takes to start, and how late the answers were.
"""

import argparse
import asyncio
import json
import os
import resource
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any, cast

import uvloop

if sys.version_info >= (3, 12):
    from typing import override
else:
    from typing_extensions import override

ROOT = Path(__file__).resolve().parents[2]
REQUEST = struct.Struct(">HHHBBHH")


class Poller(asyncio.Protocol):
    """One endpoint's connection: two reads for each poll, one after the other."""

    def __init__(self, reads: list[bytes], took_s: list[float]) -> None:
        self.reads, self.took_s = reads, took_s
        self.begun = 0.0
        self.left = 0
        self.missing = 0
        self.transport: asyncio.Transport | None = None

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def poll(self, now: float) -> bool:
        if self.left or self.transport is None:
            return False
        self.begun, self.left = now, len(self.reads)
        self._ask()
        return True

    def _ask(self) -> None:
        request = self.reads[-self.left]
        self.missing = 9 + 2 * int.from_bytes(request[10:12], "big")
        assert self.transport is not None
        self.transport.write(request)

    @override
    def data_received(self, data: bytes) -> None:
        self.missing -= len(data)
        if self.missing > 0:
            return
        self.left -= 1
        if self.left:
            self._ask()
        else:
            self.took_s.append(time.perf_counter() - self.begun)


async def poll_all(devices: list[dict[str, Any]], seconds: float, process: int) -> dict[str, float]:
    """Poll every device once a second, spread over it."""
    loop = asyncio.get_running_loop()
    took_s: list[float] = []
    pollers = []
    for device in devices:
        reads = [
            REQUEST.pack(n, 0, 6, device["unit"], 3, device["base"] + at, count)
            for n, (at, count) in enumerate(((70, 50), (0, 70)))
        ]
        make = partial(Poller, reads, took_s)
        _, poller = await loop.create_connection(make, device["host"], device["port"])
        pollers.append(poller)
    missed, end = 0, time.perf_counter() + 3 + seconds
    measuring_from = time.perf_counter() + 3
    cpu_s = 0.0
    while (now := time.perf_counter()) < end:
        if not cpu_s and now >= measuring_from:
            cpu_s, measuring_from = cpu_of(process), now
            took_s.clear()
            missed = 0
        for place in range(0, len(pollers), 250):
            due = now + place / len(pollers)
            await asyncio.sleep(max(due - time.perf_counter(), 0))
            at = time.perf_counter()
            missed += sum(not poller.poll(at) for poller in pollers[place : place + 250])
        await asyncio.sleep(max(now + 1 - time.perf_counter(), 0))
    wall_s = time.perf_counter() - measuring_from
    used_s = cpu_of(process) - cpu_s
    ordered = sorted(took_s)
    return {
        "polls_per_s": round(len(took_s) / wall_s, 1),
        "missed": missed,
        "cpu_share": round(used_s / wall_s, 4),
        "us_per_request": round(1e6 * used_s / (2 * max(len(took_s), 1)), 2),
        "p50_ms": round(1e3 * statistics.median(ordered), 2),
        "p99_ms": round(1e3 * ordered[int(0.99 * (len(ordered) - 1))], 2),
        "worst_ms": round(1e3 * ordered[-1], 2),
    }


def cpu_of(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory_mib(process: int) -> float:
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return round(int(next(x for x in lines if x.startswith("VmRSS")).split()[1]) / 1024, 1)


def free_base(count: int) -> int:
    """First of a row of ports nobody listens on."""
    for base in range(20_000, 60_000 - count, 500):
        try:
            for port in range(base - 1, base + count):
                with socket.socket() as probe:
                    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    probe.bind(("127.0.0.1", port))
        except OSError:
            continue
        return base
    raise SystemExit("no free ports")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--devices", type=int, default=5_000)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--latency-ms", type=int, default=0)
    options = parser.parse_args()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(measure(Path(folder), options), indent=1))


def measure(folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    file = folder / "fleet.json"
    simulators = [sys.executable, "-m", "simulators"]
    base = free_base(options.devices + 20)
    subprocess.run(
        [*simulators, "describe", "--count", str(options.devices), "--base-port", str(base),
         "--out", str(file), "--weather", "cloudy"], cwd=ROOT, check=True,
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    devices = json.loads(file.read_text())["devices"]
    began = time.perf_counter()
    process = subprocess.Popen(
        [*simulators, "run", str(file), "--die-with-parent",
         "--latency-ms", str(options.latency_ms)], cwd=ROOT, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        assert process.stdout.readline().startswith("ready")
        start_s = time.perf_counter() - began
        began_cpu, at = cpu_of(process.pid), time.perf_counter()
        time.sleep(5)
        resting = (cpu_of(process.pid) - began_cpu) / (time.perf_counter() - at)
        sunspec = [device for device in devices if device["sunspec"]]
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            found = runner.run(poll_all(sunspec, options.seconds, process.pid))
        return {
            "endpoints": len(devices), "start_s": round(start_s, 2), "start_cpu_s": began_cpu,
            "resting_share": round(resting, 4), **found, "memory_mib": memory_mib(process.pid),
        }  # fmt: skip
    finally:
        process.terminate()
        process.wait(20)


if __name__ == "__main__":
    main()
