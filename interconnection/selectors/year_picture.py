"""The year of a study as a picture and a table: what the head delivers, and hours that matter."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isfinite

from interconnection.powerflow.results import NodeHours, Year
from interconnection.powerflow.task import StudyResult

WIDTH, HEIGHT = 860.0, 200.0
LEFT, RIGHT, TOP, BOTTOM = 64.0, 12.0, 10.0, 24.0
PLACES = 240
SHARES = (0.0, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1.0)
MOST_NODES = 6


@dataclass(frozen=True, slots=True)
class Mark:
    """A line of the scale with its word."""

    place: float
    word: str


@dataclass(frozen=True, slots=True)
class YearRow:
    """One figure of the year without and with the DER."""

    name: str
    without: str
    with_der: str


@dataclass(frozen=True, slots=True)
class DurationRow:
    """For what share of the hours the head delivers at least so much, in W."""

    hours: int
    without_w: float
    with_w: float


@dataclass(frozen=True, slots=True)
class YearView:
    """Both years side by side; paths are SVG, zero_y is where nothing flows."""

    rows: tuple[YearRow, ...]
    without: str
    with_der: str
    scale: tuple[Mark, ...]
    hours: tuple[Mark, ...]
    zero_y: float
    duration: tuple[DurationRow, ...]
    nodes: tuple[NodeHours, ...]
    label: str
    width: float = WIDTH
    height: float = HEIGHT
    left: float = LEFT
    right: float = WIDTH - RIGHT


def year_view(result: StudyResult) -> YearView | None:
    """None where the study had no year, or none of its hours was solved."""
    without, with_der = result.year_without, result.year_with
    if without is None or with_der is None:
        return None
    curves = [sorted(filter(isfinite, y.head_w), reverse=True) for y in (without, with_der)]
    if not all(curves):
        return None
    low, high = min(0.0, *(c[-1] for c in curves)), max(0.0, *(c[0] for c in curves))
    margin = 0.05 * ((high - low) or 1.0)
    low, high = low - margin, high + margin

    def y(power_w: float) -> float:
        return round(TOP + (high - power_w) / (high - low) * (HEIGHT - TOP - BOTTOM), 1)

    return YearView(
        rows=_rows(without, with_der),
        without=_path(curves[0], y),
        with_der=_path(curves[1], y),
        scale=tuple(Mark(y(w), _kilowatts(w)) for w in _round_marks(low, high)),
        hours=tuple(Mark(_x(share), f"{share * without.hours:,.0f} h")
                    for share in (0.0, 0.25, 0.5, 0.75, 1.0)),
        zero_y=y(0.0),
        duration=tuple(
            DurationRow(round(share * without.hours), _at(curves[0], share), _at(curves[1], share))
            for share in SHARES
        ),
        nodes=_worst(with_der),
        label=f"Duration curve of the head over {without.hours:,} hours: with the DER between "
        f"{_kilowatts(curves[1][-1])} and {_kilowatts(curves[1][0])}, without it between "
        f"{_kilowatts(curves[0][-1])} and {_kilowatts(curves[0][0])}.",
    )  # fmt: skip


def _rows(without: Year, with_der: Year) -> tuple[YearRow, ...]:
    def row(name: str, key: str, unit: str = "h") -> YearRow:
        return YearRow(name, *(_figure(getattr(y, key), unit) for y in (without, with_der)))

    return (
        row("Hours with a voltage outside its limits", "outside_hours"),
        row("Hours with an element above its rating", "overloaded_hours"),
        row("Hours of reverse flow at the head", "reverse_hours"),
        row("Regulator operations, in steps", "tap_steps", ""),
        row("Highest loading", "worst_loading_pct", "%"),
        row("Hours whose controls did not settle", "unsettled_hours"),
        row("Hours without a solution", "unsolved_hours"),
    )


def _figure(value: float | None, unit: str) -> str:
    if value is None:
        return "not counted"
    return f"{value:,.1f} %" if unit == "%" else f"{value:,} {unit}".strip()


def _x(share: float) -> float:
    return round(LEFT + share * (WIDTH - LEFT - RIGHT), 1)


def _at(curve: Sequence[float], share: float) -> float:
    return curve[min(len(curve) - 1, round(share * (len(curve) - 1)))]


def _path(curve: Sequence[float], y: Callable[[float], float]) -> str:
    places = [n / PLACES for n in range(PLACES + 1)]
    return "M" + "L".join(f"{_x(share)} {y(_at(curve, share))}" for share in places)


def _round_marks(low: float, high: float) -> list[float]:
    step = 10.0 ** len(str(int(high - low)))
    while (high - low) / step < 3:
        step /= 2
    first = int(low // step) + 1
    return [number * step for number in range(first, int(high // step) + 1)]


def _kilowatts(power_w: float) -> str:
    return f"{power_w / 1000:,.0f} kW"


def _worst(year: Year) -> tuple[NodeHours, ...]:
    outside = [node for node in year.nodes if node.hours_low + node.hours_high]
    outside.sort(key=lambda node: -(node.hours_low + node.hours_high))
    return tuple(outside[:MOST_NODES])
