"""From a circuit to what screens and pictures ask: buses, sections, service transformers. Pure.

Line sections begin at reclosers and breakers. A service transformer steps down below 1 kV; behind
one of one phase its secondary is on that phase, whatever its legs are numbered.
"""

from __future__ import annotations

from dataclasses import dataclass

from interconnection.powerflow.circuit import Circuit, Line, LineKind, Transformer
from interconnection.powerflow.facts import SQRT3
from interconnection.powerflow.layout import Place, place_buses
from interconnection.powerflow.network import (
    BusData,
    SectionData,
    SegmentData,
    SegmentKind,
    ServiceTransformer,
)

PRIMARY_FROM_V = 1_000
LETTERS = {1: "A", 2: "B", 3: "C"}
SECTIONALIZING = (LineKind.RECLOSER, LineKind.BREAKER)
HEAD = "S0"
KINDS = {
    LineKind.SWITCH: SegmentKind.SWITCH,
    LineKind.FUSE: SegmentKind.SWITCH,
    LineKind.RECLOSER: SegmentKind.RECLOSER,
    LineKind.BREAKER: SegmentKind.RECLOSER,
    LineKind.LINE: SegmentKind.LINE,
}


@dataclass(frozen=True, slots=True)
class NetworkTables:
    """What a circuit says to the tables; `rated_w` is None where no rating is known at its head."""

    nominal_voltage_v: int
    rated_w: int | None
    buses: tuple[BusData, ...]
    segments: tuple[SegmentData, ...]
    sections: tuple[SectionData, ...]
    service_transformers: tuple[ServiceTransformer, ...]


@dataclass(slots=True)
class _Walk:
    """The circuit from its source outwards, bus by bus."""

    phases: dict[str, str]
    voltage_v: dict[str, float]
    section: dict[str, str]
    segments: list[SegmentData]
    sections: list[SectionData]
    service: list[tuple[Transformer, str, str]]


def tables_of(circuit: Circuit) -> NetworkTables:
    walk = _walked(circuit)
    places = place_buses(circuit.source.bus, walk.segments)
    drawn = {name: (x, y) for name, x, y in circuit.coordinates}
    voltage_v = _nominal_v(circuit, walk)
    return NetworkTables(
        nominal_voltage_v=voltage_v,
        rated_w=_rated_w(circuit, walk, voltage_v),
        buses=tuple(_bus(name, walk, places, drawn) for name in walk.section),
        segments=tuple(walk.segments),
        sections=tuple(walk.sections),
        service_transformers=_service_transformers(circuit, walk),
    )


def _walked(circuit: Circuit) -> _Walk:
    source = circuit.source
    walk = _Walk(
        {source.bus: "ABC"}, {source.bus: source.voltage_v}, {source.bus: HEAD}, [],
        [SectionData(HEAD, "substation", None, None, None, None)], [],
    )  # fmt: skip
    near: dict[str, list[Line | Transformer]] = {}
    for line in circuit.lines:
        if not line.is_open:
            for end in (line.sending.bus, line.receiving.bus):
                near.setdefault(end, []).append(line)
    for bank in circuit.transformers:
        if not bank.is_open:
            for bus in dict.fromkeys(winding.terminal.bus for winding in bank.windings):
                near.setdefault(bus, []).append(bank)
    waiting = [source.bus]
    while waiting:
        here = waiting.pop(0)
        for element in near.get(here, ()):
            new = (
                _over_line(walk, here, element)
                if isinstance(element, Line)
                else _over_bank(walk, here, element)
            )
            waiting += new
    return walk


def _over_line(walk: _Walk, here: str, line: Line) -> list[str]:
    is_forward = line.sending.bus == here
    there = line.receiving.bus if is_forward else line.sending.bus
    if there in walk.section:
        _join_phases(walk, there, _letters(line.sending.nodes, walk.phases[here]))
        return []
    phases = _letters(line.sending.nodes, walk.phases[here])
    section = walk.section[here]
    if line.kind in SECTIONALIZING:
        section = f"S{len(walk.sections)}"
        walk.sections.append(SectionData(section, line.name, walk.section[here], None, None, None))
    walk.phases[there], walk.section[there] = phases, section
    walk.voltage_v[there] = walk.voltage_v[here]
    walk.segments.append(
        SegmentData(line.name, here, there, phases, line.length_m, KINDS[line.kind])
    )
    return [there]


