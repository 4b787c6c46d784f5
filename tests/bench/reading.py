"""Reading alone: our connection against a C client with epoll, and against pymodbus' own."""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from tests.bench.figures import Figure
from tests.bench.fleet import ROOT, RegisterFleet
from tests.bench.options import Options
from tests.bench.registers import BASE, image
from tests.bench.rounds import Rate, Rates, alternate, median, ratio

SOURCE = Path(__file__).with_name("epoll_client.c")
# What a poll reads of models 701 (up to ThrotPct) and 713: register from its ID on, and count.
BLOCKS = ((701, 2, 109), (713, 5, 4))
NO_COMPILER = (
    "There is no C compiler (cc or gcc) on the PATH, so nothing is compared to C. On Debian and "
    "Ubuntu: apt install gcc libc6-dev."
)


def measure(options: Options) -> list[Figure]:
    with tempfile.TemporaryDirectory() as folder, RegisterFleet(options.devices[-1]) as fleet:
        c_client = _compiled(Path(folder))
        if c_client is None:
            print(NO_COMPILER, flush=True)
        figures: list[Figure] = []
        for latency_ms in options.latencies_ms:
            fleet.tell("latency", latency_ms)
            for size in reversed(options.devices):
                variants = _variants(fleet, size, options.seconds, c_client)
                rates = alternate(variants, options.rounds, f"{size} devices, {latency_ms} ms")
                is_headline = size == options.devices[-1] and not latency_ms
                suffix = "" if is_headline else f"@{size}" + (f"/{latency_ms}ms" * bool(latency_ms))
                figures += _figures(rates, suffix)
    return figures


def _compiled(folder: Path) -> Path | None:
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        return None
    program = folder / "epoll_client"
    subprocess.run([compiler, "-O2", "-o", str(program), str(SOURCE)], check=True)
    return program


def _variants(
    fleet: RegisterFleet, size: int, seconds: float, c_client: Path | None
) -> dict[str, Callable[[], Rate]]:
    starts = image(0)[1]
    blocks = [str(n) for m, first, count in BLOCKS for n in (BASE + starts[m] + first, count)]
    numbers = [str(fleet.base_port), str(size), str(seconds), *blocks]
    python = [sys.executable, "-m", "tests.bench.read_client"]
    commands = {"ours": [*python, "ours", *numbers], "pymodbus": [*python, "pymodbus", *numbers]}
    if c_client is not None:
        commands["C"] = [str(c_client), *numbers]
    return {name: partial(_run, command) for name, command in commands.items()}


def _run(command: list[str]) -> Rate:
    done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    replies, cpu_s, wall_s = done.stdout.split()
    return Rate(int(replies), float(cpu_s), float(wall_s))


def _figures(rates: Rates, suffix: str) -> list[Figure]:
    figures = []
    for name, figure in (("C", "read_vs_c"), ("pymodbus", "read_vs_pymodbus")):
        if name in rates:
            times, spread = ratio(rates["ours"], rates[name])
            figures.append(
                Figure(figure + suffix, median(rates["ours"]), "requests per CPU-second",
                       median(rates[name]), times, spread)
            )  # fmt: skip
    return figures
