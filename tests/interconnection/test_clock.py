"""The statutory clock counts business days and stands still on the customer's turn (CS-4)."""

from datetime import date, timedelta

import pytest

from interconnection.screening.clock import (
    Turn,
    add_business_days,
    business_days_between,
    read_clock,
)

FRIDAY = date(2026, 6, 12)
MONDAY = date(2026, 6, 15)


@pytest.mark.parametrize(
    ("first", "last", "days"),
    [
        (MONDAY, MONDAY, 0),
        (MONDAY, MONDAY + timedelta(days=1), 1),
        (FRIDAY, MONDAY, 1),
        (FRIDAY, FRIDAY + timedelta(days=2), 0),
        (MONDAY, MONDAY + timedelta(days=14), 10),
    ],
)
def test_weekends_and_the_day_of_receipt_do_not_count(first: date, last: date, days: int) -> None:
    assert business_days_between(first, last) == days


@pytest.mark.parametrize("days", range(-12, 13))
def test_adding_is_the_reverse_of_counting(days: int) -> None:
    reached = add_business_days(MONDAY, days)

    assert business_days_between(min(MONDAY, reached), max(MONDAY, reached)) == abs(days)


def test_the_clock_runs_while_it_is_the_utilitys_turn() -> None:
    clock = read_clock(
        [Turn(from_date=FRIDAY, to_date=None)], allowed_days=10, today=date(2026, 6, 17)
    )

    assert (clock.used_days, clock.left_days) == (3, 7)
    assert clock.due_date == date(2026, 6, 26)


def test_the_clock_stands_still_between_turns() -> None:
    turns = [
        Turn(from_date=date(2026, 6, 1), to_date=date(2026, 6, 3)),
        Turn(from_date=date(2026, 6, 15), to_date=None),
    ]

    clock = read_clock(turns, allowed_days=10, today=date(2026, 6, 16))
    paused = read_clock(turns[:1], allowed_days=10, today=date(2026, 6, 16))

    assert (clock.used_days, clock.left_days) == (3, 7)
    assert (paused.used_days, paused.due_date) == (2, None)


def test_an_overdue_clock_is_below_zero_and_its_due_date_in_the_past() -> None:
    clock = read_clock(
        [Turn(from_date=date(2026, 6, 1), to_date=None)], allowed_days=10, today=date(2026, 6, 17)
    )

    assert clock.left_days == -2
    assert clock.due_date == date(2026, 6, 15)
