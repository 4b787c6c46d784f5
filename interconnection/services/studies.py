"""Power-flow studies on the current version of a feeder, with what is connected to it (IC-4)."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from derms.lib.errors import NotFound, Refused
from derms.lib.wire import from_data, to_data
from interconnection.powerflow.child import Bounds, TaskFailed, run_task
from interconnection.powerflow.circuit import Inverter, Terminal, Winding
from interconnection.powerflow.facts import SQRT3, nodes
from interconnection.powerflow.limits import PEAK, Limits, Moment
from interconnection.powerflow.results import Hosting
from interconnection.powerflow.task import CapacityTask, StudyResult, StudyTask
from interconnection.selectors.circuits import (
    ConnectedCircuit,
    current_version,
    with_connected_der,
)

MINIMUM_DAYTIME = Moment("Minimum daytime load", 0.35)
MOMENTS = (PEAK, MINIMUM_DAYTIME)
LARGEST_W = 10_000_000.0
STUDY_S = 900.0
Progress = Callable[[float, str], None]


class StudyFailed(Refused):
    """There is no result; `ending` says which way: nothing of this is a pass."""

    code = "study_failed"


@dataclass(frozen=True, slots=True)
class DoneStudy:
    """A result with the version of the network it is for."""

    connected: ConnectedCircuit
    result: StudyResult


@dataclass(frozen=True, slots=True)
class HostingMap:
    """What each point of a feeder could host, one at a time."""

    connected: ConnectedCircuit
    points: tuple[Hosting, ...]


def run_study(
    *,
    feeder: str,
    bus: str,
    phases: str,
    power_w: float,
    reactive_var: float = 0.0,
    progress: Progress = lambda _share, _words: None,
    is_cancelled: Callable[[], bool] = lambda: False,
) -> DoneStudy:
    """Snapshots, trip and hosting capacity for one DER; raises NotFound, Refused, StudyFailed."""
    connected = connected_circuit(feeder)
    terminal, voltage_v = place_of(connected, bus, phases)
    apparent_va = (power_w**2 + reactive_var**2) ** 0.5
    proposed = Inverter(
        "proposed", terminal, len(terminal.nodes), voltage_v, apparent_va, power_w,
        reactive_power_var=reactive_var, is_proposed=True,
    )  # fmt: skip
    circuit = replace(connected.circuit, inverters=(*connected.circuit.inverters, proposed))
    task = StudyTask(circuit, MOMENTS, hosting_largest_w=LARGEST_W)
    answer = _run("study", to_data(task), progress, is_cancelled)
    return DoneStudy(connected, from_data(StudyResult, answer))


def hosting_capacity(
    *,
    feeder: str,
    progress: Progress = lambda _share, _words: None,
    is_cancelled: Callable[[], bool] = lambda: False,
) -> HostingMap:
    """The capacity at every bus of the feeder, three-phase where it has all three."""
    connected = connected_circuit(feeder)
    task = capacity_task(connected)
    answer = _run("hosting", to_data(task), progress, is_cancelled)
    return HostingMap(connected, from_data(tuple[Hosting, ...], answer))


def capacity_task(connected: ConnectedCircuit) -> CapacityTask:
    """Every point of the feeder at peak and at minimum daytime load."""
    return CapacityTask(
        connected.circuit, tuple(_terminals(connected)), MOMENTS, Limits(), LARGEST_W
    )


def connected_circuit(feeder: str) -> ConnectedCircuit:
    version = current_version(feeder)
    if version is None:
        raise NotFound(f"No network model is called {feeder}. Import one with import_network.")
    return with_connected_der(version)


def _run(
    name: str,
    payload: dict[str, Any],
    progress: Progress,
    is_cancelled: Callable[[], bool],
) -> object:
    try:
        return run_task(
            name, payload, bounds=Bounds(STUDY_S), progress=progress, is_cancelled=is_cancelled
        )
    except TaskFailed as failed:
        raise StudyFailed(str(failed), ending=failed.ending) from failed


def place_of(connected: ConnectedCircuit, bus: str, phases: str) -> tuple[Terminal, float]:
    """The terminal and its nominal voltage, between phases for three and to neutral for one."""
    known = {name.lower(): name for name in connected.circuit.buses}
    if bus.lower() not in known:
        raise NotFound(f"{connected.version} has no bus {bus}.")
    letters = phases.upper()
    if not letters or set(letters) - set("ABC") or len(letters) == 2:
        raise Refused(f"Phases are A, B, C or ABC, not {phases}.")
    there = _nodes(connected).get(known[bus.lower()], frozenset())
    if missing := [letter for letter in letters if nodes(letter)[0] not in there]:
        raise Refused(f"Bus {bus} has no phase {', '.join(missing)}.")
    base_v = _base_v(connected, known[bus.lower()])
    voltage_v = base_v if len(letters) == 3 else base_v / SQRT3
    return Terminal(known[bus.lower()], nodes(letters)), voltage_v


def _nodes(connected: ConnectedCircuit) -> dict[str, frozenset[int]]:
    found: dict[str, frozenset[int]] = {}
    circuit = connected.circuit
    ends = [end for line in circuit.lines for end in (line.sending, line.receiving)]
    ends += [winding.terminal for bank in circuit.transformers for winding in bank.windings]
    for end in ends:
        found[end.bus] = found.get(end.bus, frozenset()) | frozenset(end.nodes)
    return found


def _terminals(connected: ConnectedCircuit) -> list[Terminal]:
    """Every bus beyond the source; on all its phases, on its only one, or on the first of two."""
    terminals = []
    for bus, there in _nodes(connected).items():
        phases = tuple(sorted(there & {1, 2, 3}))
        if phases and bus != connected.circuit.source.bus:
            terminals.append(Terminal(bus, phases if len(phases) == 3 else phases[:1]))
    return terminals


def _base_v(connected: ConnectedCircuit, bus: str) -> float:
    """The nominal voltage between phases, carried from the source through lines and windings."""
    circuit = connected.circuit
    base_v = {circuit.source.bus: circuit.source.voltage_v}
    banks = [[(w.terminal.bus, _between(w, b.phases)) for w in b.windings]
             for b in circuit.transformers]  # fmt: skip
    for ends in banks:
        base_v |= {end: voltage_v for end, voltage_v in ends if end not in base_v}
    for _ in range(len(circuit.lines)):
        before = len(base_v)
        for line in circuit.lines:
            one, other = line.sending.bus, line.receiving.bus
            if one in base_v and other not in base_v:
                base_v[other] = base_v[one]
            elif other in base_v and one not in base_v:
                base_v[one] = base_v[other]
        if len(base_v) == before:
            break
    return min(circuit.voltage_bases_v, key=lambda base: abs(base - base_v.get(bus, 0.0)))


def _between(winding: Winding, phases: int) -> float:
    to_neutral = phases == 1 and 0 not in winding.terminal.nodes and len(winding.terminal.nodes) < 2
    return winding.rated_voltage_v * (SQRT3 if to_neutral else 1.0)
