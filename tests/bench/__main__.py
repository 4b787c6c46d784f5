"""Speed and size, side by side with what they are compared to, in one run.

    python3 manage.py bench [--only NAME ...] [--quick] [--devices 50 500 2000 5000]

Prints a table and writes bench.json. Rounds of what is compared alternate; told is the median.
Figures per CPU-second count the time of the one process that is measured, so that neither the
simulated devices nor a busy machine change them much; figures in seconds do suffer from others.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import django

from tests.bench.figures import Figure, machine, show, write
from tests.bench.limits import TooFewFiles, allow_open_files, open_files
from tests.bench.options import Options

ROOT = Path(__file__).resolve().parents[2]
# Each measurement brings the figures whose names begin with one of these.
MEASUREMENTS = {
    "applications": ("applications_per_minute", "application_call_p95_ms",
                     "application_cpu_s"),
    "care": ("care_day_s", "care_day_cpu_s", "care_run_s", "care_memory_mib"),
    "desk": ("search_p95_ms", "queue_page_p95_ms"),
    "engineering": ("submit_to_ready_s", "study_page_ms"),
    "end_to_end": ("poll_end_to_end", "poll_store_share", "poll_cost_growth"),
    "reading": ("read_vs_c", "read_vs_pymodbus"),
    "history": ("history_day_ms", "history_day_as_written_ms", "history_day_in_full_ms",
                "history_group_month_s"),
    "screens": ("screens_per_s", "screens_page_ms"),
    "statements": ("statements_per_minute",),
    "studies": ("study_snapshot_s", "study_vs_engine", "study_whole_s", "hours_8760_s",
                "hosting_s"),
    "steady": (
        "lateness_p99_ms", "black_hole_cycle", "commands_verified", "command_p99",
        "memory_per_device", "worker_cpu",
    ),
}  # fmt: skip


def main(arguments: list[str]) -> int:
    options = _parser().parse_args(arguments)
    if sys.platform != "linux":
        print("The bench needs Linux: it reads other processes' CPU time and freezes them.")
        return 1
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "derms.settings")
    django.setup()
    print(f"Measured on {machine()}", flush=True)
    began = time.monotonic()
    figures: list[Figure] = []
    try:
        allow_open_files(open_files(sum(options.devices)))
        for name, prefixes in MEASUREMENTS.items():
            if not options.only or any(_begins(only, prefixes) for only in options.only):
                print(f"\n{name}", flush=True)
                figures += _measurement(name)(_options(options))
    except TooFewFiles as refusal:
        print(refusal)
        return 1
    show(figures)
    write(figures, options.out)
    print(f"\n{machine()}\nWritten to {options.out} after {time.monotonic() - began:.0f} s.")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="manage.py bench", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    names = ", ".join(prefix for prefixes in MEASUREMENTS.values() for prefix in prefixes)
    parser.add_argument("--only", nargs="+", metavar="NAME", default=[], help=f"any of: {names}")
    parser.add_argument("--quick", action="store_true", help="two short rounds of each")
    parser.add_argument("--devices", type=int, nargs="+", default=[50, 500, 2000, 5000])
    parser.add_argument("--latencies-ms", type=int, nargs="+", default=[0, 20])
    parser.add_argument("--seconds", type=float, default=2.0, help="of each round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--out", type=Path, default=ROOT / "bench.json")
    return parser


def _begins(only: str, prefixes: tuple[str, ...]) -> bool:
    return any(only.startswith(prefix) or prefix.startswith(only) for prefix in prefixes)


def _options(given: argparse.Namespace) -> Options:
    return Options(
        devices=sorted(given.devices),
        latencies_ms=given.latencies_ms,
        seconds=1.0 if given.quick else given.seconds,
        rounds=2 if given.quick else given.rounds,
        is_quick=given.quick,
    )


def _measurement(name: str) -> Callable[[Options], list[Figure]]:
    """Each in a module of its own, which needs Django's apps."""
    from importlib import import_module  # noqa: PLC0415

    measure: Callable[[Options], list[Figure]] = import_module(f"tests.bench.{name}").measure
    return measure


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
