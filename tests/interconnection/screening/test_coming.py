"""What a feeder will carry in 30 and 60 days, and what a delay changes (IC-8)."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interconnection.screening.coming import (
    LAST_DAY,
    Cause,
    Project,
    Stated,
    forecast,
    shift_of,
)

TODAY = date(2026, 6, 1)
CONNECTED = {"photovoltaic": 100_000, "battery": 20_000}


def day(number: int) -> date:
    return TODAY + timedelta(days=number)


def solar(*stated: tuple[int, int], power_w: int = 8_000) -> Project:
    """Each pair: known since day, finishes on day."""
    known = [Stated(day(since), day(finish)) for since, finish in stated]
    return Project("A-1", {"photovoltaic": power_w}, known)


def totals(project: Project) -> list[tuple[int, int]]:
    """Before and after, today and at 30 and 60 days."""
    found = forecast(CONNECTED, [project], today=TODAY)
    return [(found.before[n].total_w, found.after[n].total_w) for n in (0, 30, 60)]


@pytest.mark.parametrize(
    ("finish", "at_30_w", "at_60_w"),
    [
        (0, 128_000, 128_000),
        (30, 128_000, 128_000),
        (31, 120_000, 128_000),
        (60, 120_000, 128_000),
        (61, 120_000, 120_000),
    ],
)
def test_a_project_counts_from_the_day_of_its_planned_finish(
    finish: int, at_30_w: int, at_60_w: int
) -> None:
    found = forecast(CONNECTED, [solar((-40, finish))], today=TODAY)

    assert (found.after[30].total_w, found.after[60].total_w) == (at_30_w, at_60_w)
    assert found.before == found.after
    assert found.changes == ()


def test_a_delay_takes_the_project_out_of_the_nearer_forecast_only() -> None:
    """Ada moved her finish yesterday from day 20 to day 45."""
    project = solar((-50, 20), (-1, 45))

    assert totals(project) == [(120_000, 120_000), (128_000, 120_000), (128_000, 128_000)]
    (change,) = forecast(CONNECTED, [project], today=TODAY).changes
    assert (change.was, change.now, change.cause) == (day(20), day(45), Cause.LATER)


def test_a_finish_that_passed_without_permission_counts_on_no_day() -> None:
    project = solar((-50, -1))

    assert totals(project) == [(128_000, 120_000), (128_000, 120_000), (128_000, 120_000)]
    (change,) = forecast(CONNECTED, [project], today=TODAY).changes
    assert (change.now, change.cause) == (None, Cause.OVERDUE)


def test_a_new_date_brings_an_overdue_project_back() -> None:
    assert totals(solar((-50, -1), (0, 25)))[1:] == [(128_000, 128_000), (128_000, 128_000)]


def test_a_new_date_for_what_was_overdue_a_month_ago_is_named_as_such() -> None:
    (change,) = forecast(CONNECTED, [solar((-90, -31), (-3, 25))], today=TODAY).changes

    assert (change.was, change.now, change.cause) == (None, day(25), Cause.DATED)


def test_what_was_overdue_a_month_ago_already_is_no_change_any_more() -> None:
    found = forecast(CONNECTED, [solar((-90, -31))], today=TODAY)

    assert found.changes == ()
    assert found.before == found.after


def test_an_earlier_finish_adds_to_the_nearer_forecast() -> None:
    project = solar((-50, 45), (-2, 20))

    assert totals(project)[1] == (120_000, 128_000)
    assert forecast(CONNECTED, [project], today=TODAY).changes[0].cause is Cause.EARLIER


def test_a_project_first_planned_this_week_is_no_change() -> None:
    assert forecast(CONNECTED, [solar((-2, 20))], today=TODAY).changes == ()


def test_several_moves_of_one_month_are_one_change_from_the_date_that_held_before() -> None:
    (change,) = forecast(CONNECTED, [solar((-50, 10), (-20, 25), (-1, 70))], today=TODAY).changes

    assert (change.was, change.now) == (day(10), day(70))


def test_technologies_are_kept_apart() -> None:
    both = Project("A-2", {"photovoltaic": 5_000, "battery": 3_000}, [Stated(day(-9), day(12))])

    found = forecast(CONNECTED, [both], today=TODAY)

    assert found.after[11].power_w == CONNECTED
    assert found.after[12].power_w == {"photovoltaic": 105_000, "battery": 23_000}


def test_a_project_without_any_date_is_named_and_counts_on_no_day() -> None:
    found = forecast(CONNECTED, [solar()], today=TODAY)

    assert [one.reference for one in found.undated] == ["A-1"]
    assert found.after[LAST_DAY].power_w == CONNECTED


@pytest.mark.parametrize(
    ("was", "now", "shift"),
    [
        (20, 45, (-8_000, 0)),
        (20, 90, (-8_000, -8_000)),
        (45, 50, (0, 0)),
        (45, None, (0, -8_000)),
        (None, 10, (8_000, 8_000)),
    ],
)
def test_one_move_shifts_each_horizon_by_the_whole_project_or_not_at_all(
    was: int | None, now: int | None, shift: tuple[int, int]
) -> None:
    dates = [None if number is None else day(number) for number in (was, now)]

    assert shift_of(solar((-9, 20)), dates[0], dates[1], TODAY) == shift


@given(
    st.lists(st.tuples(st.integers(-90, 0), st.integers(-60, 120)), min_size=1, max_size=5).map(
        lambda moves: sorted(moves, key=lambda move: move[0])
    )
)
def test_the_difference_of_both_courses_is_what_the_named_changes_add(
    moves: list[tuple[int, int]],
) -> None:
    project = solar(*moves)

    found = forecast(CONNECTED, [project], today=TODAY)

    explained = [shift_of(project, one.was, one.now, TODAY) for one in found.changes]
    sums = [sum(column) for column in zip(*explained, strict=True)] or [0, 0]
    assert [found.shift_w(30), found.shift_w(60)] == sums
