"""The whole study of one DER on its feeder, in the study's own process (IC-4)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from interconnection.powerflow.circuit import Circuit, Terminal
from interconnection.powerflow.criteria import Criterion, Judge, Pair, Verdict, verdict_of
from interconnection.powerflow.engine import ENGINE, Engine
from interconnection.powerflow.hosting import Hosting, HostingFault, hosting
from interconnection.powerflow.limits import Limits, Moment
from interconnection.powerflow.results import Snapshot
from interconnection.powerflow.year import Year, year

UNITY, CURVES = "unity power factor", "volt-var and volt-watt"


@dataclass(frozen=True, slots=True)
class StudyTask:
    """What to study: the proposed inverters are those of the circuit with `is_proposed`.

    The profiles have one share for each hour, loads of their modelled power, generation of its
    rating; empty ones leave the year out. `alternate` is the same feeder fed from elsewhere.
    """

    circuit: Circuit
    moments: tuple[Moment, ...]
    limits: Limits = field(default_factory=Limits)
    load_shares: tuple[float, ...] = ()
    generation_shares: tuple[float, ...] = ()
    hosting_largest_w: float = 0.0
    alternate: Circuit | None = None


@dataclass(frozen=True, slots=True)
class Scenario:
    """One moment in one mode of the DER: what was found without and with it, and after its trip."""

    moment: str
    mode: str
    without: Snapshot
    with_der: Snapshot
    tripped: Snapshot
    criteria: tuple[Criterion, ...]


@dataclass(frozen=True, slots=True)
class StudyResult:
    """Everything the study found; `verdict` is over the scenarios in the DER's own mode."""

    engine: str
    verdict: Verdict
    mode: str
    scenarios: tuple[Scenario, ...]
    contingency: tuple[Scenario, ...]
    year_without: Year | None
    year_with: Year | None
    hosting: Hosting | None
    hosting_words: str


Progress = Callable[[float, str], None]


def study(task: StudyTask, *, progress: Progress = lambda _share, _words: None) -> StudyResult:
    """Run it; raises CircuitFault when the circuit cannot even be built."""
    has_curves = any(i.volt_var or i.volt_watt for i in _proposed(task.circuit))
    own_mode = CURVES if has_curves else UNITY
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


def _proposed(circuit: Circuit) -> list[object]:
    return [inverter for inverter in circuit.inverters if inverter.is_proposed]


def without_der(circuit: Circuit) -> Circuit:
    return replace(circuit, inverters=tuple(i for i in circuit.inverters if not i.is_proposed))


def in_mode(circuit: Circuit, mode: str) -> Circuit:
    """The circuit with the proposed DER at unity power factor, or with the curves it asks for."""
    if mode == CURVES:
        return circuit
    return replace(
        circuit,
        inverters=tuple(
            replace(i, volt_var=None, volt_watt=None) if i.is_proposed else i
            for i in circuit.inverters
        ),
    )


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
    proposed = [i for i in task.circuit.inverters if i.is_proposed]
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
