"""Limits by month and hour: written as lines, read by hour (IC-5)."""

import pytest

from interconnection.screening.schedule import MOST_BANDS, ScheduleFault, in_words, limit_at, parse

SUMMER = "Jun-Aug 10-16 3.5\nJul 12-14 2"


@pytest.mark.parametrize(
    ("month", "hour", "limit_w"),
    [
        (6, 9, 8_000), (6, 10, 3_500), (6, 15, 3_500), (6, 16, 8_000),
        (5, 12, 8_000), (8, 12, 3_500), (9, 12, 8_000),
        (7, 11, 3_500), (7, 12, 2_000), (7, 14, 3_500),  # the lower one holds
    ],
)  # fmt: skip
def test_the_lowest_band_of_the_hour_holds(month: int, hour: int, limit_w: int) -> None:
    assert limit_at(parse(SUMMER), 8_000, month=month, hour=hour) == limit_w


@pytest.mark.parametrize(("month", "limit_w"), [(11, 0), (12, 0), (1, 0), (2, 0), (3, 5_000)])
def test_a_band_may_go_over_the_new_year(month: int, limit_w: int) -> None:
    assert limit_at(parse("nov-feb 0-24 0"), 5_000, month=month, hour=23) == limit_w


def test_it_is_told_in_words() -> None:
    said = in_words(parse(SUMMER), 8_000)

    assert said == "Jun-Aug 10-16 h: 3.5 kW; Jul 12-14 h: 2 kW; otherwise 8 kW"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("summer 3 kW", 'Line 1, "summer 3 kW"'),
        ("Jun 10-16 3\nJux 10-16 3", "Line 2: Jux is no month"),
        ("Jun 16-10 3", "Line 1: hours go from 0 to 24"),
        ("Jun 10-25 3", "Line 1: hours go from 0 to 24"),
        ("Jun 10-16 -3", "Line 1"),
        ("Jun 10-16 3\n" * (MOST_BANDS + 1), "at most 48 lines"),
    ],
)
def test_a_line_that_says_no_limit_is_named(text: str, words: str) -> None:
    with pytest.raises(ScheduleFault, match=words):
        parse(text)


def test_nothing_is_no_schedule() -> None:
    assert parse(" \n") == ()
