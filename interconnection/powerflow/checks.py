"""What is wrong or odd with a circuit before anybody solves it (IC-2). Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import product

from interconnection.powerflow.circuit import Circuit, Line, Load, Terminal, Transformer
from interconnection.powerflow.levels import SQRT3, levels_v

# Impedance of one phase for each km; beyond it somebody has mistaken the unit.
LARGEST_OHM_PER_KM, LARGEST_OHM = 50.0, 500.0
SHORTEST_M = 1.0
# A load on a bus of twice or half its voltage: somebody has lost a transformer.
FURTHEST_FACTOR = 1.9
PHASES = frozenset({1, 2, 3})


class Weight(StrEnum):
    """An error keeps a version from being used, a warning waits for an engineer's eye."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing about one element."""

    weight: Weight
    element: str
    words: str


def remarks(circuit: Circuit, *, allows_loops: bool = False) -> tuple[Remark, ...]:
    """Islands, loops, phases that nobody feeds, absurd impedances, missing ratings.

    A meshed network is refused unless somebody says that it is meant to be one.
    """
    return (
        *_islands(circuit),
        *_loops(circuit, Weight.WARNING if allows_loops else Weight.ERROR),
        *_phases(circuit),
        *_levels(circuit),
        *(remark for line in circuit.lines for remark in _line(line)),
        *(remark for bank in circuit.transformers for remark in _bank(bank)),
        *(remark for load in circuit.loads for remark in _load(load)),
        *_unrated(circuit),
    )


def _branches(circuit: Circuit) -> Iterator[tuple[str, str, str]]:
    for line in circuit.lines:
        if not line.is_open:
            yield line.name, line.sending.bus, line.receiving.bus
    for bank in circuit.transformers:
        if not bank.is_open:
            first, *others = (winding.terminal.bus for winding in bank.windings)
            for other in dict.fromkeys(others):
                yield bank.name, first, other


def reached(circuit: Circuit) -> set[str]:
    """Buses that are connected to the source through closed branches."""
    near: dict[str, list[str]] = {}
    for _, one, other in _branches(circuit):
        near.setdefault(one, []).append(other)
        near.setdefault(other, []).append(one)
    found, waiting = {circuit.source.bus}, [circuit.source.bus]
    while waiting:
        for bus in near.get(waiting.pop(), ()):
            if bus not in found:
                found.add(bus)
                waiting.append(bus)
    return found


def _islands(circuit: Circuit) -> Iterator[Remark]:
    near = reached(circuit)
    lost = [bus for bus in circuit.buses if bus not in near]
    loaded = {load.terminal.bus for load in circuit.loads}
    for bus in lost:
        weight = Weight.ERROR if bus in loaded else Weight.WARNING
        words = "Not connected to the source: an open switch, or a missing line or transformer."
        yield Remark(weight, f"bus {bus}", words)


def _loops(circuit: Circuit, weight: Weight) -> Iterator[Remark]:
    """Branches that close a ring; parallel single-phase units of one bank are no ring."""
    parent: dict[str, str] = {}

    def root(bus: str) -> str:
        while parent.get(bus, bus) != bus:
            bus = parent[bus]
        return bus

    joined: set[frozenset[str]] = set()
    for name, one, other in _branches(circuit):
        pair = frozenset((one, other))
        if pair in joined:
            continue
        joined.add(pair)
        if root(one) == root(other):
            words = "Closes a loop: fast-track screens and line sections need a radial feeder."
            yield Remark(weight, name, words)
        else:
            parent[root(one)] = root(other)


def _phases(circuit: Circuit) -> Iterator[Remark]:
    """Lines, transformers and loads on a conductor that no closed path connects to the source."""
    near = reached(circuit)
    fed = _fed(circuit)
    hanging = [(f"load {load.name}", load.terminal) for load in circuit.loads]
    hanging += [(f"line {line.name}", line.receiving) for line in circuit.lines if not line.is_open]
    hanging += [(f"transformer {bank.name}", bank.windings[0].terminal)
                for bank in circuit.transformers if not bank.is_open]  # fmt: skip
    for name, terminal in hanging:
        missing = {n for _, n in _conductors(terminal) if (terminal.bus, n) not in fed}
        if missing and terminal.bus in near:
            phases = ", ".join("?ABC"[n] for n in sorted(missing))
            words = f"Hangs on phase {phases} of bus {terminal.bus}, which nothing feeds."
            yield Remark(Weight.ERROR, name, words)


