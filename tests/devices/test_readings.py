"""The history: days as partitions, thinned views, energy from counters (DV-4)."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection

from devices.models import Device, Reading
from devices.selectors import energy_between, readings_between
from devices.services import ReadingRow, import_readings, keep_partitions
from devices.services.partitions import READINGS, parts

T0 = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)
pytestmark = pytest.mark.usefixtures("empty_history")


def row(
    device: Device | int, after_s: float, power_w: float = 1000, energy_wh: float | None = None
) -> ReadingRow:
    at = T0 + timedelta(seconds=after_s)
    return ReadingRow(
        device_id=device if isinstance(device, int) else device.pk,
        measured_at=at,
        received_at=at,
        active_power_w=power_w,
        energy_injected_wh=1000 + after_s / 3.6 if energy_wh is None else energy_wh,
    )


def test_an_import_makes_the_days_it_needs(db: None) -> None:
    count = import_readings(row(7, 3600 * hour) for hour in range(48))

    days = {READINGS.part(date(2026, 6, day)) for day in (15, 16, 17)}
    assert count == Reading.objects.count() == 48
    assert days <= set(parts(READINGS))


def test_late_rows_move_out_of_the_default_partition_when_their_day_is_made(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into devices_reading_default (device_id, measured_at, received_at,"
            " operating_state, alarm_bits, quality, reason) values (1, %s, %s, '', 0, 'good', '')",
            [T0, T0],
        )

    keep_partitions(at=T0, keep_days=30)

    with connection.cursor() as cursor:
        cursor.execute("select count(*) from devices_reading_default")
        assert cursor.fetchone() == (0,)
    assert Reading.objects.count() == 1


def test_history_is_thinned_to_the_points_asked_for(db: None) -> None:
    import_readings(row(1, second, power_w=second) for second in range(0, 600, 5))

    points = readings_between(1, T0, T0 + timedelta(minutes=10), max_points=10)

    assert len(points) == 10
    assert points[0].active_power_w == pytest.approx(27.5)
    assert all(point.count == 12 and point.is_good for point in points)


def test_a_gap_in_the_history_stays_a_gap(db: None) -> None:
    import_readings([row(1, 0), row(1, 590)])

    points = readings_between(1, T0, T0 + timedelta(minutes=10), max_points=10)

    assert [point.at for point in points] == [T0, T0 + timedelta(minutes=9)]


def test_energy_comes_from_the_counter_with_the_borders_interpolated(db: None) -> None:
    import_readings(row(1, second) for second in range(0, 660, 5))

    spans = energy_between([1, 2], T0 + timedelta(seconds=2), T0 + timedelta(seconds=602))

    span = spans[1]
    assert set(spans) == {1}
    assert span.injected_wh == pytest.approx(600 / 3.6)
    assert span.absorbed_wh is None
    assert span.net_wh == pytest.approx(600 / 3.6)
    assert (span.gap_s, span.missing_s) == (0, 0)


def test_energy_over_a_gap_is_known_and_the_gap_is_named(db: None) -> None:
    import_readings(row(1, second) for second in [*range(0, 200, 5), *range(400, 610, 5)])

    span = energy_between([1], T0, T0 + timedelta(seconds=600))[1]

    assert span.injected_wh == pytest.approx(600 / 3.6)
    assert span.gap_s == pytest.approx(205)
    assert span.missing_s == 0


def test_time_without_readings_at_the_ends_is_missing(db: None) -> None:
    import_readings(row(1, second) for second in range(100, 400, 5))

    span = energy_between([1], T0, T0 + timedelta(seconds=600))[1]

    assert span.injected_wh == pytest.approx(295 / 3.6)
    assert span.missing_s == pytest.approx(305)
    assert span.covered_from == T0 + timedelta(seconds=100)


def test_a_counter_that_runs_backwards_counts_as_a_gap(db: None) -> None:
    before = [row(1, second) for second in range(0, 300, 5)]
    after = [row(1, second, energy_wh=(second - 300) / 3.6) for second in range(300, 605, 5)]
    import_readings([*before, *after])

    span = energy_between([1], T0, T0 + timedelta(seconds=600))[1]

    assert span.injected_wh == pytest.approx(595 / 3.6)
    assert span.gap_s == pytest.approx(5)


def test_readings_of_bad_quality_are_no_energy(db: None) -> None:
    bad = ReadingRow(
        device_id=1,
        measured_at=T0 + timedelta(seconds=7),
        received_at=T0,
        energy_injected_wh=9e9,
        quality="bad",
    )
    import_readings([row(1, 0), bad, row(1, 10)])

    span = energy_between([1], T0, T0 + timedelta(seconds=10))[1]

    assert span.injected_wh == pytest.approx(10 / 3.6)


def test_no_span_has_no_energy(db: None) -> None:
    assert energy_between([1], T0, T0) == {}
    assert readings_between(1, T0, T0) == []
