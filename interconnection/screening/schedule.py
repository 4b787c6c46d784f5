"""A limit that changes with month and hour: for flexible connections (IC-5). Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from interconnection.screening.result import kilo

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_LINE = re.compile(
    r"(?P<first>[A-Za-z]{3})(?:-(?P<last>[A-Za-z]{3}))?\s+"
    r"(?P<from>\d{1,2})-(?P<to>\d{1,2})\s+(?P<kw>\d{1,7}(?:[.,]\d{1,3})?)"
)
MOST_BANDS = 48


class ScheduleFault(ValueError):
    """A line that says no months, hours and limit; the message names it."""


@dataclass(frozen=True, slots=True)
class Band:
    """Months from 1 to 12, over the new year too; hours of local time, the last one excluded."""

    first_month: int
    last_month: int
    from_hour: int
    to_hour: int
    limit_w: int

    def holds(self, month: int, hour: int) -> bool:
        is_over_new_year = self.first_month > self.last_month
        after, before = month >= self.first_month, month <= self.last_month
        in_months = (after or before) if is_over_new_year else (after and before)
        return in_months and self.from_hour <= hour < self.to_hour

    @property
    def months(self) -> str:
        first, last = MONTHS[self.first_month - 1], MONTHS[self.last_month - 1]
        return first if first == last else f"{first}-{last}"

    @property
    def hours(self) -> str:
        return f"{self.from_hour}-{self.to_hour} h"

    def __str__(self) -> str:
        return f"{self.months} {self.hours}: {kilo(self.limit_w)} kW"


def parse(text: str) -> tuple[Band, ...]:
    """One band a line, as "Jun-Aug 10-16 3.5": months, hours, kW. Raises ScheduleFault."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) > MOST_BANDS:
        raise ScheduleFault(f"A schedule has at most {MOST_BANDS} lines.")
    return tuple(_band(number, line) for number, line in enumerate(lines, start=1))


def limit_at(bands: Sequence[Band], otherwise_w: int, *, month: int, hour: int) -> int:
    """The lowest limit that holds then, in W."""
    return min([band.limit_w for band in bands if band.holds(month, hour)] or [otherwise_w])


def in_words(bands: Sequence[Band], otherwise_w: int) -> str:
    return "; ".join([*map(str, bands), f"otherwise {kilo(otherwise_w)} kW"])


def _band(number: int, line: str) -> Band:
    match = _LINE.fullmatch(line)
    if match is None:
        raise ScheduleFault(f'Line {number}, "{line[:40]}", is not like "Jun-Aug 10-16 3.5".')
    first = _month(number, match["first"])
    last = _month(number, match["last"] or match["first"])
    from_hour, to_hour = int(match["from"]), int(match["to"])
    if not 0 <= from_hour < to_hour <= 24:
        raise ScheduleFault(f"Line {number}: hours go from 0 to 24, the first before the second.")
    limit_w = int(Decimal(match["kw"].replace(",", ".")) * 1000)
    return Band(first, last, from_hour, to_hour, limit_w)


def _month(number: int, name: str) -> int:
    try:
        return MONTHS.index(name.capitalize()) + 1
    except ValueError:
        words = f"Line {number}: {name} is no month. Write {', '.join(MONTHS)}."
        raise ScheduleFault(words) from None
