"""What a feeder will carry in 30 and 60 days, from planned finishes; what delays change. Pure.

Capacity is what may inject at unity power factor, in W by technology. A project counts from its
planned finish; once that day is over without permission to operate it counts on no day, until
somebody states another one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

HORIZONS_DAYS = (30, 60)
LAST_DAY = HORIZONS_DAYS[-1]
# Moves of the last month are shown as changes; older ones are what everybody plans with.
CHANGES_OF_DAYS = 30
Watts = Mapping[str, int]


class Cause(StrEnum):
    """Why a project is expected on another day than before."""

    LATER = "later"
    EARLIER = "earlier"
    OVERDUE = "overdue"
    DATED = "dated"  # it was on no day before


@dataclass(frozen=True, slots=True)
class Stated:
    """A planned finish, and the day since which it was known."""

    known_on: date
    finishes_on: date


@dataclass(frozen=True, slots=True)
class Project:
    """An approved application without permission to operate; `stated` is oldest first."""

    reference: str
    power_w: Watts
    stated: Sequence[Stated]

    @property
    def total_w(self) -> int:
        return sum(self.power_w.values())

    def planned_on(self, day: date) -> date | None:
        """The finish that was planned as known on `day`; the first one ever, before it was."""
        known = [one.finishes_on for one in self.stated if one.known_on <= day]
        if known:
            return known[-1]
        return self.stated[0].finishes_on if self.stated else None

    def expected_on(self, day: date) -> date | None:
        """When it is expected to be in service, as known on `day`; None when nobody can say."""
        planned = self.planned_on(day)
        return None if planned is None or planned < day else planned


@dataclass(frozen=True, slots=True)
class DayCapacity:
    """What is in service at the end of a day."""

    day: date
    power_w: Watts

    @property
    def total_w(self) -> int:
        return sum(self.power_w.values())


@dataclass(frozen=True, slots=True)
class Change:
    """One project that is expected on another day than before; None is no day at all."""

    reference: str
    power_w: Watts
    was: date | None
    now: date | None
    cause: Cause

    @property
    def total_w(self) -> int:
        return sum(self.power_w.values())


@dataclass(frozen=True, slots=True)
class Forecast:
    """A feeder's days from today to the last of the horizons, before the changes and after.

    `now` is what runs: what is planned to be finished today does not yet. `undated` are projects
    whose finish nobody has stated; they count on no day.
    """

    now: DayCapacity
    before: tuple[DayCapacity, ...]
    after: tuple[DayCapacity, ...]
    changes: tuple[Change, ...]
    undated: tuple[Project, ...] = ()

    @property
    def today(self) -> date:
        return self.now.day

    def shift_w(self, days: int) -> int:
        """What the changes add or take away so many days from today."""
        return self.after[days].total_w - self.before[days].total_w


def forecast(
    connected: Watts, projects: Sequence[Project], *, today: date, since: date | None = None
) -> Forecast:
    """`since` is the day with whose knowledge today's is compared: a month ago if not given."""
    since = today - timedelta(days=CHANGES_OF_DAYS) if since is None else since
    was = [(one, one.expected_on(since)) for one in projects]
    is_now = [(one, one.expected_on(today)) for one in projects]
    return Forecast(
        now=DayCapacity(today, connected),
        before=_course(connected, was, today),
        after=_course(connected, is_now, today),
        changes=tuple(
            Change(one.reference, one.power_w, before, after, cause_of(before, after))
            for (one, before), (_, after) in zip(was, is_now, strict=True)
            if before != after
        ),
        undated=tuple(one for one in projects if not one.stated),
    )


def shift_of(project: Project, was: date | None, now: date | None, today: date) -> tuple[int, ...]:
    """What one project's move adds to the capacity of each horizon, in W."""
    return tuple(
        project.total_w * (_is_there(now, day) - _is_there(was, day))
        for day in (today + timedelta(days=days) for days in HORIZONS_DAYS)
    )


def _course(
    connected: Watts, expected: Sequence[tuple[Project, date | None]], today: date
) -> tuple[DayCapacity, ...]:
    days = (today + timedelta(days=days) for days in range(LAST_DAY + 1))
    return tuple(DayCapacity(day, _sum(connected, expected, day)) for day in days)


def _sum(connected: Watts, expected: Sequence[tuple[Project, date | None]], day: date) -> Watts:
    power_w = dict(connected)
    for project, when in expected:
        if _is_there(when, day):
            for technology, watts in project.power_w.items():
                power_w[technology] = power_w.get(technology, 0) + watts
    return power_w


def _is_there(when: date | None, day: date) -> bool:
    return when is not None and when <= day


def cause_of(was: date | None, now: date | None) -> Cause:
    if now is None:
        return Cause.OVERDUE
    if was is None:
        return Cause.DATED
    return Cause.LATER if now > was else Cause.EARLIER
