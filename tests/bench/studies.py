"""Studies on a feeder of 130 buses beside the engine called by hand on the same file (IC-4).

Seconds are by the clock, process start included; the ratio is of CPU seconds in the process that
works, which a busy machine changes little.
"""

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from derms.lib.wire import to_data
from interconnection.powerflow.child import run_task
from interconnection.powerflow.circuit import Circuit, Inverter, Terminal, VoltCurve
from interconnection.powerflow.dss_text import commands, names_of
from interconnection.powerflow.facts import circuit_of
from interconnection.powerflow.limits import PEAK, Limits, Moment
from interconnection.powerflow.radial import RadialPlan, make_feeder
from interconnection.powerflow.task import CURVES, StudyTask
from tests.bench.figures import Figure
from tests.bench.options import Options
from tests.bench.profiles import HOURS, generation_share, load_share

MINIMUM = Moment("Minimum daytime load", 0.35)
VOLT_VAR = VoltCurve(((0.92, 1.0), (0.98, 0.0), (1.02, 0.0), (1.08, -1.0)))
VOLT_WATT = VoltCurve(((1.06, 1.0), (1.10, 0.2)))
SNAPSHOT_S, WHOLE_S, HOSTING_S, YEAR_S, MOST_RATIO = 0.6, 12.0, 3.0, 8.0, 1.3
ROOT = Path(__file__).resolve().parents[2]


def feeder_of(buses: int) -> Circuit:
    """A generated feeder of about so many buses, a fifth of them on its trunk."""
    trunk = max(10, buses // 5)
    plan = RadialPlan(
        name="BENCH", substation="Bench", nominal_voltage_v=12_470, rated_capacity_w=12_000_000,
        hosting_capacity_w=None, source="generated", trunk_buses=trunk,
        lateral_buses=buses - trunk - 1, reclosers=(trunk // 3, trunk // 2),
        peak_load_w=4_000_000, minimum_share=0.3, minimum_daytime_share=0.35,
        substation_transformer_va=20_000_000,
    )  # fmt: skip
    return circuit_of(make_feeder(plan, seed=130))


def with_roof(circuit: Circuit, power_w: float = 600_000.0, *, has_curves: bool) -> Circuit:
    """One large array in the middle of the trunk."""
    bus = sorted(bus for bus in circuit.buses if bus.startswith("T"))[5]
    roof = Inverter(
        "roof", Terminal(bus, (1, 2, 3)), 3, 12_470.0, power_w, power_w,
        reactive_power_max_var=0.44 * power_w, is_proposed=True,
        volt_var=VOLT_VAR if has_curves else None, volt_watt=VOLT_WATT if has_curves else None,
    )  # fmt: skip
    return replace(circuit, inverters=(roof,))


def measure(options: Options) -> list[Figure]:
    circuit = feeder_of(130)
    rounds = options.rounds
    plain = with_roof(circuit, has_curves=False)
    loads = tuple(load_share(hour) for hour in range(HOURS))
    suns = tuple(generation_share(hour) for hour in range(HOURS))
    whole = StudyTask(
        with_roof(circuit, has_curves=True), (PEAK, MINIMUM), mode=CURVES, load_shares=loads,
        generation_shares=suns, hosting_largest_w=10_000_000.0,
    )  # fmt: skip
    year = {"circuit": to_data(plain), "load_shares": loads, "generation_shares": suns,
            "limits": to_data(Limits())}  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "feeder.dss"
        file.write_text("\n".join(commands(plain, names_of(plain))))
        snapshot = _side_by_side(
            lambda: run_task("snapshot", {"circuit": to_data(plain), "load_share": 1.0}),
            lambda: _by_hand(file, 0), 2 * rounds + 1,
        )  # fmt: skip
        hours = _side_by_side(lambda: run_task("year", year), lambda: _by_hand(file, HOURS), rounds)
    ratio = max(snapshot[2], hours[2])
    return [
        _figure("study_snapshot_s", *snapshot, SNAPSHOT_S, "build, process and solution"),
        _figure("hours_8760_s", *hours, YEAR_S, "8,760 hours, 130 buses"),
        Figure("study_vs_engine", ratio, "CPU, the larger of both to it by hand",
               target="≤ 1.3", is_met=ratio <= MOST_RATIO),
        _alone("study_whole_s", lambda: run_task("study", to_data(whole)), rounds, WHOLE_S,
               "snapshots, trip, two years"),
        _alone("hosting_s", lambda: run_task("hosting", _hosting(circuit)), rounds, HOSTING_S,
               "every bus of 130"),
    ]  # fmt: skip


def _hosting(circuit: Circuit) -> dict[str, Any]:
    phases: dict[str, tuple[int, ...]] = {}
    for line in circuit.lines:
        for end in (line.sending, line.receiving):
            phases[end.bus] = max(phases.get(end.bus, ()), end.nodes, key=len)
    return {
        "circuit": to_data(circuit),
        "terminals": [to_data(Terminal(bus, nodes)) for bus, nodes in phases.items()],
        "moments": [to_data(PEAK), to_data(MINIMUM)],
        "limits": to_data(Limits()),
        "largest_w": 10_000_000.0,
    }


def _by_hand(file: Path, hours: int) -> None:
    subprocess.run(
        [sys.executable, "-m", "tests.bench.engine_by_hand", str(file), str(hours)], check=True,
        stdout=subprocess.DEVNULL, cwd=ROOT,
        env=os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
    )  # fmt: skip


def _seconds(what: Callable[[], object]) -> tuple[float, float]:
    """By the clock, and of CPU in the process that was started."""
    began, used = time.perf_counter(), _children_cpu_s()
    what()
    return time.perf_counter() - began, _children_cpu_s() - used


def _children_cpu_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _side_by_side(
    ours: Callable[[], object], theirs: Callable[[], object], rounds: int
) -> tuple[float, float, float, tuple[float, float]]:
    """Median seconds of both by the clock; the median of the CPU's ratios, and its spread."""
    pairs = []
    for number in range(rounds):
        sides = [ours, theirs] if number % 2 == 0 else [theirs, ours]
        first, second = (_seconds(side) for side in sides)
        pairs.append((first, second) if number % 2 == 0 else (second, first))
    ratios = [one[1] / other[1] for one, other in pairs]
    return (
        statistics.median(one[0] for one, _ in pairs),
        statistics.median(other[0] for _, other in pairs),
        statistics.median(ratios),
        (min(ratios), max(ratios)),
    )


def _figure(
    name: str,
    value: float,
    by_hand: float,
    ratio: float,
    spread: tuple[float, float],
    most: float,
    unit: str,
) -> Figure:
    return Figure(
        name, value, unit, by_hand, ratio, spread, target=f"< {most:g} s", is_met=value < most
    )


def _alone(name: str, what: Callable[[], object], rounds: int, most: float, unit: str) -> Figure:
    values = [_seconds(what)[0] for _ in range(rounds)]
    value = statistics.median(values)
    return Figure(
        name, value, unit, spread=(min(values), max(values)), target=f"< {most:g} s",
        is_met=value < most,
    )  # fmt: skip
