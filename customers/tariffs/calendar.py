"""Seasons and times of day: which price holds at a moment, by the clock on the customer's wall.

A schedule is a list of lines, each with a season, the days, the time from which it holds, a name
and the prices; `schedules.py` reads it from how it is kept and checks it.

The price at a moment is that of the local clock: in the repeated hour of autumn the prices of that
hour come twice, and a line that begins inside the missing hour of spring begins when it is over.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import cached_property
from zoneinfo import ZoneInfo

from derms.lib.words import mark, say

DAYS: dict[str, tuple[str, frozenset[int]]] = {
    "every_day": (mark("Every day"), frozenset(range(7))),
    "mon_fri": (mark("Monday to Friday"), frozenset(range(5))),
    "mon_sat": (mark("Monday to Saturday"), frozenset(range(6))),
    "sat": (mark("Saturday"), frozenset({5})),
    "sun": (mark("Sunday and holidays"), frozenset({6})),
    "sat_sun": (mark("Weekend and holidays"), frozenset({5, 6})),
}
SUNDAY = 6


@dataclass(frozen=True, kw_only=True)
class Price:
    """What a kilowatt-hour costs and is paid; `import_per_kwh` None where this tariff has none."""

    season: str
    name: str
    import_per_kwh: Decimal | None
    export_per_kwh: Decimal


@dataclass(frozen=True, kw_only=True)
class Line:
    """From `begins` on, on these days of the season, this price holds until the next line."""

    season_begins: tuple[int, int]
    days: str
    begins: time
    price: Price

    @property
    def days_words(self) -> str:
        return say(DAYS[self.days][0])


@dataclass(frozen=True, kw_only=True)
class PriceSchedule:
    """A checked schedule: every moment has exactly one price."""

    lines: tuple[Line, ...]
    holidays: frozenset[date] = frozenset()

    @property
    def is_flat(self) -> bool:
        return len({line.price for line in self.lines}) == 1

    @property
    def has_import(self) -> bool:
        return any(line.price.import_per_kwh is not None for line in self.lines)

    @property
    def export_range(self) -> tuple[Decimal, Decimal]:
        prices = [line.price.export_per_kwh for line in self.lines]
        return min(prices), max(prices)

    @cached_property
    def seasons(self) -> tuple[tuple[tuple[int, int], str], ...]:
        """First day and name of each, in the order of the year."""
        return tuple(sorted({(line.season_begins, line.price.season) for line in self.lines}))

    def season_of(self, day: date) -> str:
        """The one that began last; before the first of a year, that of the year's end."""
        begun = [name for begins, name in self.seasons if begins <= (day.month, day.day)]
        return begun[-1] if begun else self.seasons[-1][1]

    def day_lines(self, season: str, weekday: int) -> tuple[Line, ...]:
        return self._by_day[season, weekday]

    @cached_property
    def _by_day(self) -> dict[tuple[str, int], tuple[Line, ...]]:
        found: dict[tuple[str, int], list[Line]] = {}
        for line in self.lines:
            for weekday in DAYS[line.days][1]:
                found.setdefault((line.price.season, weekday), []).append(line)
        return {key: tuple(sorted(of, key=lambda one: one.begins)) for key, of in found.items()}

    def lines_on(self, day: date) -> tuple[Line, ...]:
        """The lines of a date; a holiday is like a Sunday."""
        weekday = SUNDAY if day in self.holidays else day.weekday()
        return self.day_lines(self.season_of(day), weekday)


def price_at(schedule: PriceSchedule, at: datetime, zone: ZoneInfo) -> Price:
    """The price at a moment, by the local clock of `zone`."""
    local = at.astimezone(zone)
    clock = local.time()
    return [line for line in schedule.lines_on(local.date()) if line.begins <= clock][-1].price


def changes_within(
    schedule: PriceSchedule, begins_at: datetime, ends_at: datetime, zone: ZoneInfo
) -> list[datetime]:
    """Every moment between the two, in order and in UTC, at which the price may change."""
    found: set[datetime] = set()
    day, last = begins_at.astimezone(zone).date(), ends_at.astimezone(zone).date()
    while day <= last:
        for line in schedule.lines_on(day):
            found.update(_moments(day, line.begins, zone))
        found.update(_clock_change(day, zone))
        day += timedelta(days=1)
    return sorted(moment for moment in found if begins_at < moment < ends_at)


def _moments(day: date, clock: time, zone: ZoneInfo) -> Iterable[datetime]:
    """The moments at which the clock shows this time on this day: one, or two in autumn."""
    for fold in (0, 1):
        yield datetime.combine(day, clock, tzinfo=zone).replace(fold=fold).astimezone(UTC)


def _clock_change(day: date, zone: ZoneInfo) -> Iterable[datetime]:
    """The moment at which the clock is put forward or back on this day, if it is."""
    low = datetime.combine(day, time(), tzinfo=zone).astimezone(UTC)
    high = datetime.combine(day + timedelta(days=1), time(), tzinfo=zone).astimezone(UTC)
    before = low.astimezone(zone).utcoffset()
    if high.astimezone(zone).utcoffset() == before:
        return
    while high - low > timedelta(seconds=1):
        middle = low + timedelta(seconds=(high - low).total_seconds() // 2)
        if middle.astimezone(zone).utcoffset() == before:
            low = middle
        else:
            high = middle
    yield high
