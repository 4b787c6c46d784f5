"""Pairs of figures on two logarithmic axes: those on the diagonal agree (pure)."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from derms.ui.formats import number

LEFT, TOP, SIDE, FOOT = 58.0, 10.0, 300.0, 34.0
WIDTH, HEIGHT = LEFT + 1.8 * SIDE + 12, TOP + SIDE + FOOT
SMALLEST = 1.0


@dataclass(frozen=True, slots=True)
class Pair:
    """One point before it is drawn; `words` is what a pointer or a reader hears."""

    across: float
    up: float
    words: str


@dataclass(frozen=True, slots=True)
class Mark:
    """One point as drawn: a triangle that points to the larger side."""

    x: float
    y: float
    is_more: bool
    words: str


@dataclass(frozen=True, slots=True)
class Tick:
    """A decade on an axis."""

    place: float
    label: str


@dataclass(frozen=True, slots=True)
class Scatter:
    """Everything the template draws, in the units of its view box."""

    marks: tuple[Mark, ...]
    across_ticks: tuple[Tick, ...]
    up_ticks: tuple[Tick, ...]
    diagonal: tuple[float, float, float, float]
    more: int
    less: int
    left: float = LEFT
    top: float = TOP
    right: float = WIDTH - 12
    foot: float = TOP + SIDE
    width: float = WIDTH
    height: float = HEIGHT


def draw(pairs: Iterable[Pair]) -> Scatter | None:
    """None when there is nothing that a logarithm can show."""
    shown = [pair for pair in pairs if pair.across >= SMALLEST and pair.up >= SMALLEST]
    if not shown:
        return None
    figures = [figure for pair in shown for figure in (pair.across, pair.up)]
    low, high = math.floor(math.log10(min(figures))), math.ceil(math.log10(max(figures)))
    high = max(high, low + 1)

    def x(figure: float) -> float:
        return round(LEFT + (math.log10(figure) - low) / (high - low) * 1.8 * SIDE, 1)

    def y(figure: float) -> float:
        return round(TOP + SIDE - (math.log10(figure) - low) / (high - low) * SIDE, 1)

    marks = tuple(
        Mark(x(pair.across), y(pair.up), pair.up > pair.across, pair.words) for pair in shown
    )
    decades = [10.0**power for power in range(low, high + 1)]
    return Scatter(
        marks=marks,
        across_ticks=tuple(Tick(x(decade), _decade(decade)) for decade in decades),
        up_ticks=tuple(Tick(y(decade), _decade(decade)) for decade in decades),
        diagonal=(x(decades[0]), y(decades[0]), x(decades[-1]), y(decades[-1])),
        more=sum(mark.is_more for mark in marks),
        less=sum(not mark.is_more for mark in marks),
    )


def _decade(figure: float) -> str:
    for factor, prefix in ((1e6, "M"), (1e3, "k")):
        if figure >= factor:
            return f"{number(figure / factor)}{prefix}"
    return number(figure)
