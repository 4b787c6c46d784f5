"""A statement's days as columns: what was used at home and fed in above, taken below (CS-10)."""

from collections.abc import Sequence
from dataclasses import dataclass

from dispatch.statements import Content, Day

HEIGHT = 200.0
GAP_SHARE = 0.15
# A day of which more than this was not heard is marked.
MARKED_S = 900.0


@dataclass(frozen=True, slots=True)
class Box:
    """A part of a column: `kind` is own, fed, made, taken or missing."""

    kind: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Picture:
    """A drawing 1000 wide and 200 high; `zero` is the height of the axis from the top."""

    boxes: tuple[Box, ...]
    zero: float
    highest_wh: float
    lowest_wh: float


def picture_of(content: Content) -> Picture | None:
    """None when there is nothing to draw."""
    days = content.days
    up = max(
        max((day.produced_wh or 0.0) + (day.discharged_wh or 0.0), day.exported_wh or 0.0)
        for day in days
    )
    down = max((day.imported_wh or 0.0) for day in days)
    if not up and not down:
        return None
    scale = HEIGHT / (up + down)
    step = 1000 / len(days)
    boxes: list[Box] = []
    for place, day in enumerate(days):
        x, width = place * step + GAP_SHARE * step / 2, (1 - GAP_SHARE) * step
        boxes += _column(day, x, width, scale, up)
    return Picture(tuple(boxes), up * scale, up, down)


def _column(day: Day, x: float, width: float, scale: float, up: float) -> Sequence[Box]:
    zero = up * scale
    if day.exported_wh is None:
        parts = [("made", day.produced_wh or 0.0)]
    else:
        parts = [("own", day.self_used_wh or 0.0), ("fed", day.exported_wh)]
    boxes, top = [], zero
    for kind, energy_wh in parts:
        top -= energy_wh * scale
        boxes.append(Box(kind, x, top, width, energy_wh * scale))
    if day.imported_wh:
        boxes.append(Box("taken", x, zero, width, day.imported_wh * scale))
    if day.missing_s > MARKED_S:
        boxes.append(Box("missing", x, HEIGHT - 6, width, 6))
    return boxes
