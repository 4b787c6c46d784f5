"""A piecewise linear curve with the point of operation on it, laid out as an SVG (pure).

Lengths are units of the drawing's view box; `places` turns a pair of values into such lengths, so
that a live value moves the point without drawing anything anew.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

WIDTH, HEIGHT = 340, 222
LEFT, RIGHT, TOP, BOTTOM = 40, 330, 26, 182
MOST_TICKS = 6
Points = Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Axis:
    """A range of values along one side of the drawing."""

    label: str
    low: float
    high: float
    start: float
    end: float

    def place(self, value: float) -> float:
        """Where a value lies; one beyond an end stays at the end."""
        share = (min(self.high, max(self.low, value)) - self.low) / (self.high - self.low)
        return round(self.start + share * (self.end - self.start), 1)

    @property
    def ticks(self) -> list[tuple[float, str]]:
        step = _step(self.high - self.low)
        first, last = ceil(self.low / step - 1e-9), floor(self.high / step + 1e-9)
        return [
            (self.place(i * step), f"{round(i * step, 6):g}".replace("-", "\N{MINUS SIGN}"))
            for i in range(first, last + 1)
        ]


@dataclass(frozen=True, kw_only=True)
class CurvePicture:
    """Everything the template draws; `active` is what the device holds, `asked` what it should."""

    key: str
    title: str
    state: str
    is_on: bool
    x: Axis
    y: Axis
    active: str
    asked: str
    active_dots: list[tuple[float, float]]
    rows: list[tuple[str, str, str, str]]
    response: str = ""
    note: str = ""
    live: tuple[float, float] | None = None
    words: str = ""
    is_stale: bool = False

    width, height = WIDTH, HEIGHT
    left, right, top, bottom = LEFT, RIGHT, TOP, BOTTOM

    @property
    def zero_y(self) -> float | None:
        return self.y.place(0.0) if self.y.low < 0 < self.y.high else None

    def places(self, x: float, y: float) -> tuple[float, float]:
        return (self.x.place(x), self.y.place(y))


def axes_for(
    curves: Sequence[Points],
    *,
    x_label: str,
    y_label: str,
    x_range: tuple[float, float],
    y_range: tuple[float, float],
) -> tuple[Axis, Axis]:
    """Axes wide enough for the usual range and for every point of every curve."""
    xs = [x for points in curves for x, _ in points]
    ys = [y for points in curves for _, y in points]
    x_low, x_high = _with_room(xs, x_range)
    y_low, y_high = _with_room(ys, y_range)
    return Axis(x_label, x_low, x_high, LEFT, RIGHT), Axis(y_label, y_low, y_high, BOTTOM, TOP)


def path_of(points: Points, x: Axis, y: Axis) -> str:
    """The curve as path data; beyond its ends it goes on level, as IEEE 1547 has it."""
    if not points:
        return ""
    ordered = [(x.low, points[0][1]), *points, (x.high, points[-1][1])]
    places = [f"{x.place(px):g} {y.place(py):g}" for px, py in ordered]
    return "M" + "L".join(places)


def value_at(points: Points, at: float) -> float | None:
    """What the curve asks for at `at`; None for no curve."""
    if not points:
        return None
    xs = [x for x, _ in points]
    if at <= xs[0]:
        return points[0][1]
    if at >= xs[-1]:
        return points[-1][1]
    right = bisect_right(xs, at)
    (x0, y0), (x1, y1) = points[right - 1], points[right]
    return y0 if x1 == x0 else y0 + (y1 - y0) * (at - x0) / (x1 - x0)


def _with_room(values: Sequence[float], usual: tuple[float, float]) -> tuple[float, float]:
    low, high = min([*values, usual[0]]), max([*values, usual[1]])
    room = 0.04 * (high - low)
    return (low - (room if low < usual[0] else 0), high + (room if high > usual[1] else 0))


def _step(span: float) -> float:
    """1, 2 or 5 times a power of ten, for at most `MOST_TICKS` steps."""
    size = 10.0 ** floor(log10(span / MOST_TICKS))
    for factor in (1, 2, 5, 10):
        if span / (factor * size) <= MOST_TICKS:
            return factor * size
    return 10 * size
