"""A radial feeder as a picture: buses on lanes, and their voltages at the same x below (pure).

Drawing units are about 0.72 screen pixels on the console. The trunk, the longest way from the
source, lies on lane 0; each branch takes the nearest free lane above or below.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

WIDTH = 930.0
LEFT = 150.0
RIGHT = 846.0
LANE_HEIGHT = 57.0
STUB = 24.0
END_GAP = 12.0
TOP = 36.0
PROFILE_HEIGHT = 98.0
PROFILE_GAP = 34.0


@dataclass(frozen=True, kw_only=True)
class BusFact:
    """What is known of one bus. Voltages are measured by the DER on it, in per unit."""

    name: str
    upstream: str | None
    distance_m: float
    phases: str = "ABC"
    pv: int = 0
    batteries: int = 0
    output_w: float | None = None
    volts_pu: tuple[float, float, float] | None = None  # lowest, mean, highest
    is_selected: bool = False  # a member of the selected group is here
    is_stale: bool = False


class Point(NamedTuple):
    """A place in drawing units."""

    x: float
    y: float


@dataclass(frozen=True, kw_only=True)
class BusMark:
    """A bus and its DER, placed."""

    fact: BusFact
    at: Point
    lane: int
    glyph: Point | None
    volts_y: float | None
    volts_low_y: float | None
    volts_high_y: float | None
    state: str  # "", high, low

    @property
    def is_up(self) -> bool:
        return self.glyph is not None and self.glyph.y < self.at.y

    @property
    def name_at(self) -> Point:
        """The bus name stands right of the bus, on the side without DER."""
        return Point(self.at.x + 7, self.at.y + (18 if self.is_up else -8))

    @property
    def value_x(self) -> float:
        """Right of the glyphs, of which there are one or two."""
        return 25.0 if self.fact.pv and self.fact.batteries else 14.0

    @property
    def ders(self) -> int:
        return self.fact.pv + self.fact.batteries

    @property
    def words(self) -> str:
        counts = [(self.fact.pv, "PV"), (self.fact.batteries, "battery")]
        kinds = " and ".join(f"{count} {kind}" for count, kind in counts if count)
        return f"Bus {self.fact.name}: {kinds}"

    @property
    def high_text(self) -> str:
        return "" if self.fact.volts_pu is None else f"{self.fact.volts_pu[2]:.3f}"


@dataclass(frozen=True, kw_only=True)
class Callout:
    """The box that names the worst bus."""

    text: str
    x: float
    y: float
    width: float

    @property
    def text_x(self) -> float:
        return self.x + self.width / 2

    @property
    def text_y(self) -> float:
        return self.y + 18


@dataclass(frozen=True, kw_only=True)
class FeederPicture:
    """Everything the drawing needs; heights follow from the lanes used."""

    name: str
    headline: str
    source: str  # "Substation S1, 4.16 kV"
    marks: Sequence[BusMark]
    lines: Sequence[str]  # SVG path data
    trunk: str
    trunk_y: float
    height: float
    profile: str
    profile_top: float
    profile_bottom: float
    high_limit_pu: float
    low_limit_pu: float
    high_limit_y: float
    low_limit_y: float

    @property
    def has_volts(self) -> bool:
        return any(mark.volts_y is not None for mark in self.marks)

    @property
    def worst(self) -> BusMark | None:
        """The bus furthest beyond a limit, if any is beyond."""
        outside = [mark for mark in self.marks if mark.state]
        return max(outside, key=self._excess_pu, default=None)

    @property
    def callout(self) -> Callout | None:
        mark = self.worst
        if mark is None or mark.fact.volts_pu is None:
            return None
        low, _, high = mark.fact.volts_pu
        volts_pu = high if mark.state == "high" else low
        text = f"{mark.fact.name}: {volts_pu:.3f} pu"
        width = 9.0 * len(text) + 14
        end = mark.glyph or mark.at
        x = min(max(end.x - width / 2, 4.0), WIDTH - 4 - width)
        y = end.y - 40 if end.y <= mark.at.y else end.y + 15
        return Callout(text=text, x=round(x, 1), y=y, width=width)

    @property
    def right(self) -> float:
        return RIGHT + 14

    @property
    def profile_width(self) -> float:
        return self.right - LEFT

    @property
    def band_height(self) -> float:
        return self.low_limit_y - self.high_limit_y

    @property
    def bar_top(self) -> float:
        return self.trunk_y - 42

    @property
    def source_y(self) -> float:
        return self.trunk_y - 52

    @property
    def breaker_y(self) -> float:
        return self.trunk_y - 7.5

    @property
    def middle_y(self) -> float:
        return (self.profile_top + self.profile_bottom) / 2

    def _excess_pu(self, mark: BusMark) -> float:
        low, _, high = mark.fact.volts_pu or (1.0, 1.0, 1.0)
        return max(high - self.high_limit_pu, self.low_limit_pu - low)


def draw(
    buses: Sequence[BusFact],
    *,
    name: str,
    headline: str,
    source: str,
    low_limit_pu: float = 0.95,
    high_limit_pu: float = 1.05,
) -> FeederPicture:
    """Place every bus; `buses` hold exactly one without upstream, the source."""
    facts = {bus.name: bus for bus in buses}
    children = _children(buses)
    root = next(bus.name for bus in buses if bus.upstream is None)
    xs = _xs(facts, children, root)
    branches = _branches(children, root, xs)
    lanes = _lanes(branches, xs, facts)
    above = max(0, -min(lanes.values(), default=0))
    below = max(0, max(lanes.values(), default=0))
    trunk_y = TOP + STUB + above * LANE_HEIGHT
    ys = {bus: trunk_y + lane * LANE_HEIGHT for bus, lane in lanes.items()}
    top = trunk_y + below * LANE_HEIGHT + STUB + PROFILE_GAP
    volts = _VoltAxis(buses, top=top, low_limit_pu=low_limit_pu, high_limit_pu=high_limit_pu)
    marks = [_mark(facts[bus], Point(xs[bus], ys[bus]), lanes, children, volts) for bus in xs]
    trunk = branches[0]
    return FeederPicture(
        name=name,
        headline=headline,
        source=source,
        marks=marks,
        lines=[_path(branch, xs, ys) for branch in branches[1:]],
        trunk=f"M{LEFT - 30:g} {trunk_y:g}H{xs[trunk[-1]]:g}",
        trunk_y=trunk_y,
        height=top + PROFILE_HEIGHT + 14,
        profile=volts.line([facts[bus] for bus in trunk], xs),
        profile_top=top,
        profile_bottom=top + PROFILE_HEIGHT,
        high_limit_pu=high_limit_pu,
        low_limit_pu=low_limit_pu,
        high_limit_y=volts.y(high_limit_pu),
        low_limit_y=volts.y(low_limit_pu),
    )


def _children(buses: Sequence[BusFact]) -> dict[str, list[str]]:
    children: dict[str, list[str]] = defaultdict(list)
    for bus in sorted(buses, key=lambda one: (one.distance_m, one.name)):
        if bus.upstream is not None:
            children[bus.upstream].append(bus.name)
    return children


def _xs(
    facts: Mapping[str, BusFact], children: Mapping[str, Sequence[str]], root: str
) -> dict[str, float]:
    """By distance, but never closer to the bus upstream than a readable gap."""
    order = _downstream_order(children, root)
    depth = {root: 0}
    for bus in order[1:]:
        depth[bus] = depth[facts[bus].upstream or root] + 1
    gap = 0.6 * (RIGHT - LEFT) / max(1, *depth.values())
    farthest_m = max(facts[bus].distance_m for bus in order) or 1.0
    places = {root: 0.0}
    for bus in order[1:]:
        by_distance = (RIGHT - LEFT) * facts[bus].distance_m / farthest_m
        places[bus] = max(by_distance, places[facts[bus].upstream or root] + gap)
    _spread_ends(places, children)
    stretch = (RIGHT - LEFT) / (max(places.values()) or 1.0)
    return {bus: round(LEFT + place * stretch, 1) for bus, place in places.items()}


def _spread_ends(places: dict[str, float], children: Mapping[str, Sequence[str]]) -> None:
    """Ends of branches at one distance would hide each other in the profile."""
    ends = sorted((place, bus) for bus, place in places.items() if not children.get(bus))
    previous = float("-inf")
    for place, bus in ends:
        places[bus] = max(place, previous + END_GAP)
        previous = places[bus]


def _downstream_order(children: Mapping[str, Sequence[str]], root: str) -> list[str]:
    order, waiting = [], [root]
    while waiting:
        bus = waiting.pop(0)
        order.append(bus)
        waiting.extend(children.get(bus, ()))
    return order


def _branches(
    children: Mapping[str, Sequence[str]], root: str, xs: Mapping[str, float]
) -> list[list[str]]:
    """Ways through the tree: first the trunk, then each branch beginning at the bus it leaves."""
    reach: dict[str, float] = {}
    for bus in reversed(_downstream_order(children, root)):
        reach[bus] = max([xs[bus], *(reach[child] for child in children.get(bus, ()))])
    branches: list[list[str]] = []
    starts: list[list[str]] = [[root]]
    while starts:
        way = starts.pop(0)
        while following := children.get(way[-1], ()):
            onward = max(following, key=lambda child: reach[child])
            starts.extend([way[-1], child] for child in following if child != onward)
            way.append(onward)
        branches.append(way)
    return branches


def _lanes(
    branches: Sequence[Sequence[str]], xs: Mapping[str, float], facts: Mapping[str, BusFact]
) -> dict[str, int]:
    lanes = dict.fromkeys(branches[0], 0)
    taken: dict[int, list[tuple[float, float]]] = defaultdict(list)
    prefer_up = True
    for branch in branches[1:]:
        home = lanes[branch[0]]
        span = (xs[branch[0]] - 4, xs[branch[-1]] + 84)
        lane = _free_lane(home, span, taken, prefer_up=prefer_up)
        prefer_up = not prefer_up
        taken[lane].append(span)
        lanes.update(dict.fromkeys(branch[1:], lane))
    return {bus: lanes[bus] for bus in facts if bus in lanes}


def _free_lane(
    home: int,
    span: tuple[float, float],
    taken: Mapping[int, Sequence[tuple[float, float]]],
    *,
    prefer_up: bool,
) -> int:
    step = 1
    while True:
        if home == 0:
            candidates = (-step, step) if prefer_up else (step, -step)
        else:
            candidates = (home + step, home + step) if home > 0 else (home - step, home - step)
        for lane in candidates:
            if all(span[1] <= used[0] or span[0] >= used[1] for used in taken.get(lane, ())):
                return lane
        step += 1


def _path(branch: Sequence[str], xs: Mapping[str, float], ys: Mapping[str, float]) -> str:
    start, first, last = branch[0], branch[1], branch[-1]
    return f"M{xs[start]:g} {ys[start]:g}V{ys[first]:g}H{xs[last]:g}"


def _mark(
    fact: BusFact,
    at: Point,
    lanes: Mapping[str, int],
    children: Mapping[str, Sequence[str]],
    volts: "_VoltAxis",
) -> BusMark:
    lane = lanes[fact.name]
    low, mean, high = fact.volts_pu or (None, None, None)
    return BusMark(
        fact=fact,
        at=at,
        lane=lane,
        glyph=_glyph(fact, at, lane, [lanes[child] for child in children.get(fact.name, ())]),
        volts_y=None if mean is None else volts.y(mean),
        volts_low_y=None if low is None else volts.y(low),
        volts_high_y=None if high is None else volts.y(high),
        state=volts.state(fact),
    )


def _glyph(fact: BusFact, at: Point, lane: int, child_lanes: Sequence[int]) -> Point | None:
    """Beside the bus, on the side no branch leaves by."""
    if not fact.pv and not fact.batteries:
        return None
    goes_up = any(child < lane for child in child_lanes)
    goes_down = any(child > lane for child in child_lanes)
    is_up = lane < 0 or (lane == 0 and not goes_up)
    half = 24.0 if fact.pv and fact.batteries else 14.0
    aside = half if (goes_up if is_up else goes_down) else 0.0
    return Point(at.x + aside, at.y + (-STUB if is_up else STUB))


class _VoltAxis:
    """The vertical scale of the profile; it always holds both limits and every measurement."""

    def __init__(
        self,
        buses: Sequence[BusFact],
        *,
        top: float,
        low_limit_pu: float,
        high_limit_pu: float,
    ) -> None:
        measured = [volt for bus in buses for volt in bus.volts_pu or ()]
        self._low = min([low_limit_pu, *measured]) - 0.01
        self._high = max([high_limit_pu, *measured]) + 0.01
        self._top = top
        self._limits = (low_limit_pu, high_limit_pu)

    def y(self, volts_pu: float) -> float:
        share = (self._high - volts_pu) / (self._high - self._low)
        return round(self._top + share * PROFILE_HEIGHT, 1)

    def state(self, fact: BusFact) -> str:
        if fact.volts_pu is None:
            return ""
        if fact.volts_pu[2] > self._limits[1]:
            return "high"
        return "low" if fact.volts_pu[0] < self._limits[0] else ""

    def line(self, trunk: Sequence[BusFact], xs: Mapping[str, float]) -> str:
        """The means along the trunk, joined; empty with fewer than two."""
        points = [(xs[bus.name], self.y(bus.volts_pu[1])) for bus in trunk if bus.volts_pu]
        return "M" + "L".join(f"{x:g} {y:g}" for x, y in points) if len(points) > 1 else ""
