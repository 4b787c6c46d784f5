"""Seasons and times of day in the utility's zone, both nights of the clock included (CS-2)."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customers.tariffs.calendar import price_at
from customers.tariffs.pricing import price_intervals
from customers.tariffs.schedules import ScheduleError, flat, schedule_of
from tests.customers.tariff_schedules import line, time_of_use, time_of_use_schedule

NEW_YORK = ZoneInfo("America/New_York")
BERLIN = ZoneInfo("Europe/Berlin")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")  # puts its clocks by half an hour
HOUR = timedelta(hours=1)
SCHEDULE = time_of_use_schedule()


def local(text: str, zone: ZoneInfo = NEW_YORK, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold)


@pytest.mark.parametrize(
    ("moment", "season", "name"),
    [
        ("2026-07-01 15:59:59", "Summer", "Off-peak"),
        ("2026-07-01 16:00:00", "Summer", "Peak"),
        ("2026-07-01 20:59:59", "Summer", "Peak"),
        ("2026-07-01 21:00:00", "Summer", "Off-peak"),
        ("2026-07-04 18:00:00", "Summer", "Off-peak"),  # a Saturday
        ("2026-07-03 18:00:00", "Summer", "Off-peak"),  # a Friday, and a holiday
        ("2026-05-31 23:59:59", "Winter", "Night"),
        ("2026-06-01 00:00:00", "Summer", "Off-peak"),
        ("2026-09-30 23:59:59", "Summer", "Off-peak"),
        ("2026-10-01 00:00:00", "Winter", "Night"),
        ("2026-01-01 12:00:00", "Winter", "Day"),  # the season that began last year
        ("2028-02-29 12:00:00", "Winter", "Day"),
    ],
)
def test_the_price_of_a_moment(moment: str, season: str, name: str) -> None:
    price = price_at(SCHEDULE, local(moment), NEW_YORK)

    assert (price.season, price.name) == (season, name)


def test_the_zone_of_the_utility_decides_not_that_of_the_caller() -> None:
    at = local("2026-07-01 17:00:00").astimezone(UTC)

    assert price_at(SCHEDULE, at, NEW_YORK).export_per_kwh == Decimal("0.19000")
    assert price_at(SCHEDULE, at, BERLIN).export_per_kwh == Decimal("0.06000")


def split(lines: list[tuple[str, str]], day: str, zone: ZoneInfo) -> list[tuple[str, float]]:
    """Names with hours over one local day, for a year-round schedule of these lines."""
    kept = {
        "lines": [
            line("Year", "01-01", "every_day", b, n, export=f"0.0{i + 1}")
            for i, (b, n) in enumerate(lines)
        ]
    }
    begins = local(day, zone)
    ends = local(str((begins + timedelta(days=1)).date()), zone)
    found = price_intervals(schedule_of(kept), begins, ends, zone)
    return [(one.price.name, (one.ends_at - one.begins_at) / HOUR) for one in found]


@pytest.mark.parametrize("zone", [NEW_YORK, BERLIN])
@pytest.mark.parametrize(
    ("month", "hours", "night"), [("03", 23, 5), ("06", 24, 6), ("autumn", 25, 7)]
)
def test_a_day_has_23_24_or_25_hours(zone: ZoneInfo, month: str, hours: int, night: int) -> None:
    spring = "2026-03-08" if zone is NEW_YORK else "2026-03-29"
    autumn = "2026-11-01" if zone is NEW_YORK else "2026-10-25"
    day = {"03": spring, "06": "2026-06-10", "autumn": autumn}[month]

    found = split([("00:00", "Night"), ("06:00", "Day")], day, zone)

    assert found == [("Night", night), ("Day", 18)]
    assert sum(length for _, length in found) == hours


def test_a_price_that_begins_in_the_missing_hour_begins_when_it_is_over() -> None:
    found = split([("00:00", "Night"), ("02:30", "Day")], "2026-03-08", NEW_YORK)

    assert found == [("Night", 2), ("Day", 21)]


def test_a_price_inside_the_missing_hour_is_left_out() -> None:
    lines = [("00:00", "Night"), ("02:15", "Short"), ("02:45", "Day")]

    assert split(lines, "2026-03-08", NEW_YORK) == [("Night", 2), ("Day", 21)]


def test_the_repeated_hour_has_its_prices_twice() -> None:
    found = split([("00:00", "Night"), ("01:30", "Day")], "2026-11-01", NEW_YORK)

    assert found == [("Night", 1.5), ("Day", 0.5), ("Night", 0.5), ("Day", 22.5)]


def test_clocks_may_be_put_by_half_an_hour() -> None:
    lines = [("00:00", "Night"), ("02:00", "Day")]

    assert split(lines, "2026-10-04", LORD_HOWE) == [("Night", 2), ("Day", 21.5)]
    assert split(lines, "2026-04-05", LORD_HOWE) == [("Night", 2.5), ("Day", 22)]


MOMENTS = st.integers(0, 3 * 365 * 24 * 60).map(
    lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)


@given(begins=MOMENTS, minutes=st.integers(1, 60 * 24 * 40), share=st.floats(0, 0.999))
@pytest.mark.parametrize("zone", [NEW_YORK, LORD_HOWE])
def test_a_split_period_has_no_gap_and_agrees_with_each_moment(
    zone: ZoneInfo, begins: datetime, minutes: int, share: float
) -> None:
    ends = begins + timedelta(minutes=minutes)
    found = price_intervals(SCHEDULE, begins, ends, zone)
    moment = begins + (ends - begins) * share

    assert (found[0].begins_at, found[-1].ends_at) == (begins, ends)
    assert all(a.ends_at == b.begins_at and a.price != b.price for a, b in pairwise(found))
    (of_moment,) = [one for one in found if one.begins_at <= moment < one.ends_at]
    assert of_moment.price == price_at(SCHEDULE, moment, zone)


def test_a_flat_price_is_one_interval_and_no_time_is_none() -> None:
    schedule = schedule_of(flat(Decimal("0.08")))
    begins = datetime(2026, 1, 1, tzinfo=UTC)

    (whole,) = price_intervals(schedule, begins, begins + timedelta(days=365), NEW_YORK)
    assert (whole.price.export_per_kwh, whole.price.import_per_kwh) == (Decimal("0.08"), None)
    assert schedule.is_flat
    assert price_intervals(schedule, begins, begins, NEW_YORK) == ()


def without(number: int) -> dict[str, object]:
    kept = time_of_use()
    kept["lines"].pop(number)
    return kept


def changed(number: int, **values: object) -> dict[str, object]:
    kept = time_of_use()
    kept["lines"][number].update(values)
    return kept


@pytest.mark.parametrize(
    ("kept", "words"),
    [
        ({"lines": []}, "Give at least one price."),
        (without(0), "Summer has no price for a Monday from 00:00."),
        (without(3), "Summer has no price for a Saturday."),
        (changed(3, days="every_day"), "Summer has two prices for a Monday at the same time."),
        (changed(1, begins="25:00"), "Line 2: the time is written such as 16:00."),
        (changed(1, days="noday"), "Line 2: choose the days."),
        (changed(1, export="NaN"), "Line 2: the export price is an amount"),
        (changed(1, export=None), "Line 2: the export price is an amount"),
        (changed(1, **{"import": "much"}), "Line 2: the import price is an amount"),
        (changed(1, **{"import": ""}), "Give an import price on every line, or on none."),
        (changed(1, name=" "), "Line 2: name the season and the time of day."),
        (changed(4, season_begins="02-29"), "Line 5: the season begins on a day such as 06-01."),
        (changed(4, season_begins="10-02"), "Winter begins on two different days."),
        (changed(4, season="Cold"), "Two seasons begin on 10-01."),
        ({**time_of_use(), "holidays": ["4 July"]}, "A holiday is a date such as 2027-07-04"),
    ],
)
def test_a_schedule_with_holes_or_doubles_is_refused_in_words(
    kept: dict[str, object], words: str
) -> None:
    with pytest.raises(ScheduleError, match=words.replace(".", r"\.")):
        schedule_of(kept)