def _fed(circuit: Circuit) -> set[tuple[str, int]]:
    """Conductors with voltage: through lines one by one, through a bank all that it has."""
    near: dict[tuple[str, int], list[tuple[str, int]]] = {}
    for one, other in _joints(circuit):
        near.setdefault(one, []).append(other)
        near.setdefault(other, []).append(one)
    found = {(circuit.source.bus, node) for node in PHASES}
    waiting = list(found)
    while waiting:
        for other in near.get(waiting.pop(), ()):
            if other not in found:
                found.add(other)
                waiting.append(other)
    return found


def _joints(circuit: Circuit) -> Iterator[tuple[tuple[str, int], tuple[str, int]]]:
    for line in circuit.lines:
        if not line.is_open:
            for here, there in zip(line.sending.nodes, line.receiving.nodes, strict=False):
                yield (line.sending.bus, here), (line.receiving.bus, there)
    for bank in circuit.transformers:
        if not bank.is_open:
            first, *others = (list(_conductors(w.terminal)) for w in bank.windings)
            yield from product(first, (end for winding in others for end in winding))


def _conductors(terminal: Terminal) -> Iterator[tuple[str, int]]:
    return ((terminal.bus, node) for node in terminal.nodes if node in PHASES)


def _levels(circuit: Circuit) -> Iterator[Remark]:
    """Loads whose name plate does not go with the bus they hang on."""
    levels = levels_v(circuit.source, circuit.lines, circuit.transformers)
    for load in circuit.loads:
        level_v = levels.get(load.terminal.bus)
        if not level_v or load.rated_voltage_v <= 0:
            continue
        # One phase may be rated to neutral, between phases, or across both halves of a secondary.
        usual = [level_v] if load.phases == 3 else [level_v, level_v / SQRT3, 2 * level_v / SQRT3]
        factor = min(max(load.rated_voltage_v / v, v / load.rated_voltage_v) for v in usual)
        if factor > FURTHEST_FACTOR:
            words = (
                f"Rated {load.rated_voltage_v:.4g} V at bus {load.terminal.bus} of {level_v:.4g} V:"
                " a transformer is missing, or a voltage is wrong."
            )
            yield Remark(Weight.ERROR, f"load {load.name}", words)


def _line(line: Line) -> Iterator[Remark]:
    if line.sending.bus == line.receiving.bus:
        yield Remark(Weight.ERROR, f"line {line.name}", "Begins and ends at the same bus.")
    for number, row in enumerate(line.resistance_ohm):
        ohm = abs(complex(row[number], line.reactance_ohm[number][number]))
        if row[number] < 0 or ohm == 0:
            yield Remark(Weight.ERROR, f"line {line.name}", "Has no or a negative impedance.")
            return
        per_km = ohm / line.length_m * 1000 if line.length_m > SHORTEST_M else 0.0
        if ohm > LARGEST_OHM or per_km > LARGEST_OHM_PER_KM:
            words = f"{ohm:.4g} ohm over {line.length_m:.4g} m is absurd: look at the units."
            yield Remark(Weight.ERROR, f"line {line.name}", words)
            return


def _bank(bank: Transformer) -> Iterator[Remark]:
    where = f"transformer {bank.name}"
    for winding in bank.windings:
        if winding.rated_va <= 0 or winding.rated_voltage_v <= 0:
            yield Remark(Weight.ERROR, where, "A winding has no rating.")
            return
    if bank.reactance_pct and not 0 < bank.reactance_pct[0] < 50:
        words = f"Its reactance of {bank.reactance_pct[0]:g} % is absurd."
        yield Remark(Weight.ERROR, where, words)


def _load(load: Load) -> Iterator[Remark]:
    if load.active_power_w < 0:
        words = "Takes less than nothing: enter generation as a DER."
        yield Remark(Weight.WARNING, f"load {load.name}", words)


def _unrated(circuit: Circuit) -> Iterator[Remark]:
    unrated = [line.name for line in circuit.lines if line.ampacity_a is None]
    if unrated:
        words = f"{len(unrated)} of {len(circuit.lines)} lines have no ampacity: not judged."
        yield Remark(Weight.WARNING, "lines", words)
