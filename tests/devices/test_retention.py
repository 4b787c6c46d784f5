"""What is kept how long, and that nothing goes before what is made from it is complete (DV-4)."""

from datetime import UTC, datetime, timedelta

import pytest
from pytest_django import Settings

from devices.models import DayRollup, HistoryProgress, MinuteRollup, QuarterHourRollup, Reading
from devices.services import ReadingRow, import_readings, keep_partitions
from devices.services.partitions import MINUTES, QUARTER_HOURS, READINGS, STRIPS, parts
from devices.services.rolling import roll_up_until

T0 = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_history")]


def row(days: float, after_s: float = 0, device_id: int = 1, power_w: float = 1000) -> ReadingRow:
    at = T0 + timedelta(days=days, seconds=after_s)
    return ReadingRow(device_id=device_id, measured_at=at, received_at=at, active_power_w=power_w)


def part(days: float) -> str:
    return READINGS.part((T0 + timedelta(days=days)).date())


def test_days_ahead_are_made_and_old_ones_dropped() -> None:
    import_readings([row(-40), row(-20), row(0)])
    roll_up_until(T0)

    dropped = keep_partitions(at=T0, keep_days=30)

    assert part(-40) in dropped
    assert part(-20) not in dropped
    assert part(3) in parts(READINGS)
    assert Reading.objects.count() == 2
    assert keep_partitions(at=T0, keep_days=30) == []


def test_readings_stay_until_they_are_rolled_up() -> None:
    import_readings([row(-40)])

    assert keep_partitions(at=T0, keep_days=30) == []
    roll_up_until(T0 - timedelta(days=39, hours=12))
    assert keep_partitions(at=T0, keep_days=30) == []
    assert Reading.objects.count() == 1

    roll_up_until(T0)
    assert part(-40) in keep_partitions(at=T0, keep_days=30)
    assert QuarterHourRollup.objects.filter(device_id=1, count=1).exists()


def test_readings_stay_while_late_ones_wait() -> None:
    import_readings([row(-40)])
    roll_up_until(T0)
    import_readings([row(-40, 5)])

    assert keep_partitions(at=T0, keep_days=30) == []

    roll_up_until(T0)
    assert part(-40) in keep_partitions(at=T0, keep_days=30)
    assert QuarterHourRollup.objects.get(device_id=1, count=2).covered_s == 5


def test_what_comes_later_than_readings_are_kept_changes_no_closed_interval() -> None:
    import_readings(row(-40, second) for second in range(0, 900, 5))
    roll_up_until(T0)
    keep_partitions(at=T0, keep_days=30)

    import_readings([row(-40, 7, power_w=9e6), row(-40, 0, device_id=2), row(-40, 5, device_id=2)])
    roll_up_until(T0)

    first = QuarterHourRollup.objects.get(device_id=1, begins_at=T0 - timedelta(days=40))
    assert (first.count, first.power_max_w) == (180, 1000)
    assert QuarterHourRollup.objects.get(device_id=2).covered_s == 5
    assert part(-40) in keep_partitions(at=T0, keep_days=30)
    assert DayRollup.objects.get(device_id=1).count == 180


def test_roll_ups_go_when_their_own_time_is_over(settings: Settings) -> None:
    settings.MINUTES_KEEP_WEEKS = 2
    settings.QUARTER_HOURS_KEEP_YEARS = 0
    import_readings([row(-60, second) for second in range(0, 900, 5)] + [row(0)])
    roll_up_until(T0)
    assert MinuteRollup.objects.count() == 15

    dropped = keep_partitions(at=T0, keep_days=30)

    old = (T0 - timedelta(days=60)).date()
    assert {MINUTES.part(old), QUARTER_HOURS.part(old), STRIPS.part(old)} <= set(dropped)
    assert not MinuteRollup.objects.exists()
    assert DayRollup.objects.get().count == 180


def test_quarters_of_an_hour_stay_until_days_are_made_of_them(settings: Settings) -> None:
    settings.QUARTER_HOURS_KEEP_YEARS = 0
    import_readings([row(-60), row(0)])
    roll_up_until(T0)
    days = HistoryProgress.objects.get(part="day")
    HistoryProgress.objects.filter(part="day").update(done_until=days.begun_at)

    dropped = keep_partitions(at=T0, keep_days=10_000)

    assert not any(name.startswith(QUARTER_HOURS.name) for name in dropped)
    assert QuarterHourRollup.objects.exists()
