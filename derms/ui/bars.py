"""Columns with limit lines, as places in a picture of 0 to 100."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Bar:
    """One column: where it stands and how high it is, in percent of the picture."""

    at: datetime
    value: float
    x_pct: float
    width_pct: float
    height_pct: float

    @property
    def top_pct(self) -> float:
        return 100 - self.height_pct


@dataclass(frozen=True)
class Line:
    """A limit and its height from the top, in percent."""

    value: float
    top_pct: float


@dataclass(frozen=True)
class Bars:
    """The whole picture; `highest` is the value at the upper edge."""

    columns: tuple[Bar, ...]
    lines: tuple[Line, ...]
    highest: float


def bars_of(values: Sequence[tuple[datetime, float]], *, limits: Sequence[float]) -> Bars:
    """The scale reaches a little above the highest value and always above every limit."""
    highest = 1.15 * max([*(value for _, value in values), *limits])
    step = 100 / len(values) if values else 100.0
    return Bars(
        tuple(
            Bar(at, value, place * step + 0.1 * step, 0.8 * step, 100 * value / highest)
            for place, (at, value) in enumerate(values)
        ),
        tuple(Line(limit, 100 - 100 * limit / highest) for limit in limits),
        highest,
    )
