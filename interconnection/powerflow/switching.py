"""Feeding a part of the network from elsewhere: open one switch, close another (IC-2). Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

from interconnection.powerflow.circuit import Circuit, Line, LineKind

Parents = dict[str, tuple[str, Line | None]]


@dataclass(frozen=True, slots=True)
class AlternateFeed:
    """The circuit after switching; it stays radial. `opened` and `closed` are lines by name."""

    circuit: Circuit
    opened: str
    closed: str


def alternate_feed(circuit: Circuit, bus: str) -> AlternateFeed | None:
    """The largest part around `bus` that another way can take over; None when there is none.

    Ties are open switches of the model. What is opened is the switch nearest to the source beyond
    which a tie leads back to the part that stays.
    """
    parents = parents_of(circuit)
    if bus not in parents:
        return None
    ties = [line for line in circuit.lines if line.is_open and line.kind is not LineKind.LINE]
    for line in _switches_to(circuit, parents, bus):
        beyond = _beyond(parents, line)
        for tie in ties:
            ends = (tie.sending.bus in beyond, tie.receiving.bus in beyond)
            if ends[0] != ends[1] and {tie.sending.bus, tie.receiving.bus} <= parents.keys():
                return AlternateFeed(_switched(circuit, line, tie), line.name, tie.name)
    return None


def parents_of(circuit: Circuit) -> Parents:
    """From each bus the one towards the source, and the line between if it is one."""
    near: dict[str, list[tuple[str, Line | None]]] = {}
    for line in circuit.lines:
        if not line.is_open:
            near.setdefault(line.sending.bus, []).append((line.receiving.bus, line))
            near.setdefault(line.receiving.bus, []).append((line.sending.bus, line))
    for bank in circuit.transformers:
        if not bank.is_open:
            first, *others = (winding.terminal.bus for winding in bank.windings)
            for other in others:
                near.setdefault(first, []).append((other, None))
                near.setdefault(other, []).append((first, None))
    found: Parents = {circuit.source.bus: ("", None)}
    waiting = [circuit.source.bus]
    while waiting:
        here = waiting.pop()
        for other, through in near.get(here, ()):
            if other not in found:
                found[other] = (here, through)
                waiting.append(other)
    return found


def _switches_to(circuit: Circuit, parents: Parents, bus: str) -> list[Line]:
    """The closed switches between the source and the bus, the source's first."""
    found: list[Line] = []
    here = bus
    while here != circuit.source.bus:
        here, through = parents[here]
        if through is not None and through.kind is not LineKind.LINE:
            found.append(through)
    return found[::-1]


def _beyond(parents: Parents, line: Line) -> set[str]:
    """Every bus that is fed through the line."""
    fed = {bus for bus, (_, through) in parents.items() if through is line}
    children: dict[str, list[str]] = {}
    for bus, (parent, _) in parents.items():
        children.setdefault(parent, []).append(bus)
    waiting = list(fed)
    while waiting:
        for child in children.get(waiting.pop(), ()):
            if child not in fed:
                fed.add(child)
                waiting.append(child)
    return fed


def _switched(circuit: Circuit, opened: Line, closed: Line) -> Circuit:
    return replace(
        circuit,
        lines=tuple(
            replace(line, is_open=True)
            if line is opened
            else replace(line, is_open=False)
            if line is closed
            else line
            for line in circuit.lines
        ),
    )
