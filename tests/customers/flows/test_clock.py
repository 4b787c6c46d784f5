"""Business days: weekends and the utility's holidays do not count (CS-4)."""

from datetime import date

import pytest

from customers.flows.clock import Turn, add_business_days, business_days_between, read_clock

FRIDAY, MONDAY = date(2026, 12, 18), date(2026, 12, 21)
HOLIDAYS = frozenset({date(2026, 12, 25), date(2026, 12, 28), date(2027, 1, 1)})


@pytest.mark.parametrize(
    ("days", "due"),
    [
        (1, date(2026, 12, 21)),
        (4, date(2026, 12, 24)),
        (5, date(2026, 12, 29)),
        (8, date(2027, 1, 4)),
    ],
)
def test_holidays_and_weekends_push_the_due_date(days: int, due: date) -> None:
    assert add_business_days(FRIDAY, days, HOLIDAYS) == due
    assert business_days_between(FRIDAY, due, HOLIDAYS) == days


def test_the_clock_keeps_what_was_used_before_a_pause() -> None:
    turns = [
        Turn(from_date=FRIDAY, to_date=date(2026, 12, 22)),
        Turn(from_date=date(2026, 12, 29), to_date=None),
    ]

    running = read_clock(turns, allowed_days=5, today=date(2026, 12, 30), holidays=HOLIDAYS)
    paused = read_clock(turns[:1], allowed_days=5, today=date(2026, 12, 30), holidays=HOLIDAYS)

    assert (running.used_days, running.left_days, running.due_date) == (3, 2, date(2027, 1, 4))
    assert (paused.used_days, paused.due_date) == (2, None)
