"""What a planner looks at: feeders, their risk by hour, and the map of their capacity (IC-9)."""

from dataclasses import dataclass

from django.db.models import QuerySet

from interconnection.models import LineSection, NetworkVersion, Study
from interconnection.powerflow.circuit import Circuit
from interconnection.powerflow.profiles import load_shares, sun_shares
from interconnection.powerflow.results import Hosting
from interconnection.powerflow.switching import parents_of
from interconnection.powerflow.task import CapacityMap
from interconnection.selectors.network import FeederLoad, feeder_loads
from interconnection.selectors.network_picture import MAP_HEIGHT, MAP_WIDTH, map_places
from interconnection.selectors.studies import distances_of, share_at
from interconnection.statuses import StudyKind, StudyStatus

# Upper ends of the classes of the map, in W; what is above the last is the last class.
CLASSES_W = (100_000.0, 500_000.0, 1_000_000.0, 3_000_000.0)
CLASS_WORDS = ("below 100 kW", "100 to 500 kW", "0.5 to 1 MW", "1 to 3 MW", "3 MW and more")
HIGH_RISK_PCT, SOME_RISK_PCT = 100.0, 60.0
HOURS = range(24)


@dataclass(frozen=True, slots=True)
class HourRisk:
    """The least that a feeder's head delivers at this hour of the day, over the year.

    `generation_pct` is generation in % of load at the worst such hour.
    """

    hour: int
    least_w: float
    generation_pct: float

    @property
    def mark(self) -> str:
        if self.generation_pct > HIGH_RISK_PCT:
            return "fail"
        return "review" if self.generation_pct > SOME_RISK_PCT else "pass"


@dataclass(frozen=True, slots=True)
class FeederPlan:
    """One feeder: penetration in % of its capacity, and its risk by hour."""

    load: FeederLoad
    peak_w: int | None
    risks: tuple[HourRisk, ...]
    reverse_hours: int | None

    @property
    def worst(self) -> HourRisk | None:
        return min(self.risks, key=lambda risk: risk.least_w, default=None)


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


def feeder_plans() -> list[FeederPlan]:
    """Every feeder with what is connected and queued on it, hour by hour of a made-up year."""
    heads = {one.feeder_id: one for one in LineSection.objects.filter(upstream__isnull=True)}
    return [_plan(load, heads.get(load.feeder.pk)) for load in feeder_loads()]


def _plan(load: FeederLoad, head: LineSection | None) -> FeederPlan:
    peak_w = head.peak_load_w if head else None
    if not peak_w:
        return FeederPlan(load, None, (), None)
    sun_w = float(load.generation.active_power_w)
    loads = [peak_w * share for share in load_shares(share_at(head))]
    net = [used - sun_w * sun for used, sun in zip(loads, sun_shares(), strict=True)]
    risks = []
    for hour in HOURS:
        worst = min(range(hour, len(net), 24), key=lambda one: net[one])
        made_w = loads[worst] - net[worst]
        risks.append(HourRisk(hour, net[worst], 100 * made_w / loads[worst]))
    return FeederPlan(load, peak_w, tuple(risks), sum(one < 0 for one in net))


def model_names() -> list[str]:
    return list(NetworkVersion.objects.order_by("name").values_list("name", flat=True).distinct())


def planning_studies(name: str = "") -> "QuerySet[Study]":
    """Maps and what-ifs, newest first."""
    found = Study.objects.exclude(kind=StudyKind.APPLICATION).defer("task", "result")
    if name:
        found = found.filter(version__name=name)
    return found.select_related("version").order_by("-requested_at", "-pk")


def latest_map(name: str) -> Study | None:
    return (
        Study.objects.filter(kind=StudyKind.CAPACITY, status=StudyStatus.DONE, version__name=name)
        .select_related("version")
        .order_by("-requested_at", "-pk")
        .first()
    )


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
