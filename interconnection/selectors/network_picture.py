"""A circuit as a picture: the single line over distance, and the map of its buses."""

from collections.abc import Mapping
from dataclasses import dataclass

from interconnection.powerflow.circuit import Circuit, LineKind
from interconnection.powerflow.switching import parents_of

WIDTH, LEFT, RIGHT = 860.0, 44.0, 12.0  # as in the voltage profile: one stands above the other
HIGHEST, LANE, TOP = 260.0, 16.0, 14.0
MAP_WIDTH, MAP_HEIGHT, EDGE = 860.0, 480.0, 18.0
KNOWN_ENOUGH = 0.6


@dataclass(frozen=True, slots=True)
class Symbol:
    """A device on the line: `kind` is its drawing, `name` its tooltip."""

    kind: str
    x: float
    y: float
    name: str


@dataclass(frozen=True, slots=True)
class SingleLine:
    """`path` is SVG; x is distance, on the scale of the voltage profile below it."""

    path: str
    symbols: tuple[Symbol, ...]
    height: float
    label: str
    width: float = WIDTH


def single_line(circuit: Circuit, distances_m: Mapping[str, float]) -> SingleLine:
    """The tree from the source: the way that reaches furthest is straight."""
    parents = parents_of(circuit)
    lanes, count = lanes_of({bus: parent for bus, (parent, _) in parents.items()}, distances_m)
    furthest_m = max(distances_m.values(), default=0.0) or 1.0
    height = min(HIGHEST, 2 * TOP + LANE * max(count - 1, 1))
    step = (height - 2 * TOP) / max(count - 1, 1)

    def place(bus: str) -> tuple[float, float]:
        x = LEFT + distances_m.get(bus, 0.0) / furthest_m * (WIDTH - LEFT - RIGHT)
        return round(x, 1), round(TOP + lanes[bus] * step, 1)

    parts = []
    for bus, (parent, _) in parents.items():
        if parent:
            (x0, y0), (x1, y1) = place(parent), place(bus)
            if (x0, y0) != (x1, y1):
                parts.append(f"M{x0} {y0}V{y1}H{x1}")
    proposed = [i for i in circuit.inverters if i.is_proposed]
    words = ", ".join(dict.fromkeys(i.terminal.bus for i in proposed[:5]))
    return SingleLine(
        "".join(parts),
        tuple(
            Symbol(kind, *place(bus), name) for kind, bus, name in _devices(circuit) if bus in lanes
        ),
        height,
        f"Single line of {circuit.name}: {len(parents)} buses over {furthest_m / 1000:.1f} km"
        + (f"; the DER is at bus {words}." if words else "."),
    )


def _devices(circuit: Circuit) -> list[tuple[str, str, str]]:
    regulated = {control.transformer for control in circuit.regulators}
    found = [("source", circuit.source.bus, "Source")]
    found += [
        ("regulator", bank.windings[-1].terminal.bus, bank.name)
        for bank in circuit.transformers
        if bank.name in regulated
    ]
    found += [("capacitor", one.terminal.bus, one.name) for one in circuit.capacitors]
    found += [
        ("open" if line.is_open else "switch", line.receiving.bus, line.name)
        for line in circuit.lines
        if line.kind is not LineKind.LINE
    ]
    found += [
        ("proposed" if one.is_proposed else "der", one.terminal.bus, one.name)
        for one in circuit.inverters
    ]
    return found


def lanes_of(
    parent_of: Mapping[str, str], distances_m: Mapping[str, float]
) -> tuple[dict[str, float], int]:
    """One lane for each end of the tree; a bus lies on the lane of its longest way out."""
    children: dict[str, list[str]] = {}
    for bus, parent in parent_of.items():
        children.setdefault(parent, []).append(bus)
    order = list(parent_of)
    reach = {bus: distances_m.get(bus, 0.0) for bus in order}
    for bus in reversed(order):
        if parent_of[bus]:
            reach[parent_of[bus]] = max(reach[parent_of[bus]], reach[bus])
    lanes: dict[str, float] = {}
    count = 0
    waiting = [(bus, False) for bus in children.get("", [])]
    while waiting:
        bus, is_done = waiting.pop()
        below = children.get(bus, [])
        if is_done or not below:
            longest = max(below, key=lambda one: reach[one], default="")
            lanes[bus] = lanes[longest] if longest else float(count)
            count += not below
            continue
        waiting.append((bus, True))
        ordered = sorted(below, key=lambda one: reach[one])
        # The longest in the middle: side branches lie above and below it.
        arranged = [*ordered[0::2], *ordered[1::2][::-1]]
        waiting += [(one, False) for one in arranged]
    return lanes, count


def map_places(
    circuit: Circuit, distances_m: Mapping[str, float]
) -> dict[str, tuple[float, float]]:
    """Where each bus lies on the map: by coordinates where most have some, else by the tree."""
    parents = {bus: parent for bus, (parent, _) in parents_of(circuit).items()}
    known = {bus: (x, y) for bus, x, y in circuit.coordinates if bus in parents}
    if len(known) < KNOWN_ENOUGH * len(parents):
        lanes, _ = lanes_of(parents, distances_m)
        known = {bus: (distances_m.get(bus, 0.0), -lane) for bus, lane in lanes.items()}
    for bus, parent in parents.items():  # a bus without a place lies where it is fed from
        known.setdefault(bus, known.get(parent, next(iter(known.values()), (0.0, 0.0))))
    return fitted(known)


def fitted(known: Mapping[str, tuple[float, float]]) -> dict[str, tuple[float, float]]:
    xs, ys = [x for x, _ in known.values()], [y for _, y in known.values()]
    wide, high = (max(xs) - min(xs)) or 1.0, (max(ys) - min(ys)) or 1.0
    return {
        bus: (
            round(EDGE + (x - min(xs)) / wide * (MAP_WIDTH - 2 * EDGE), 1),
            round(EDGE + (max(ys) - y) / high * (MAP_HEIGHT - 2 * EDGE), 1),
        )
        for bus, (x, y) in known.items()
    }
