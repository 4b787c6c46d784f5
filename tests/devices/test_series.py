"""The past of one device and of many, with every gap in its place (DV-4)."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db.models import Sum
from pytest_django import Settings

from devices.models import HistoryProgress, QuarterHourRollup, Resolution
from devices.selectors import device_series, group_series
from devices.selectors.resolutions import reach, resolution_for
from devices.services import ReadingRow, import_readings
from devices.services.rolling import roll_up_until

T0 = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_history")]


def row(device_id: int, after_s: float, power_w: float = 1000) -> ReadingRow:
    at = T0 + timedelta(seconds=after_s)
    return ReadingRow(
        device_id=device_id,
        measured_at=at,
        received_at=at,
        active_power_w=power_w,
        energy_injected_wh=after_s / 3.6,
        voltage_v=230.0,
    )


def at(minutes: float) -> datetime:
    return T0 + timedelta(minutes=minutes)


@pytest.fixture
def told(empty_history: None) -> None:
    """Device 1 without a hole, device 2 silent from the 20th to the 40th minute; all rolled up."""
    import_readings(row(1, second) for second in range(0, 7205, 5))
    import_readings(row(2, second, 500) for second in range(0, 7205, 5) if not 1200 < second < 2400)
    assert roll_up_until(at(120))


def test_a_gap_is_an_interval_without_values(told: None) -> None:
    minutes = device_series(2, at(15), at(45), Resolution.MINUTE)

    assert [one.begins_at for one in minutes.points] == [at(n) for n in range(15, 45)]
    assert [one.power_w for one in minutes.points] == pytest.approx(
        [500] * 5 + [None] * 20 + [500] * 5
    )
    assert minutes.points[5].covered_share == 0
    assert minutes.points[0].covered_share == 1
    assert minutes.points[0].good_share == 1
    assert minutes.points[10].good_share is None
    quarters = device_series(2, at(0), at(60), Resolution.QUARTER_HOUR).points
    assert [one.covered_s for one in quarters] == [900, 300, 300, 900]


def test_readings_themselves_have_their_gaps_between_them(told: None) -> None:
    series = device_series(2, at(19.9), at(40.1), Resolution.RAW)

    (gap,) = [one for one in series.points if one.power_w is None]
    assert (gap.begins_at, gap.ends_at) == (at(20), at(40))
    assert [one.power_w for one in series.points].count(500) == 4
    assert series.points[0].covered_s == 5


def test_what_is_not_worked_out_yet_is_no_gap(told: None) -> None:
    series = device_series(1, at(100), at(200), Resolution.MINUTE)

    assert series.complete_until == at(120)
    assert series.points[-1].ends_at == at(120)
    assert device_series(1, at(130), at(200), Resolution.MINUTE).points == []
    assert device_series(1, at(10), at(10), Resolution.MINUTE).points == []
    assert device_series(1, at(10), at(5)).points == []


def test_a_day_has_its_own_length_and_its_energy(settings: Settings) -> None:
    settings.TIME_ZONE = "Europe/Vienna"
    import_readings(
        ReadingRow(
            device_id=1,
            measured_at=T0 + timedelta(days=-80, minutes=15 * number),
            received_at=T0,
            energy_injected_wh=250.0 * number,
            interval_s=900,
        )
        for number in range(96 * 5)
    )
    roll_up_until(T0 - timedelta(days=74))

    series = device_series(
        1,
        datetime(2026, 3, 28, 12, tzinfo=UTC),
        datetime(2026, 3, 30, 12, tzinfo=UTC),
        Resolution.DAY,
    )

    hours = [(one.ends_at - one.begins_at) / timedelta(hours=1) for one in series.points]
    assert hours == [24, 23, 24]
    assert [one.energy_injected_wh for one in series.points] == pytest.approx([24e3, 23e3, 24e3])


def test_a_sum_says_how_much_of_its_members_was_heard_and_fills_nothing(told: None) -> None:
    sums = group_series([1, 2], at(10), at(50), Resolution.MINUTE)

    assert sums.points[0].power_w == pytest.approx(1500)
    assert sums.points[0].covered_share == 1
    assert sums.points[15].power_w == pytest.approx(1000)
    assert sums.points[15].covered_share == 0.5
    alone = group_series([2, 3], at(10), at(50), Resolution.MINUTE).points[15]
    assert (alone.power_w, alone.covered_share) == (None, 0)
    assert group_series([], at(10), at(50)).points == []


def test_strips_of_whole_days_and_rows_of_today_make_one_sum() -> None:
    """A member is away for a night; the sum is what the rows say, strip or no strip."""
    import_readings(
        ReadingRow(
            device_id=device_id,
            measured_at=T0 + timedelta(minutes=5 * number),
            received_at=T0,
            active_power_w=100.0 * device_id + number,
            interval_s=300,
        )
        for number in range(12 * 60)
        for device_id in (1, 2, 3)
        if device_id != 3 or not 100 < number < 300
    )
    assert roll_up_until(T0 + timedelta(hours=58))
    strips_until = HistoryProgress.objects.get(part="strip").done_until
    assert strips_until == datetime(2026, 6, 17, tzinfo=UTC)

    sums = group_series([1, 2, 3], at(30), at(50 * 60), Resolution.QUARTER_HOUR)

    rows = QuarterHourRollup.objects.values_list("begins_at").annotate(
        Sum("power_mean_w"), Sum("covered_s")
    )
    by_rows = {begins_at: (power_w, covered_s) for begins_at, power_w, covered_s in rows}
    assert len(sums.points) == 4 * 50 - 2
    for one in sums.points:
        power_w, covered_s = by_rows[one.begins_at]
        assert one.power_w == pytest.approx(power_w)
        assert one.covered_share == pytest.approx(covered_s / 2700, abs=1e-3)


@pytest.mark.parametrize(
    ("hours", "expected"),
    [(1, Resolution.RAW), (6, Resolution.MINUTE), (24 * 7, Resolution.QUARTER_HOUR),
     (24 * 90, Resolution.DAY)],
)  # fmt: skip
def test_the_span_chooses_the_resolution(told: None, hours: int, expected: Resolution) -> None:
    assert resolution_for(at(120) - timedelta(hours=hours), at(120), reach()) == expected


def test_what_was_dropped_is_told_more_coarsely(told: None) -> None:
    HistoryProgress.objects.filter(part="raw_dropped").update(done_until=at(60))

    assert resolution_for(at(50), at(70), reach()) == Resolution.MINUTE
    months_ago = T0 - timedelta(weeks=14)
    assert resolution_for(months_ago, months_ago + timedelta(hours=1), reach()) == (
        Resolution.QUARTER_HOUR
    )