def _over_bank(walk: _Walk, here: str, bank: Transformer) -> list[str]:
    nearest = next(winding for winding in bank.windings if winding.terminal.bus == here)
    phases = _letters(nearest.terminal.nodes, walk.phases[here])
    reached = []
    for bus in dict.fromkeys(winding.terminal.bus for winding in bank.windings):
        if bus == here:
            continue
        there = [winding for winding in bank.windings if winding.terminal.bus == bus]
        # Two windings on one bus are the legs of a centre tap; three phases count between phases.
        voltage_v = sum(winding.rated_voltage_v for winding in there)
        if bank.phases == 1 and len(there) == 1 and voltage_v >= PRIMARY_FROM_V:
            voltage_v *= SQRT3
        if bus in walk.section:
            _join_phases(walk, bus, phases)
            continue
        walk.phases[bus], walk.section[bus] = phases, walk.section[here]
        walk.voltage_v[bus] = voltage_v
        walk.segments.append(
            SegmentData(bank.name, here, bus, phases, 0.0, SegmentKind.TRANSFORMER)
        )
        reached.append(bus)
        if voltage_v < PRIMARY_FROM_V <= walk.voltage_v[here]:
            walk.service.append((bank, here, bus))
    return reached


def _join_phases(walk: _Walk, bus: str, phases: str) -> None:
    """Single-phase elements side by side between two buses make up its phases together."""
    walk.phases[bus] = "".join(sorted(set(walk.phases[bus]) | set(phases)))


def _letters(numbers: tuple[int, ...], upstream: str) -> str:
    """Phases of a terminal; behind a single-phase transformer the legs are all on its phase."""
    if len(upstream) == 1:
        return upstream
    return "".join(LETTERS[n] for n in sorted(set(numbers)) if n in LETTERS) or upstream


def _nominal_v(circuit: Circuit, walk: _Walk) -> int:
    """The voltage that most primary buses have."""
    primary = [v for v in walk.voltage_v.values() if v >= PRIMARY_FROM_V] or [
        circuit.source.voltage_v
    ]
    return _base(circuit, max(set(primary), key=primary.count))


def _base(circuit: Circuit, voltage_v: float) -> int:
    near = min(circuit.voltage_bases_v, key=lambda base: abs(base - voltage_v), default=voltage_v)
    return round(near if abs(near - voltage_v) < 0.02 * voltage_v else voltage_v)


def _rated_w(circuit: Circuit, walk: _Walk, voltage_v: int) -> int | None:
    """The transformer at the head, else the first line with an ampacity."""
    banks = [b for b in circuit.transformers if b.windings[0].terminal.bus == circuit.source.bus]
    if banks and banks[0].phases == 3:
        return round(banks[0].windings[0].rated_va)
    by_name = {line.name: line for line in circuit.lines}
    for segment in walk.segments:
        line = by_name.get(segment.name)
        if line is not None and line.ampacity_a and len(segment.phases) == 3:
            return round(line.ampacity_a * voltage_v * SQRT3)
    return None


def _bus(
    name: str, walk: _Walk, places: dict[str, Place], drawn: dict[str, tuple[float, float]]
) -> BusData:
    place = places[name]
    x, y = drawn.get(name, (place.x, place.y))
    return BusData(
        name, walk.phases[name], round(walk.voltage_v[name]), walk.section[name],
        place.distance_m, x, y,
    )  # fmt: skip


def _service_transformers(circuit: Circuit, walk: _Walk) -> tuple[ServiceTransformer, ...]:
    """With as many premises as loads hang on the buses behind each."""
    children: dict[str, list[str]] = {}
    for segment in walk.segments:
        children.setdefault(segment.from_bus, []).append(segment.to_bus)
    loads: dict[str, int] = {}
    for load in circuit.loads:
        loads[load.terminal.bus] = loads.get(load.terminal.bus, 0) + 1
    found = {}
    for bank, primary, secondary in walk.service:
        premises, waiting = 0, [secondary]
        while waiting:
            bus = waiting.pop()
            premises += loads.get(bus, 0)
            waiting += children.get(bus, [])
        found[bank.name] = ServiceTransformer(
            bank.name, primary, walk.phases[secondary], round(bank.windings[0].rated_va),
            round(walk.voltage_v[secondary]), max(1, premises),
        )  # fmt: skip
    return tuple(found.values())
