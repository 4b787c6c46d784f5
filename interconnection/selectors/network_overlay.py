"""Two versions of a feeder in one picture: what came, what went, what changed (IC-2)."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from interconnection.powerflow.changes import Changes
from interconnection.powerflow.circuit import Circuit
from interconnection.powerflow.switching import parents_of
from interconnection.selectors.network_picture import (
    KNOWN_ENOUGH,
    MAP_HEIGHT,
    MAP_WIDTH,
    fitted,
    lanes_of,
)
from interconnection.selectors.studies import distances_of

# In the order in which they are drawn: what matters lies on top.
SAME, OPEN, REMOVED, CHANGED, ADDED = "same", "open", "removed", "changed", "added"
KINDS = (SAME, OPEN, REMOVED, CHANGED, ADDED)
MOST_DEAD = 500


@dataclass(frozen=True, slots=True)
class Strand:
    """All branches of one kind as one SVG path."""

    kind: str
    path: str
    count: int


@dataclass(frozen=True, slots=True)
class Spot:
    """One bus, or an element at it, that deserves a mark."""

    kind: str
    x: float
    y: float
    name: str


@dataclass(frozen=True, slots=True)
class Overlay:
    """The picture; `label` says it in one sentence."""

    strands: tuple[Strand, ...]
    spots: tuple[Spot, ...]
    label: str
    is_map: bool
    width: float = MAP_WIDTH
    height: float = MAP_HEIGHT


def overlay(
    old: Circuit | None, new: Circuit, changes: tuple[Changes, ...], dead: tuple[str, ...]
) -> Overlay:
    """The new circuit with what it lacks of the old one, each branch by what became of it."""
    both = _both(old, new)
    places, is_map = _places(both)
    kind_of = _kinds(changes)
    parts: dict[str, list[str]] = {kind: [] for kind in KINDS}
    for kind, name, one, other, is_open in _branches(both):
        if one in places and other in places and places[one] != places[other]:
            (x0, y0), (x1, y1) = places[one], places[other]
            seen = kind_of.get((kind, name), OPEN if is_open else SAME)
            parts[seen].append(f"M{x0} {y0}L{x1} {y1}")
    counts = {kind: len(parts[kind]) for kind in KINDS}
    words = ", ".join(f"{counts[kind]} {kind}" for kind in (ADDED, REMOVED, CHANGED))
    return Overlay(
        tuple(Strand(kind, "".join(parts[kind]), counts[kind]) for kind in KINDS if parts[kind]),
        tuple(_spots(both, places, kind_of, dead)),
        f"{'Map' if is_map else 'Drawing'} of {new.name}: of its lines and transformers {words}; "
        f"{len(dead)} buses without voltage.",
        is_map,
    )


def _both(old: Circuit | None, new: Circuit) -> Circuit:
    """The new one, and what only the old one has."""
    if old is None:
        return new
    lines, banks = {one.name for one in new.lines}, {one.name for one in new.transformers}
    known = {bus for bus, _, _ in new.coordinates}
    return replace(
        new,
        lines=(*new.lines, *(one for one in old.lines if one.name not in lines)),
        transformers=(
            *new.transformers, *(one for one in old.transformers if one.name not in banks),
        ),
        coordinates=(*new.coordinates, *(one for one in old.coordinates if one[0] not in known)),
    )  # fmt: skip


def _kinds(changes: tuple[Changes, ...]) -> dict[tuple[str, str], str]:
    """What became of each element that is not as it was; nothing where all of it is new."""
    found: dict[tuple[str, str], str] = {}
    for one in changes:
        found |= {(one.kind, name): ADDED for name in one.added}
        found |= {(one.kind, name): REMOVED for name in one.removed}
        found |= {(one.kind, changed.name): CHANGED for changed in one.changed}
    return found


def _branches(circuit: Circuit) -> Iterator[tuple[str, str, str, str, bool]]:
    for line in circuit.lines:
        yield "lines", line.name, line.sending.bus, line.receiving.bus, line.is_open
    for bank in circuit.transformers:
        first, *others = (winding.terminal.bus for winding in bank.windings)
        for other in dict.fromkeys(others):
            yield "transformers", bank.name, first, other, bank.is_open


def _spots(
    circuit: Circuit,
    places: dict[str, tuple[float, float]],
    kind_of: dict[tuple[str, str], str],
    dead: tuple[str, ...],
) -> Iterator[Spot]:
    for bus in dead[:MOST_DEAD]:
        if bus in places:
            yield Spot("dead", *places[bus], f"{bus}: no voltage")
    hung = [("loads", one.name, one.terminal.bus) for one in circuit.loads]
    hung += [("inverters", one.name, one.terminal.bus) for one in circuit.inverters]
    hung += [("capacitors", one.name, one.terminal.bus) for one in circuit.capacitors]
    for kind, name, bus in hung:
        if (kind, name) in kind_of and bus in places:
            yield Spot(kind_of[kind, name], *places[bus], f"{kind[:-1]} {name}")
    if circuit.source.bus in places:
        yield Spot("source", *places[circuit.source.bus], "Source")


def _places(circuit: Circuit) -> tuple[dict[str, tuple[float, float]], bool]:
    """Of every bus, islands too; whether they are where the file says."""
    parents = {bus: parent for bus, (parent, _) in parents_of(circuit).items()}
    _hang_islands(circuit, parents)
    known = {bus: (x, y) for bus, x, y in circuit.coordinates if bus in parents}
    is_map = bool(known) and len(known) >= KNOWN_ENOUGH * len(parents)
    if not is_map:
        distances_m = distances_of(circuit)
        lanes, _ = lanes_of(parents, distances_m)
        known = {bus: (distances_m.get(bus, 0.0), -lane) for bus, lane in lanes.items()}
    for bus, parent in parents.items():  # a bus without a place lies where it is fed from
        known.setdefault(bus, known.get(parent, next(iter(known.values()), (0.0, 0.0))))
    return fitted(known), is_map


def _hang_islands(circuit: Circuit, parents: dict[str, str]) -> None:
    """Each part that nothing feeds begins at its first bus, as if that were a source."""
    near: dict[str, list[str]] = {}
    for _, _, one, other, is_open in _branches(circuit):
        if not is_open:
            near.setdefault(one, []).append(other)
            near.setdefault(other, []).append(one)
    for bus in circuit.buses:
        if bus in parents:
            continue
        parents[bus] = ""
        waiting = [bus]
        while waiting:
            here = waiting.pop()
            for other in near.get(here, ()):
                if other not in parents:
                    parents[other] = here
                    waiting.append(other)
