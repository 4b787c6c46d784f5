"""A day that is over is put in order, and not one reading is lost or doubled (DV-4)."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from django.db import connection

from devices.models import HistoryProgress, LateSpan, QuarterHourRollup, Reading
from devices.services import ReadingRow, import_readings, keep_partitions, tidy_readings
from devices.services.rolling import roll_up_until

T0 = datetime(2026, 6, 15, tzinfo=UTC)
NOON = T0 + timedelta(hours=12)
UNTIL = T0 + timedelta(days=1, hours=1)
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_history")]


@pytest.fixture
def told(empty_history: None) -> None:
    """A day as the gateway writes it: all devices of a moment side by side."""
    import_readings(
        row(device_id, 60 * minute) for minute in range(24 * 60) for device_id in (1, 2, 3)
    )


def row(device_id: int, after_s: float) -> ReadingRow:
    at = T0 + timedelta(seconds=after_s)
    return ReadingRow(
        device_id=device_id, measured_at=at, received_at=at, active_power_w=1000.0, interval_s=60
    )


def as_it_lies() -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute("select device_id from devices_reading_20260615 order by ctid")
        return [device_id for (device_id,) in cursor.fetchall()]


def changes(devices: list[int]) -> int:
    return sum(one != other for one, other in pairwise(devices))


def test_each_devices_readings_lie_together(told: None) -> None:
    roll_up_until(UNTIL)
    assert changes(as_it_lies()) == 3 * 1440 - 1

    assert tidy_readings() >= 3 * 1440

    assert Reading.objects.count() == 3 * 1440
    assert changes(as_it_lies()) < 50
    assert tidy_readings() == 0
    assert not LateSpan.objects.exists()


def test_a_day_waits_until_it_is_rolled_up(told: None) -> None:
    roll_up_until(NOON)

    assert tidy_readings() == 0
    assert changes(as_it_lies()) == 3 * 1440 - 1


def test_what_comes_while_a_day_is_put_in_order_is_kept_and_rolled_up(told: None) -> None:
    roll_up_until(UNTIL)
    assert 0 < tidy_readings(most_readings=100) < 3 * 1440
    assert Reading.objects.count() == 3 * 1440

    import_readings([row(4, 3600), row(4, 3630)])
    assert tidy_readings() == 0
    roll_up_until(UNTIL)
    tidy_readings()

    assert Reading.objects.count() == 3 * 1440 + 2
    assert changes(as_it_lies()) < 50
    assert QuarterHourRollup.objects.get(device_id=4).covered_s == 30


def test_a_write_that_leaves_no_note_of_its_own_is_seen_too(told: None) -> None:
    roll_up_until(UNTIL)
    tidy_readings(most_readings=100)
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into devices_reading select 5, measured_at, received_at, 7, null, null, null,"
            " null, null, null, '', 0, 'good', '' from devices_reading where device_id = 1 limit 3"
        )

    roll_up_until(UNTIL)
    tidy_readings()

    assert Reading.objects.filter(device_id=5).count() == 3
    assert Reading.objects.count() == 3 * 1440 + 3
    assert QuarterHourRollup.objects.filter(device_id=5).exists()
    assert changes(as_it_lies()) < 50


def test_late_readings_find_their_way_into_a_day_in_order(told: None) -> None:
    roll_up_until(UNTIL)
    tidy_readings()

    import_readings([row(4, 3600), row(4, 3630)])
    roll_up_until(UNTIL)

    assert Reading.objects.count() == 3 * 1440 + 2
    assert QuarterHourRollup.objects.get(device_id=4).covered_s == 30


def test_a_day_that_goes_while_it_is_put_in_order_takes_its_copy_along(told: None) -> None:
    roll_up_until(UNTIL)
    tidy_readings(most_readings=100)

    dropped = keep_partitions(at=T0 + timedelta(days=40), keep_days=30)

    assert "devices_reading_20260615" in dropped
    assert not Reading.objects.exists()
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from pg_class where relname like '%\\_tidy%'")
        assert cursor.fetchone() == (0,)
    assert tidy_readings() == 0
    assert HistoryProgress.objects.get(part="tidy").done_until == T0
