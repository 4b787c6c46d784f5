"""The statutory clock in business days; it stands still while it is the customer's turn."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

SATURDAY = 5
Holidays = frozenset[date]
NO_HOLIDAYS: Holidays = frozenset()


@dataclass(frozen=True, kw_only=True)
class Turn:
    """A period in which it was the utility's turn; `to_date` None while it still is."""

    from_date: date
    to_date: date | None


@dataclass(frozen=True, kw_only=True)
class Clock:
    """How much of the allowed time is used; `due_date` is None while the clock stands still."""

    allowed_days: int
    used_days: int
    due_date: date | None

    @property
    def left_days(self) -> int:
        return self.allowed_days - self.used_days


def is_business_day(day: date, holidays: Holidays = NO_HOLIDAYS) -> bool:
    return day.weekday() < SATURDAY and day not in holidays


def business_days_between(first: date, last: date, holidays: Holidays = NO_HOLIDAYS) -> int:
    """Business days after `first` up to and with `last`: the day of receipt does not count."""
    days = (first + timedelta(days=n) for n in range(1, (last - first).days + 1))
    return sum(is_business_day(day, holidays) for day in days)


def add_business_days(start: date, days: int, holidays: Holidays = NO_HOLIDAYS) -> date:
    """The day on which `days` business days after `start` are over; back in time below zero."""
    step = timedelta(days=1 if days >= 0 else -1)
    day, left = start, abs(days)
    while left:
        day += step
        left -= is_business_day(day, holidays)
    return day


@dataclass(frozen=True, kw_only=True)
class WorkingDays:
    """Today among the utility's working days: weekends and its holidays count for nothing."""

    today: date
    holidays: Holidays

    def left(self, due: date) -> int:
        """Working days until a day; below zero when it is over."""
        if due < self.today:
            return -business_days_between(due, self.today, self.holidays)
        return business_days_between(self.today, due, self.holidays)

    def after(self, days: int) -> date:
        """The day on which so many working days are over."""
        return add_business_days(self.today, days, self.holidays)


def read_clock(
    turns: Sequence[Turn],
    *,
    allowed_days: int,
    today: date,
    holidays: Holidays = NO_HOLIDAYS,
) -> Clock:
    used = sum(
        business_days_between(turn.from_date, turn.to_date or today, holidays) for turn in turns
    )
    is_running = any(turn.to_date is None for turn in turns)
    due = add_business_days(today, allowed_days - used, holidays) if is_running else None
    return Clock(allowed_days=allowed_days, used_days=used, due_date=due)
