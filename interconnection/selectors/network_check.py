"""What the page of an uploaded network model shows, worked out once by the worker (IC-2)."""

import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from derms.lib.wire import from_data
from interconnection.models import LineSection, NetworkUpload, NetworkVersion
from interconnection.powerflow.changes import Changes, TableChanges
from interconnection.powerflow.checks import Remark, Weight
from interconnection.powerflow.circuit import Circuit
from interconnection.powerflow.results import Baseline, Imported, Outcome
from interconnection.selectors.circuits import circuit_of
from interconnection.selectors.network_overlay import Overlay, overlay

MOST_LINES, MOST_NAMES = 500, 200
OUTCOMES = {
    Outcome.SOLVED: "It solves as it stands.",
    Outcome.NOT_CONVERGED: "It finds no solution as it stands.",
    Outcome.CONTROLS_UNSETTLED: "Its controls do not settle.",
}
SINGULAR = {
    "lines": "line", "transformers": "transformer", "regulators": "regulator",
    "capacitors": "capacitor", "capacitor_controls": "capacitor control", "loads": "load",
    "inverters": "inverter", "reactors": "reactor",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Said:
    """One thing about one place; `line` 0 where no line of a file can be named."""

    weight: Weight
    file: str
    line: int
    element: str
    words: str

    @property
    def is_error(self) -> bool:
        return self.weight is Weight.ERROR


@dataclass(frozen=True, slots=True)
class ClassRow:
    """One class of element: how many it has, and what is different."""

    words: str
    count: int
    added: int
    removed: int
    changed: int


@dataclass(frozen=True, slots=True)
class Difference:
    """One element that came, went or changed; `words` say in what."""

    deed: str
    kind: str
    name: str
    words: str


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of the summary; `is_odd` asks for an engineer's eye."""

    words: str
    value: str
    is_odd: bool = False


@dataclass(frozen=True, slots=True)
class NetworkCheck:
    """The whole page; lists are cut, their full length is beside them."""

    facts: tuple[Fact, ...]
    said: tuple[Said, ...]
    errors: int
    warnings: int
    notes: int
    classes: tuple[ClassRow, ...]
    differences: tuple[Difference, ...]
    differences_in_all: int
    tables: tuple[TableChanges, ...]
    picture: Overlay | None


def check_of(upload: NetworkUpload) -> NetworkCheck | None:
    if upload.findings is None:
        return None
    return from_data(NetworkCheck, json.loads(zlib.decompress(bytes(upload.findings)))["shown"])


def network_check(
    name: str,
    found: Imported,
    remarks: tuple[Remark, ...],
    changes: tuple[Changes, ...],
    tables: tuple[TableChanges, ...],
    before: NetworkVersion | None,
) -> NetworkCheck:
    """Everything for the page, without the circuit itself."""
    said = (*_errors(found), *_remarked(found, remarks), *_noted(found))
    differences = tuple(_differences(changes)) if before else ()
    old = circuit_of(before) if before else None
    return NetworkCheck(
        facts=tuple(_facts(name, found, remarks)),
        said=said[:MOST_LINES],
        errors=sum(one.is_error for one in said),
        warnings=sum(1 for one in remarks if one.weight is Weight.WARNING),
        notes=len(found.notes),
        classes=tuple(_classes(found.circuit, changes)) if found.circuit else (),
        differences=differences[: MOST_NAMES * len(SINGULAR)],
        differences_in_all=len(differences),
        tables=tables,
        picture=overlay(old, found.circuit, changes if old else (), found.dead)
        if found.circuit
        else None,
    )


def _errors(found: Imported) -> Iterator[Said]:
    for fault in found.faults:
        yield Said(Weight.ERROR, fault.file, fault.line, "", fault.words)
    if found.outcome not in {None, Outcome.SOLVED}:
        yield Said(Weight.ERROR, "", 0, "model", OUTCOMES[Outcome(str(found.outcome))])


def _noted(found: Imported) -> Iterator[Said]:
    for note in found.notes:
        yield Said(Weight.WARNING, note.file, note.line, "", note.words)


def _remarked(found: Imported, remarks: tuple[Remark, ...]) -> Iterator[Said]:
    """Errors first, each with the line where its element begins."""
    begun = {one.element: (one.file, one.line) for one in found.begun}
    at_bus = _first_at_bus(found.circuit) if found.circuit else {}
    for remark in sorted(remarks, key=lambda one: one.weight is not Weight.ERROR):
        kind, _, name = remark.element.lower().partition(" ")
        keys = [f"{kind}.{name}"] if name else [f"line.{kind}", f"transformer.{kind}"]
        if kind == "bus":
            keys = at_bus.get(remark.element.partition(" ")[2], [])
        file, line = next((begun[key] for key in keys if key in begun), ("", 0))
        yield Said(remark.weight, file, line, remark.element, remark.words)


def _first_at_bus(circuit: Circuit) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for load in circuit.loads:
        found.setdefault(load.terminal.bus, []).append(f"load.{load.name.lower()}")
    for line in circuit.lines:
        for bus in (line.sending.bus, line.receiving.bus):
            found.setdefault(bus, []).append(f"line.{line.name.lower()}")
    for bank in circuit.transformers:
        for winding in bank.windings:
            found.setdefault(winding.terminal.bus, []).append(f"transformer.{bank.name.lower()}")
    return found


def _classes(circuit: Circuit, changes: tuple[Changes, ...]) -> Iterator[ClassRow]:
    for one in changes:
        words = one.kind.replace("_", " ").capitalize()
        count = len(getattr(circuit, one.kind))
        if count or one.removed:
            yield ClassRow(words, count, len(one.added), len(one.removed), len(one.changed))


def _differences(changes: tuple[Changes, ...]) -> Iterator[Difference]:
    for one in changes:
        kind = SINGULAR.get(one.kind, one.kind)
        for name in one.added:
            yield Difference("added", kind, name, "")
        for name in one.removed:
            yield Difference("removed", kind, name, "")
        for changed in one.changed:
            words = ", ".join(field.replace("_", " ") for field in changed.names)
            yield Difference("changed", kind, changed.name, words)


def _facts(name: str, found: Imported, remarks: tuple[Remark, ...]) -> Iterator[Fact]:
    circuit = found.circuit
    if circuit is None:
        return
    solved = found.outcome is Outcome.SOLVED
    words = OUTCOMES.get(found.outcome, "Not tried.") if found.outcome else "Not tried."
    yield Fact("Solution", words, not solved)
    if found.baseline is not None:
        yield from _solved(found.baseline)
    if found.is_compared:
        told = "cannot be told"
        if found.difference_pu is not None:
            told = f"{found.difference_pu:.1e} pu at most"
        yield Fact("Our circuit against the file's own", told, found.difference_pu is None)
    yield from _counted(circuit, found, remarks)
    yield from _load(name, circuit)


def _solved(base: Baseline) -> Iterator[Fact]:
    yield Fact("Conductors with voltage", f"{base.energised}")
    yield Fact("Conductors without", f"{base.dead}", base.dead > 0)
    for words, one in (("Lowest voltage", base.lowest), ("Highest voltage", base.highest)):
        if one is not None:
            place = f"{one.voltage_pu:.4f} pu at bus {one.bus}, phase {'?ABC'[one.node]}"
            yield Fact(words, place, not 0.9 < one.voltage_pu < 1.1)
    if base.most_loaded is not None:
        pct = base.most_loaded.loading_pct or 0.0
        place = f"{pct:.0f} % of its rating, {base.most_loaded.kind} {base.most_loaded.name}"
        yield Fact("Highest loading", place, pct > 100)


def _counted(circuit: Circuit, found: Imported, remarks: tuple[Remark, ...]) -> Iterator[Fact]:
    def said(part: str) -> int:
        return sum(part in remark.words for remark in remarks)

    buses = circuit.buses
    lost, loops = said("Not connected to the source"), said("Closes a loop")
    phases = said("which nothing feeds")
    unrated = sum(line.ampacity_a is None for line in circuit.lines)
    placed = len({bus for bus, _, _ in circuit.coordinates} & set(buses))
    yield Fact(
        "Buses", f"{len(buses)}, {len(found.dead)} of them without voltage", bool(found.dead)
    )
    yield Fact("Buses that nothing connects to the source", f"{lost}", lost > 0)
    yield Fact("Loops", f"{loops}", loops > 0)
    yield Fact("Elements on phases that nothing feeds", f"{phases}", phases > 0)
    yield Fact("Lines without ampacity", f"{unrated} of {len(circuit.lines)}", unrated > 0)
    yield Fact("Buses without coordinates", f"{len(buses) - placed} of {len(buses)}")


def _load(name: str, circuit: Circuit) -> Iterator[Fact]:
    head = LineSection.objects.filter(feeder__name=name, upstream__isnull=True).first()
    modelled = f"{circuit.load_w / 1000:,.0f} kW"
    if head is None or not head.peak_load_w:
        yield Fact("Modelled load", f"{modelled}; no measured peak to compare with")
        return
    share = circuit.load_w / head.peak_load_w
    words = f"{modelled}, {share:.0%} of the measured peak of {head.peak_load_w / 1000:,.0f} kW"
    yield Fact("Modelled load", words, not 0.5 < share < 2)
