"""Pictures of the past say the same from roll-ups as from readings, and for longer (DV-4)."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from devices.models import HistoryProgress, Resolution
from devices.selectors import bucket_for, energy_between, energy_of_day, sums_in_buckets
from devices.selectors.history import readings_between
from devices.selectors.past import MINUTE, QUARTER, points_between
from devices.services import ReadingRow, import_readings
from devices.services.rolling import roll_up_until

T0 = datetime(2026, 6, 15, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_history")]


def tell(
    length: timedelta, every: timedelta, devices: Collection[int] = (1,), silent: range = range(0)
) -> None:
    """Device n gives n kW; numbers of readings in `silent` are missing."""
    import_readings(
        ReadingRow(
            device_id=device,
            measured_at=T0 + number * every,
            received_at=T0 + number * every,
            active_power_w=1000.0 * device,
            voltage_v=230.0,
            energy_injected_wh=1000.0 * device * (number * every / HOUR),
            interval_s=every.total_seconds(),
        )
        for number in range(length // every + 1)
        for device in devices
        if number not in silent
    )


def drop_readings(until: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute("delete from devices_reading where measured_at < %s", [until])
    HistoryProgress.objects.filter(part="raw_dropped").update(done_until=until)


def test_a_week_comes_by_the_quarter_of_an_hour_and_ends_with_what_was_just_read() -> None:
    tell(7 * DAY, timedelta(minutes=5), silent=range(288, 360))
    roll_up_until(T0 + 7 * DAY - HOUR)
    asked = (1, T0, T0 + 7 * DAY, 480)

    points = points_between(*asked)
    thinned = readings_between(*asked)

    assert [one.active_power_w for one in points] == pytest.approx([1000] * len(points))
    assert {one.voltage_v for one in points} == {230.0}
    assert points[-1].at >= T0 + 7 * DAY - QUARTER
    assert len({one.at for one in points}) == len(points)
    silence = [one.at for one in points if T0 + DAY < one.at < T0 + DAY + 5.5 * HOUR]
    assert silence == []
    assert len(points) > len(thinned) * 1.3


def test_a_short_span_and_a_past_without_roll_ups_come_from_the_readings() -> None:
    tell(2 * DAY, timedelta(minutes=5))

    assert points_between(1, T0, T0 + DAY, 480) == readings_between(1, T0, T0 + DAY, 480)
    assert len(points_between(1, T0, T0 + 2 * DAY, 100)) == 4 * 48


@pytest.mark.parametrize("resolution", [Resolution.MINUTE, Resolution.QUARTER_HOUR])
def test_sums_are_the_same_from_readings_and_from_roll_ups(resolution: Resolution) -> None:
    tell(6 * HOUR, timedelta(seconds=30), devices=(1, 2, 3))
    roll_up_until(T0 + 5 * HOUR + timedelta(minutes=20))
    asked = ([1, 2, 3], T0, T0 + 6 * HOUR, HOUR)

    rolled_up = sums_in_buckets(*asked, resolution)
    read = sums_in_buckets(*asked, Resolution.RAW)

    assert list(rolled_up) == list(read) == [T0 + n * HOUR for n in range(6)]
    for at, (power_w, heard) in read.items():
        assert rolled_up[at][0] == pytest.approx(power_w)
        assert rolled_up[at][1] == pytest.approx(heard)


def test_who_is_silent_counts_as_not_heard() -> None:
    tell(2 * HOUR, timedelta(seconds=30), devices=(1,))
    tell(2 * HOUR, timedelta(seconds=30), devices=(2,), silent=range(1, 120))
    roll_up_until(T0 + 2 * HOUR)

    sums = sums_in_buckets([1, 2], T0, T0 + 2 * HOUR, HOUR, Resolution.QUARTER_HOUR)

    assert list(sums[T0]) == pytest.approx([1000, 1])
    assert list(sums[T0 + HOUR]) == pytest.approx([3000, 2])


def test_the_bucket_fits_what_is_kept_and_how_many_are_added_up() -> None:
    tell(timedelta(minutes=1), timedelta(seconds=30))
    roll_up_until(T0 + HOUR)
    five_minutes, ten_s = timedelta(minutes=5), timedelta(seconds=10)

    assert bucket_for(3, T0, T0 + DAY, five_minutes) == (five_minutes, Resolution.RAW)
    assert bucket_for(3, T0, T0 + DAY, HOUR) == (HOUR, Resolution.QUARTER_HOUR)
    assert bucket_for(5000, T0, T0 + 2 * HOUR, ten_s) == (MINUTE, Resolution.MINUTE)
    assert bucket_for(5000, T0, T0 + DAY, ten_s) == (QUARTER, Resolution.QUARTER_HOUR)
    drop_readings(T0 + DAY)
    assert bucket_for(3, T0, T0 + DAY, five_minutes) == (QUARTER, Resolution.QUARTER_HOUR)


def test_the_energy_of_a_day_outlives_its_readings() -> None:
    tell(2 * DAY, timedelta(minutes=5), devices=(1, 2))
    roll_up_until(T0 + 2 * DAY)
    before = energy_between([1, 2], T0, T0 + DAY)

    assert energy_of_day([1, 2], T0, T0 + DAY) == before
    drop_readings(T0 + DAY)
    after = energy_of_day([1, 2, 3], T0, T0 + DAY)

    assert set(after) == {1, 2}
    assert after[2].injected_wh == pytest.approx(before[2].injected_wh) == pytest.approx(48_000)
    assert after[2].missing_s == 0
