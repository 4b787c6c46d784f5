"""The whole study of one DER on its feeder, in the study's own process (IC-4)."""

from __future__ import annotations

from collections.abc import Callable

from interconnection.powerflow.circuit import Circuit, Inverter, Terminal
from interconnection.powerflow.criteria import Judge, Pair, verdict_of
from interconnection.powerflow.engine import ENGINE, Engine
from interconnection.powerflow.hosting import HostingFault, hosting
from interconnection.powerflow.limits import Limits, Moment
from interconnection.powerflow.results import Hosting, Year
from interconnection.powerflow.task import (
    CURVES,
    UNITY,
    Scenario,
    StudyResult,
    StudyTask,
    in_mode,
    without_der,
)
from interconnection.powerflow.year import year

Progress = Callable[[float, str], None]


def study(task: StudyTask, *, progress: Progress = lambda _share, _words: None) -> StudyResult:
    """Run it; raises CircuitFault when the circuit cannot even be built."""
    has_curves = any(
        i.volt_var is not None or i.volt_watt is not None for i in _proposed(task.circuit)
    )
    own_mode = task.mode if has_curves else UNITY
    modes = [UNITY, CURVES] if has_curves else [UNITY]
    scenarios: list[Scenario] = []
    for number, moment in enumerate(task.moments):
        progress(0.1 * number / len(task.moments), f"Snapshot: {moment.name}")
        scenarios += [_scenario(task.circuit, moment, mode, task.limits) for mode in modes]
    contingency: list[Scenario] = []
    if task.alternate is not None:
        progress(0.1, "Fed from the alternate substation")
        contingency = [
            _scenario(task.alternate, moment, own_mode, task.limits) for moment in task.moments
        ]
    years = _years(task, own_mode, progress)
    found, words = _hosting(task, progress)
    judged = [c for s in (*scenarios, *contingency) if s.mode == own_mode for c in s.criteria]
    return StudyResult(
        ENGINE, verdict_of(judged), own_mode, tuple(scenarios), tuple(contingency), *years,
        found, words,
    )  # fmt: skip


def _proposed(circuit: Circuit) -> list[Inverter]:
    return [inverter for inverter in circuit.inverters if inverter.is_proposed]


def _scenario(circuit: Circuit, moment: Moment, mode: str, limits: Limits) -> Scenario:
    base = Engine(without_der(circuit))
    base.profiled()(moment.generation_share)
    without = base.snapshot(load_share=moment.load_share)
    judge = Judge(limits, base.bases_v())
    loaded = Engine(in_mode(circuit, mode))
    loaded.profiled()(moment.generation_share)
    with_der = loaded.snapshot(load_share=moment.load_share)
    tripped = with_der
    if with_der.is_solved:
        loaded.trip([i.name for i in circuit.inverters if i.is_proposed])
        tripped = loaded.snapshot(load_share=moment.load_share, controls=False)
    pair = Pair(moment.name, without, with_der)
    criteria = (
        *judge.voltage(pair),
        judge.loading(pair),
        judge.change(moment.name, with_der, tripped),
        judge.reverse_flow(pair),
        judge.unbalance(pair),
    )
    return Scenario(moment.name, mode, without, with_der, tripped, criteria)


def _years(task: StudyTask, mode: str, progress: Progress) -> tuple[Year | None, Year | None]:
    if not task.load_shares:
        return None, None
    found = []
    for number, circuit in enumerate((without_der(task.circuit), in_mode(task.circuit, mode))):
        words = "Year with the DER" if number else "Year without the DER"
        begun = 0.1 + 0.35 * number

        def tell(share: float, begun: float = begun, words: str = words) -> None:
            progress(begun + 0.35 * share, words)

        found.append(
            year(
                circuit,
                load_shares=task.load_shares,
                generation_shares=task.generation_shares,
                limits=task.limits,
                progress=tell,
            )
        )
    return found[0], found[1]


def _hosting(task: StudyTask, progress: Progress) -> tuple[Hosting | None, str]:
    proposed = _proposed(task.circuit)
    if not proposed or not task.hosting_largest_w:
        return None, "Not asked for."
    progress(0.8, "Hosting capacity at the point of connection")
    terminal = Terminal(proposed[0].terminal.bus, proposed[0].terminal.nodes)
    try:
        found = hosting(
            without_der(task.circuit),
            [terminal],
            task.moments,
            limits=task.limits,
            largest_w=task.hosting_largest_w,
            progress=lambda share: progress(0.8 + 0.2 * share, "Hosting capacity"),
        )
    except HostingFault as fault:
        return None, str(fault)
    return found[0], ""
