"""What each point of a feeder could host, as a map and a table (IC-9)."""

from dataclasses import dataclass

from interconnection.powerflow.circuit import Circuit
from interconnection.powerflow.results import Hosting
from interconnection.powerflow.switching import parents_of
from interconnection.powerflow.task import CapacityMap
from interconnection.selectors.network_picture import MAP_HEIGHT, MAP_WIDTH, map_places
from interconnection.selectors.studies import distances_of

# Upper ends of the classes of the map, in W; what is above the last is the last class.
CLASSES_W = (100_000.0, 500_000.0, 1_000_000.0, 3_000_000.0)
CLASS_WORDS = ("below 100 kW", "100 to 500 kW", "0.5 to 1 MW", "1 to 3 MW", "3 MW and more")


@dataclass(frozen=True, slots=True)
class CapacityDot:
    """One bus of the map; `band` numbers its class from 0, worst."""

    x: float
    y: float
    band: int
    words: str


@dataclass(frozen=True, slots=True)
class CapacityPicture:
    """The map and the rows beside it, least capacity first."""

    path: str
    dots: tuple[CapacityDot, ...]
    rows: tuple[Hosting, ...]
    label: str
    legend: tuple[str, ...] = CLASS_WORDS
    width: float = MAP_WIDTH
    height: float = MAP_HEIGHT


def capacity_picture(circuit: Circuit, found: CapacityMap) -> CapacityPicture:
    places = map_places(circuit, distances_of(circuit))
    parts = []
    for bus, (parent, _) in parents_of(circuit).items():
        if parent and places[parent] != places[bus]:
            (x0, y0), (x1, y1) = places[parent], places[bus]
            parts.append(f"M{x0} {y0}L{x1} {y1}")
    dots = tuple(_dot(point, places) for point in found.points if point.bus in places)
    least = min(found.points, key=lambda point: point.capacity_w, default=None)
    most = max(found.points, key=lambda point: point.capacity_w, default=None)
    words = f"Capacity map of {circuit.name}, {len(found.points)} points"
    if least is not None and most is not None:
        words += (
            f": from {least.capacity_w / 1000:,.0f} kW at bus {least.bus}"
            f" to {most.capacity_w / 1000:,.0f} kW at bus {most.bus}"
        )
    rows = sorted(found.points, key=lambda point: (point.capacity_w, point.bus))
    return CapacityPicture("".join(parts), dots, tuple(rows), f"{words}.")


def _dot(point: Hosting, places: dict[str, tuple[float, float]]) -> CapacityDot:
    x, y = places[point.bus]
    band = sum(point.capacity_w >= bound for bound in CLASSES_W)
    return CapacityDot(
        x, y, band, f"{point.bus}: {point.capacity_w / 1000:,.0f} kW, {point.binding}"
    )
