"""What a unit may inject under the limits of its flexible connection (IC-5, DI-1). Pure.

A limit holds for everything that one application connected. Units share it by their ratings:
nobody measures what is exported in each second, so what the site uses itself is not added.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from interconnection.screening.schedule import Band, limit_at

HOUR_S = 3600
HOURS = range(24)
MONTHS = range(1, 13)


@dataclass(frozen=True, slots=True)
class ExportLimit:
    """One condition of an approval: bands by local month and hour, else `otherwise_w`."""

    reference: str
    wording: str
    confirmed_by: str
    otherwise_w: int
    bands: tuple[Band, ...] = ()

    def at(self, local: datetime) -> int:
        return limit_at(self.bands, self.otherwise_w, month=local.month, hour=local.hour)

    def lowest_w(self) -> int:
        """The lowest of all hours of a year."""
        return _lowest_of_year_w(self)


@dataclass(frozen=True, slots=True)
class Held:
    """What one unit may inject then, by which condition, in W."""

    limit_w: int
    limit: ExportLimit


@dataclass(frozen=True, slots=True)
class UnitLimits:
    """All limits of one unit; `together_w` is the rating of everything they hold for.

    A unit that cannot fall back to its lowest limit by itself keeps it at all hours
    (`is_always_lowest`): nobody could lower it when its link is lost.
    """

    limits: tuple[ExportLimit, ...]
    rated_w: int
    together_w: int
    is_always_lowest: bool = False

    def at(self, local: datetime) -> Held:
        """The lowest wins; `local` is a moment in the zone of the sites."""
        if self.is_always_lowest:
            return self.lowest_ever()
        lowest = min(self.limits, key=lambda limit: limit.at(local))
        return Held(self.share_w(lowest.at(local)), lowest)

    def lowest_ever(self) -> Held:
        """The lowest of all hours of a year: what is safe whatever the clock says."""
        lowest = min(self.limits, key=ExportLimit.lowest_w)
        return Held(self.share_w(lowest.lowest_w()), lowest)

    def falls_at(self, local: datetime) -> datetime | None:
        """The next full hour with a lower limit than now, within a year; None where none is."""
        if self.at(local).limit_w <= self.lowest_ever().limit_w:
            return None
        return _falls_at(self, local.replace(minute=0, second=0, microsecond=0))

    def lowest(self, begins: datetime, ends: datetime) -> Held:
        """The lowest of an interval, its last moment excluded; both in the zone of the sites."""
        return min((self.at(local) for local in _hours(begins, ends)), key=lambda one: one.limit_w)

    def changes_at(self, local: datetime) -> datetime | None:
        """The next full hour with another limit, within two days; None where none changes."""
        now_w = self.at(local).limit_w
        hours = _hours(local, local + timedelta(days=2))
        return next((one for one in hours if self.at(one).limit_w != now_w), None)

    def share_w(self, limit_w: int) -> int:
        """This unit's part of a limit for all, rounded down so that the sum never exceeds it."""
        if limit_w >= self.together_w:
            return self.rated_w
        return limit_w * self.rated_w // self.together_w


@lru_cache(maxsize=4096)
def _lowest_of_year_w(limit: ExportLimit) -> int:
    months = ((month, hour) for month in MONTHS for hour in HOURS)
    return min(
        limit_at(limit.bands, limit.otherwise_w, month=month, hour=hour) for month, hour in months
    )


@lru_cache(maxsize=4096)
def _falls_at(unit: UnitLimits, local: datetime) -> datetime | None:
    """The hours until tomorrow's end, then the first day of each month: all its days are alike."""
    now_w = unit.at(local).limit_w
    midnight = local.replace(hour=0)
    stretches = [(local, midnight + timedelta(days=2))]
    first = midnight.replace(day=1)
    for _ in MONTHS:
        first = (first + timedelta(days=32)).replace(day=1)
        stretches.append((first, first + timedelta(days=1)))
    hours = (hour for begins, ends in stretches for hour in _hours(begins, ends))
    return next((hour for hour in hours if hour > local and unit.at(hour).limit_w < now_w), None)


def _hours(begins: datetime, ends: datetime) -> Iterator[datetime]:
    """The first moment, then every full hour before the end.

    By elapsed time: a night in which the clocks change has an hour more or less.
    """
    yield begins
    moment_s = begins.replace(minute=0, second=0, microsecond=0).timestamp()
    while (moment_s := moment_s + HOUR_S) < ends.timestamp():
        yield datetime.fromtimestamp(moment_s, begins.tzinfo)
