"""What a unit may inject in each hour of its flexible connection (IC-5, DI-1)."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interconnection.screening.export import ExportLimit, UnitLimits
from interconnection.screening.schedule import Band, parse

ZONE = ZoneInfo("Europe/Berlin")
FLEXIBLE = ExportLimit(
    "A-1", "Keeps its export", "olga", otherwise_w=8_000, bands=parse("Jun-Aug 10-16 3.5")
)
FIXED = ExportLimit("A-1", "Exports at most 6 kW", "olga", otherwise_w=6_000)


def june(hour: int, minute: int = 0, day: int = 15) -> datetime:
    return datetime(2026, 6, day, hour, minute, tzinfo=ZONE)


def alone(*limits: ExportLimit, rated_w: int = 8_000) -> UnitLimits:
    return UnitLimits(limits or (FLEXIBLE,), rated_w, rated_w)


@pytest.mark.parametrize(
    ("hour", "minute", "limit_w"),
    [(9, 59, 8_000), (10, 0, 3_500), (15, 59, 3_500), (16, 0, 8_000)],
)
def test_the_hour_decides_and_its_last_moment_belongs_to_the_next(
    hour: int, minute: int, limit_w: int
) -> None:
    assert alone().at(june(hour, minute)).limit_w == limit_w


def test_the_lowest_of_all_limits_wins_and_is_named() -> None:
    both = alone(FLEXIBLE, FIXED)

    assert (both.at(june(9)).limit_w, both.at(june(9)).limit) == (6_000, FIXED)
    assert (both.at(june(11)).limit_w, both.at(june(11)).limit) == (3_500, FLEXIBLE)


@pytest.mark.parametrize(
    ("begins", "ends", "limit_w"),
    [
        (june(8), june(9, 30), 8_000),
        (june(9, 30), june(10), 8_000),
        (june(9, 30), june(10, 1), 3_500),
        (june(15, 59), june(18), 3_500),
        (june(16), june(20), 8_000),
        (june(20), june(12, day=16), 3_500),
    ],
)
def test_an_interval_is_held_to_its_lowest_hour(
    begins: datetime, ends: datetime, limit_w: int
) -> None:
    assert alone().lowest(begins, ends).limit_w == limit_w


def test_units_of_one_application_share_the_limit_by_rating() -> None:
    """5 kW of solar and a 3 kW battery under 3.5 kW."""
    solar = UnitLimits((FLEXIBLE,), 5_000, 8_000)
    battery = UnitLimits((FLEXIBLE,), 3_000, 8_000)

    assert (solar.at(june(11)).limit_w, battery.at(june(11)).limit_w) == (2_187, 1_312)
    assert (solar.at(june(9)).limit_w, battery.at(june(9)).limit_w) == (5_000, 3_000)


def test_a_limit_above_the_ratings_limits_nothing() -> None:
    assert alone(rated_w=3_000).at(june(11)).limit_w == 3_000


def test_the_next_change_is_the_next_hour_with_another_limit() -> None:
    assert alone().changes_at(june(8, 20)) == june(10)
    assert alone().changes_at(june(10)) == june(16)
    assert alone(FIXED).changes_at(june(10)) is None


def test_the_hours_follow_the_clock_through_the_night_it_changes() -> None:
    """25 October 2026 has 02:00 twice: the limit from 2 to 3 holds for both hours."""
    night = ExportLimit("A-1", "", "olga", otherwise_w=8_000, bands=parse("Oct 2-3 1"))
    before = datetime(2026, 10, 25, 1, 30, tzinfo=ZONE)

    held = [
        alone(night).at(datetime.fromtimestamp(before.timestamp() + 3600 * n, ZONE)).limit_w
        for n in range(4)
    ]

    assert held == [8_000, 1_000, 1_000, 8_000]
    assert alone(night).lowest(before, before + timedelta(minutes=20)).limit_w == 8_000


@given(
    st.lists(st.integers(1, 50_000), min_size=1, max_size=6),
    st.integers(0, 200_000),
    st.integers(0, 23),
)
def test_the_shares_of_all_units_never_exceed_the_limit(
    ratings: list[int], limit_w: int, hour: int
) -> None:
    limit = ExportLimit("A-1", "", "olga", otherwise_w=limit_w)
    together = sum(ratings)

    shares = [UnitLimits((limit,), one, together).at(june(hour)).limit_w for one in ratings]

    assert sum(shares) <= min(limit_w, together)
    assert sum(shares) > min(limit_w, together) - len(ratings)


@pytest.mark.parametrize(
    ("now", "falls"),
    [
        (june(9, 30), june(10)),
        (june(16), june(10, day=16)),
        (june(12), None),
        (datetime(2026, 5, 31, 20, tzinfo=ZONE), june(10, day=1)),
        (datetime(2026, 9, 1, 0, 30, tzinfo=ZONE), datetime(2027, 6, 1, 10, tzinfo=ZONE)),
    ],
)
def test_a_unit_knows_when_its_limit_falls_next(now: datetime, falls: datetime | None) -> None:
    """What a device needs to know to fall by itself, also when it is not reached for months."""
    assert alone().falls_at(now) == falls


def test_it_falls_to_the_lowest_that_any_hour_has() -> None:
    both = ExportLimit("A-2", "", "olga", 9_000, parse("Jan-Dec 0-12 7\nJan-Dec 12-24 5"))

    assert alone(both).lowest_ever().limit_w == 5_000


@given(
    month=st.integers(1, 12), hour=st.integers(0, 23), first=st.integers(1, 12),
    last=st.integers(1, 12), begins=st.integers(0, 23), length=st.integers(1, 24),
)  # fmt: skip
def test_the_next_fall_is_the_first_lower_hour_of_all(
    month: int, hour: int, first: int, last: int, begins: int, length: int
) -> None:
    """Against counting every hour of a year."""
    band = Band(first, last, begins, min(24, begins + length), 3_000)
    unit = alone(ExportLimit("A-3", "", "olga", 8_000, (band,)))
    now = datetime(2026, month, 15, hour, 20, tzinfo=UTC)

    full = now.replace(minute=0)
    hours = (full + timedelta(hours=number) for number in range(1, 366 * 24))
    is_lowest = unit.at(now).limit_w == unit.lowest_ever().limit_w
    lower = (one for one in hours if unit.at(one).limit_w < unit.at(now).limit_w)

    assert unit.falls_at(now) == (None if is_lowest else next(lower, None))


def test_what_cannot_fall_by_itself_is_always_at_its_lowest() -> None:
    unit = UnitLimits((FLEXIBLE,), 8_000, 8_000, is_always_lowest=True)

    assert {unit.at(june(hour)).limit_w for hour in range(24)} == {3_500}
    assert unit.changes_at(june(9)) is None
