"""From quarters of an hour to a day that can be compared."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple

from devices.maintenance.facts import Mask, OutputDay
from devices.maintenance.sun import QUARTER, Sky, middle_h

HEARD_SHARE = 0.8
# A day counts when this share of its clear-sky energy lies in quarters that count.
COUNTED_SHARE = 0.5
# A polar or a very short winter day says nothing.
LEAST_SUN_H = 0.4
Span = tuple[datetime, datetime]


class Quarter(NamedTuple):
    """What a system gave in a quarter of an hour, and how long it was heard in it."""

    energy_wh: float | None
    heard_s: float


def output_of_day(
    day: date,
    quarters: Mapping[datetime, Quarter],
    sky: Sky,
    *,
    rated_w: float,
    held: Sequence[Span] = (),
) -> OutputDay:
    """`quarters` by their beginning in UTC; `held` is when any command held the system.

    Raises nothing: what is missing or was held is left out on both sides of the comparison.
    """
    energy_wh = clear_wh = held_wh = 0.0
    at: list[datetime] = []
    given: list[float] = []
    clear: list[float] = []
    for begins_at, wh_per_w in zip(sky.begins_at, sky.wh_per_w, strict=True):
        sun_wh = wh_per_w * rated_w
        if any(begins < begins_at + QUARTER and ends > begins_at for begins, ends in held):
            held_wh += sun_wh
            continue
        quarter = quarters.get(begins_at)
        if quarter is None or quarter.energy_wh is None:
            continue
        if quarter.heard_s < HEARD_SHARE * QUARTER.total_seconds():
            continue
        energy_wh += max(0.0, quarter.energy_wh)
        clear_wh += sun_wh
        at.append(begins_at)
        given.append(max(0.0, quarter.energy_wh))
        clear.append(sun_wh)
    whole_wh = sky.total * rated_w
    share = clear_wh / whole_wh if whole_wh else 0.0
    return OutputDay(
        day=day,
        energy_wh=energy_wh,
        clear_wh=clear_wh,
        counted_share=share,
        shift_h=_shift_h(at, given, clear),
        mask=_mask(sky, share, held_wh / whole_wh if whole_wh else 0.0),
    )


def _mask(sky: Sky, counted: float, held: float) -> Mask | None:
    if sky.total < LEAST_SUN_H:
        return Mask.DARK
    if counted >= COUNTED_SHARE:
        return None
    return Mask.HELD if held >= 1 - COUNTED_SHARE - counted and held > 0 else Mask.GAP


def _shift_h(
    at: Sequence[datetime], given: Sequence[float], clear: Sequence[float]
) -> float | None:
    """Only of days heard whole enough that both middles mean the same hours."""
    if not at:
        return None
    ours, suns = middle_h(at, given), middle_h(at, clear)
    return None if ours is None or suns is None else ours - suns
