"""A price schedule as steps over the hours of a day, for each season and kind of day (pure)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import time
from decimal import Decimal

from customers.tariffs.calendar import DAYS, Line, PriceSchedule
from derms.lib.words import say

DAY_MIN = 24 * 60


@dataclass(frozen=True, kw_only=True)
class Step:
    """One time of day: where it stands in the picture, in percent, and what it says."""

    left_pct: float
    width_pct: float
    export_pct: float
    import_pct: float
    begins: str
    ends: str
    line: Line


@dataclass(frozen=True, kw_only=True)
class DayPicture:
    """One kind of day in one season."""

    season: str
    days: str
    steps: tuple[Step, ...]


def draw_prices(schedule: PriceSchedule) -> tuple[DayPicture, ...]:
    """All kinds of days, in the order of the year; heights are shares of the highest price."""
    top = max(
        (abs(p) for line in schedule.lines for p in _prices(line)), default=Decimal(0)
    ) or Decimal(1)
    found = []
    for _, season in schedule.seasons:
        for days, (label, weekdays) in DAYS.items():
            if any(line.price.season == season and line.days == days for line in schedule.lines):
                of_day = schedule.day_lines(season, min(weekdays))
                found.append(DayPicture(season=season, days=say(label), steps=_steps(of_day, top)))
    return tuple(found)


def _steps(of_day: Sequence[Line], top: Decimal) -> tuple[Step, ...]:
    ends = [*(_minutes(line.begins) for line in of_day[1:]), DAY_MIN]
    return tuple(
        Step(
            left_pct=round(_minutes(line.begins) / DAY_MIN * 100, 3),
            width_pct=round((end - _minutes(line.begins)) / DAY_MIN * 100, 3),
            export_pct=_height(line.price.export_per_kwh, top),
            import_pct=_height(line.price.import_per_kwh or Decimal(0), top),
            begins=f"{line.begins:%H:%M}",
            ends=f"{end // 60:02}:{end % 60:02}",
            line=line,
        )
        for line, end in zip(of_day, ends, strict=True)
    )


def _prices(line: Line) -> list[Decimal]:
    return [line.price.export_per_kwh, line.price.import_per_kwh or Decimal(0)]


def _height(price: Decimal, top: Decimal) -> float:
    return round(float(max(price, Decimal(0)) / top) * 100, 1)


def _minutes(clock: time) -> int:
    return clock.hour * 60 + clock.minute
