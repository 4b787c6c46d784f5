"""Polls per CPU-second of the gateway worker, end to end, beside a plain loop in the same run.

    python3 manage.py bench [--devices 50 200] [--seconds 8] [--rounds 3]

Both read the same simulated devices over real sockets and store every poll in the same PostgreSQL.
What counts is the CPU time of the one process that polls, so that neither the simulators nor a
busy machine change the result much; rounds alternate, and the median is told.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import django

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Rate:
    """What one round of one variant did."""

    polls: int
    cpu_s: float
    wall_s: float

    @property
    def per_cpu_s(self) -> float:
        return self.polls / self.cpu_s


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="manage.py bench", description=__doc__)
    parser.add_argument("--devices", type=int, nargs="+", default=[50, 200])
    parser.add_argument("--seconds", type=float, default=8.0, help="of each round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--out", type=Path, default=ROOT / "bench.json")
    options = parser.parse_args(arguments)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "derms.settings")
    django.setup()
    results = [
        _poll_end_to_end(count, options.seconds, options.rounds) for count in options.devices
    ]
    options.out.write_text(json.dumps(results, indent=1) + "\n")
    _print(results)
    print(f"Written to {options.out}.")


def _poll_end_to_end(count: int, seconds: float, rounds: int) -> dict[str, object]:
    from tests.bench.polling import Bench  # noqa: PLC0415  needs Django's apps

    ours, plain = [], []
    with tempfile.TemporaryDirectory() as folder, Bench(Path(folder), count) as bench:
        for number in range(rounds):
            ours.append(_said("gateway worker", count, number, lambda: bench.gateway(seconds)))
            plain.append(_said("plain loop", count, number, lambda: bench.plain_loop(seconds)))
    value = statistics.median(rate.per_cpu_s for rate in ours)
    baseline = statistics.median(rate.per_cpu_s for rate in plain)
    return {
        "name": f"poll_end_to_end@{count}",
        "value": round(value, 1),
        "unit": "polls per CPU-second",
        "baseline": round(baseline, 1),
        "ratio": round(value / baseline, 2),
    }


def _said(what: str, count: int, number: int, run: Callable[[], Rate]) -> Rate:
    rate = run()
    print(
        f"{count} devices, round {number + 1}, {what}: {rate.polls} polls in {rate.wall_s:.1f} s, "
        f"{rate.cpu_s:.2f} s of CPU, {rate.per_cpu_s:,.0f} polls per CPU-second",
        flush=True,
    )
    return rate


def _print(results: list[dict[str, object]]) -> None:
    print(f"\n{'name':<24}{'value':>10}{'baseline':>10}{'ratio':>8}  unit")
    for row in results:
        print(
            f"{row['name']:<24}{row['value']:>10,}{row['baseline']:>10,}{row['ratio']:>8}  "
            f"{row['unit']}"
        )


if __name__ == "__main__":
    main(sys.argv[1:])
