"""A study's result as pictures: voltage along the feeder, and what is loaded most (IC-4)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from interconnection.powerflow.criteria import Criterion, Verdict
from interconnection.powerflow.results import NodeVoltage, Snapshot
from interconnection.powerflow.task import Scenario, StudyResult

WIDTH, HEIGHT = 860.0, 220.0
LEFT, RIGHT, TOP, BOTTOM = 44.0, 12.0, 10.0, 24.0
# Beyond this many places along the feeder dots hide one another: extremes of each are kept.
PLACES = 160
LOWEST_PU, HIGHEST_PU = 0.94, 1.06
MOST_BARS = 8
MARKS = {
    Verdict.PASS: ("pass", "Pass"),
    Verdict.FAIL: ("fail", "Fail"),
    Verdict.PRE_EXISTING: ("review", "Was so before"),
    Verdict.INCONCLUSIVE: ("review", "Cannot be decided"),
}


@dataclass(frozen=True, slots=True)
class Dot:
    """One conductor of a bus, placed."""

    x: float
    y: float
    phase: str


@dataclass(frozen=True, slots=True)
class Tick:
    """A line of the scale with its word."""

    place: float
    word: str


@dataclass(frozen=True, slots=True)
class Profile:
    """Voltage over distance; `label` says the picture in one sentence."""

    moment: str
    without: tuple[Dot, ...]
    with_der: tuple[Dot, ...]
    volts: tuple[Tick, ...]
    metres: tuple[Tick, ...]
    limits_y: tuple[float, ...]
    label: str
    width: float = WIDTH
    height: float = HEIGHT
    left: float = LEFT
    right: float = WIDTH - RIGHT
    bottom: float = HEIGHT - BOTTOM


@dataclass(frozen=True, slots=True)
class Row:
    """One criterion with how it is marked."""

    criterion: Criterion
    mark: str
    word: str


@dataclass(frozen=True, slots=True)
class LoadingBar:
    """One of the most loaded elements, without and with the DER, in % of its rating."""

    name: str
    without_pct: float
    with_pct: float


@dataclass(frozen=True, slots=True)
class ScenarioView:
    """One scenario as a page shows it."""

    scenario: Scenario
    rows: tuple[Row, ...]
    profile: Profile | None
    bars: tuple[LoadingBar, ...]
    title: str


def scenario_views(
    result: StudyResult, distances_m: Mapping[str, float], limits_pu: tuple[float, float]
) -> list[ScenarioView]:
    """In the order in which they were studied."""
    return [
        ScenarioView(
            scenario,
            tuple(Row(c, *MARKS[c.verdict]) for c in scenario.criteria),
            _profile(scenario, distances_m, limits_pu),
            _bars(scenario),
            f"{prefix}{scenario.moment}, {scenario.mode}",
        )
        for prefix, scenarios in (
            ("", result.scenarios), ("Fed from the alternate side: ", result.contingency),
        )
        for scenario in scenarios
    ]  # fmt: skip


def _profile(
    scenario: Scenario, distances_m: Mapping[str, float], limits_pu: tuple[float, float]
) -> Profile | None:
    if not (scenario.without.is_solved and scenario.with_der.is_solved):
        return None
    volts = [v.voltage_pu for s in (scenario.without, scenario.with_der) for v in _three(s)]
    low, high = min(LOWEST_PU, *volts) - 0.002, max(HIGHEST_PU, *volts) + 0.002
    furthest_m = max(distances_m.values(), default=0.0) or 1.0

    def place(voltage: NodeVoltage) -> Dot:
        x = LEFT + distances_m.get(voltage.bus, 0.0) / furthest_m * (WIDTH - LEFT - RIGHT)
        return Dot(round(x, 1), _y(voltage.voltage_pu, low, high), "?ABC"[voltage.node])

    found = [v.voltage_pu for v in _three(scenario.with_der)]
    return Profile(
        moment=scenario.moment,
        without=_thinned(place(v) for v in _three(scenario.without)),
        with_der=_thinned(place(v) for v in _three(scenario.with_der)),
        volts=tuple(
            Tick(_y(pu / 100, low, high), f"{pu / 100:.2f}")
            for pu in range(round(low * 100) + 1, round(high * 100) + 1, 2)
        ),
        metres=tuple(
            Tick(
                round(LEFT + share * (WIDTH - LEFT - RIGHT), 1), f"{share * furthest_m / 1000:.1f}"
            )
            for share in (0.0, 0.25, 0.5, 0.75, 1.0)
        ),
        limits_y=tuple(_y(pu, low, high) for pu in limits_pu),
        label=f"{scenario.moment}: with the DER voltages lie between {min(found):.3f} and "
        f"{max(found):.3f} pu along {furthest_m / 1000:.1f} km.",
    )


def _y(voltage_pu: float, low: float, high: float) -> float:
    return round(TOP + (high - voltage_pu) / (high - low) * (HEIGHT - TOP - BOTTOM), 1)


def _three(snapshot: Snapshot) -> list[NodeVoltage]:
    return [v for v in snapshot.voltages if v.node in {1, 2, 3} and v.voltage_pu > 0.1]


def _thinned(dots: Iterable[Dot]) -> tuple[Dot, ...]:
    """At most the highest and the lowest of each phase at each place."""
    wide = (WIDTH - LEFT - RIGHT) / PLACES
    extremes: dict[tuple[int, str], tuple[Dot, Dot]] = {}
    for dot in dots:
        key = (int((dot.x - LEFT) / wide), dot.phase)
        lowest, highest = extremes.get(key, (dot, dot))
        extremes[key] = (max(lowest, dot, key=_height), min(highest, dot, key=_height))
    return tuple(dict.fromkeys(dot for pair in extremes.values() for dot in pair))


def _height(dot: Dot) -> float:
    return dot.y


def _bars(scenario: Scenario) -> tuple[LoadingBar, ...]:
    before = {(x.kind, x.name): x.loading_pct for x in scenario.without.loadings}
    known = [x for x in scenario.with_der.loadings if x.loading_pct is not None]
    known.sort(key=lambda x: -max(x.loading_pct or 0, before.get((x.kind, x.name)) or 0))
    return tuple(
        LoadingBar(x.name, before.get((x.kind, x.name)) or 0.0, x.loading_pct or 0.0)
        for x in known[:MOST_BARS]
    )
