"""Roll-ups say what the readings said: counters, gaps, what comes late, both DST nights (DV-4)."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from pytest_django import Settings

from devices.models import DayRollup, LateSpan, MinuteRollup, QuarterHourRollup
from devices.services import ReadingRow, import_readings
from devices.services.rolling import roll_up_until

T0 = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_history")]


def reading(after_s: float, power_w: float | None = 1000, **values: Any) -> ReadingRow:
    at = T0 + timedelta(seconds=after_s)
    counter = values.pop("energy_wh", 1000 + after_s / 3.6)
    return ReadingRow(
        device_id=values.pop("device_id", 1),
        measured_at=at,
        received_at=values.pop("received_at", at),
        active_power_w=power_w,
        energy_injected_wh=counter,
        **values,
    )


def roll_up(hours: float = 2) -> None:
    assert roll_up_until(T0 + timedelta(hours=hours))


def quarter(number: int = 0, device_id: int = 1) -> QuarterHourRollup:
    return QuarterHourRollup.objects.get(
        device_id=device_id, begins_at=T0 + timedelta(minutes=15 * number)
    )


def test_a_quarter_of_an_hour_tells_energy_power_and_how_much_of_it_was_heard() -> None:
    import_readings(
        reading(second, power_w=900 if second % 10 else 1100, voltage_v=230, reactive_power_var=50)
        for second in range(-10, 2000, 5)
    )

    roll_up()

    row = quarter()
    assert row.energy_injected_wh == pytest.approx(250)
    assert row.energy_absorbed_wh == 0
    assert row.is_injected_counted is True
    assert row.is_absorbed_counted is False
    assert row.covered_s == 900
    assert (row.count, row.good_count) == (180, 180)
    assert row.power_mean_w == pytest.approx(1000)
    assert (row.power_min_w, row.power_max_w) == (900, 1100)
    assert row.reactive_power_mean_var == pytest.approx(50)
    assert (row.voltage_min_v, row.voltage_mean_v, row.voltage_max_v) == (230, 230, 230)
    assert MinuteRollup.objects.filter(device_id=1).count() == 35


def test_a_gap_is_not_covered_and_its_energy_counts_where_it_lies_as_a_whole() -> None:
    import_readings(reading(second) for second in [*range(0, 305, 5), *range(600, 1805, 5)])

    roll_up()

    assert quarter().covered_s == 600
    assert quarter().energy_injected_wh == pytest.approx(250)
    assert quarter().power_mean_w == pytest.approx(1000)
    silent = MinuteRollup.objects.get(device_id=1, begins_at=T0 + timedelta(minutes=9))
    assert (silent.covered_s, silent.count, silent.power_mean_w) == (0, 0, None)
    assert silent.energy_injected_wh is None
    assert silent.silent_from == T0 + timedelta(seconds=300)
    assert silent.silent_injected_wh == pytest.approx(300 / 3.6)


def test_a_silence_over_a_border_is_named_and_counts_in_the_day() -> None:
    seconds = [*range(0, 605, 5), *range(1200, 3 * 86_400 + 5, 600)]
    import_readings(
        reading(second, interval_s=600 if second > 1200 else None) for second in seconds
    )

    roll_up(hours=60)

    assert quarter(0).energy_injected_wh == pytest.approx(600 / 3.6)
    assert quarter(1).energy_injected_wh == pytest.approx(600 / 3.6)
    assert quarter(1).silent_injected_wh == pytest.approx(600 / 3.6)
    assert quarter(1).silent_power_w is None
    first_day = DayRollup.objects.get(device_id=1, begins_at=T0 - timedelta(hours=12))
    assert first_day.energy_injected_wh == pytest.approx(12_000)
    assert first_day.covered_s == 12 * 3600 - 600
    assert first_day.is_injected_counted is True


def test_a_counter_set_back_is_bridged_by_power_and_said() -> None:
    before = [reading(second) for second in range(0, 305, 5)]
    after = [reading(second, energy_wh=(second - 305) / 3.6) for second in range(305, 905, 5)]
    import_readings([*before, *after])

    roll_up()

    assert quarter().energy_injected_wh == pytest.approx(250)
    assert quarter().is_injected_counted is False


def test_a_counter_that_goes_over_its_end_goes_on() -> None:
    end_wh = 2.0**32
    import_readings(
        reading(second, energy_wh=(end_wh - 100 + second / 3.6) % end_wh)
        for second in range(0, 905, 5)
    )

    roll_up()

    assert quarter().energy_injected_wh == pytest.approx(250)
    assert quarter().is_injected_counted is True


def test_a_counter_that_leaps_is_no_energy() -> None:
    import_readings(
        reading(second, energy_wh=1000 + second / 3.6 + (5e7 if second >= 450 else 0))
        for second in range(0, 905, 5)
    )

    roll_up()

    assert quarter().energy_injected_wh == pytest.approx(250)
    assert quarter().is_injected_counted is False


def test_without_counters_power_over_time_is_energy_on_both_sides_of_zero() -> None:
    import_readings(
        reading(second, power_w=-1000 if second < 450 else 2000, energy_wh=None)
        for second in range(0, 905, 10)
    )

    roll_up()

    row = quarter()
    assert row.energy_injected_wh == pytest.approx(2000 / 3600 * 450, rel=0.01)
    assert row.energy_absorbed_wh == pytest.approx(1000 / 3600 * 450, rel=0.02)
    assert row.power_mean_w == pytest.approx(-1000 / 2 + 2000 / 2, abs=20)
    assert row.is_injected_counted is False


def test_values_of_bad_quality_are_counted_as_heard_and_are_no_values() -> None:
    bad = [
        reading(second, power_w=9e9, energy_wh=9e9, voltage_v=9e9, quality="bad", reason="late")
        for second in range(3, 900, 50)
    ]
    import_readings([*(reading(second) for second in range(0, 905, 5)), *bad])

    roll_up()

    row = quarter()
    assert (row.count, row.good_count) == (180 + len(bad), 180)
    assert row.power_max_w == 1000
    assert row.energy_injected_wh == pytest.approx(250)


def test_the_last_state_of_charge_is_kept() -> None:
    import_readings(
        reading(second, state_of_charge_pct=50 + second / 100 if second < 600 else None)
        for second in range(0, 905, 5)
    )

    roll_up()

    assert quarter().state_of_charge_last_pct == pytest.approx(55.95)


def test_a_device_read_every_ten_minutes_is_covered_in_quarters_and_not_in_minutes() -> None:
    import_readings(
        reading(second, power_w=second, interval_s=600) for second in range(0, 3605, 600)
    )

    roll_up()

    assert quarter(0).covered_s == 900
    assert quarter(0).power_mean_w == pytest.approx(450)
    assert quarter(1).power_mean_w == pytest.approx(1350)
    assert not MinuteRollup.objects.exclude(covered_s=0).exists()


def test_a_quarter_is_told_in_full_when_the_reading_behind_it_comes_in_its_time() -> None:
    import_readings(reading(second, interval_s=600) for second in (0, 600))
    assert roll_up_until(T0 + timedelta(minutes=15))
    assert quarter(0).covered_s == 600

    import_readings([reading(1200, interval_s=600)])
    LateSpan.objects.all().delete()
    assert roll_up_until(T0 + timedelta(minutes=30))

    assert quarter(0).covered_s == 900
    assert quarter(1).covered_s == 300


@pytest.mark.parametrize(
    ("day", "begins_at", "hours"),
    [
        (date(2026, 3, 29), datetime(2026, 3, 28, 23, tzinfo=UTC), 23),
        (date(2026, 10, 25), datetime(2026, 10, 24, 22, tzinfo=UTC), 25),
        (date(2026, 6, 15), datetime(2026, 6, 14, 22, tzinfo=UTC), 24),
    ],
)
def test_a_day_is_the_utilitys_in_the_nights_the_clocks_change_too(
    settings: Settings, day: date, begins_at: datetime, hours: int
) -> None:
    settings.TIME_ZONE = "Europe/Vienna"
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=ZoneInfo("Europe/Vienna"))
    first_s = (noon - T0).total_seconds() - 40 * 3600
    import_readings(
        reading(first_s + 900 * number, energy_wh=1000 + 250 * number, interval_s=900)
        for number in range(80 * 4 + 1)
    )

    assert roll_up_until(noon + timedelta(hours=40))

    row = DayRollup.objects.get(device_id=1, begins_at=begins_at)
    assert row.energy_injected_wh == pytest.approx(1000 * hours)
    assert row.covered_s == hours * 3600
    assert row.power_mean_w == pytest.approx(1000)
    following = DayRollup.objects.filter(begins_at__gt=begins_at).order_by("begins_at")[0]
    assert following.begins_at == begins_at + timedelta(hours=hours)


def test_days_are_told_anew_when_the_utilitys_zone_changes(settings: Settings) -> None:
    import_readings(
        reading(900 * number, energy_wh=250 * number, interval_s=900) for number in range(400)
    )
    roll_up(hours=90)
    settings.TIME_ZONE = "America/New_York"

    roll_up(hours=90)

    midnights = DayRollup.objects.values_list("begins_at", flat=True).order_by("begins_at")
    assert [at.hour for at in midnights] == [4] * 4
    assert [row.energy_injected_wh for row in DayRollup.objects.order_by("begins_at")][1] == 24_000


def test_late_readings_change_minutes_quarters_days_and_strips_once() -> None:
    whole = [reading(second) for second in range(0, 2 * 86_400, 15)]
    hole = [row for row in whole if T0 + timedelta(hours=3) < row.measured_at]
    early = [row for row in whole if row.measured_at <= T0 + timedelta(hours=3)]
    kept = [row for row in hole if row.measured_at >= T0 + timedelta(hours=5)]
    late = [row for row in hole if row.measured_at < T0 + timedelta(hours=5)]
    import_readings([*early, *kept])
    roll_up(hours=40)
    assert strip(15) == (None, 0)

    import_readings(late)
    import_readings(late)
    roll_up(hours=40)

    assert not LateSpan.objects.exists()
    assert quarter(12).energy_injected_wh == pytest.approx(250)
    assert quarter(20).silent_from is None
    day = DayRollup.objects.get(begins_at=T0 - timedelta(hours=12))
    assert day.energy_injected_wh == pytest.approx(12_000)
    assert strip(15) == (pytest.approx(1000), 900)


def test_one_impossible_reading_stops_nothing() -> None:
    poison = [float("nan"), float("inf"), 1e308, -1e308, 5e-324]
    import_readings(
        reading(
            second + 2, value, energy_wh=value, voltage_v=value, energy_absorbed_wh=value,
            reactive_power_var=value, state_of_charge_pct=value, interval_s=value,
        )
        for second, value in enumerate(poison * 20, start=100)
    )  # fmt: skip
    import_readings(reading(second, device_id=2) for second in range(0, 905, 5))

    roll_up(hours=40)

    assert quarter(device_id=2).energy_injected_wh == pytest.approx(250)
    assert quarter(device_id=1).count == 100


def test_a_run_does_a_bounded_piece_and_the_next_goes_on() -> None:
    import_readings(
        reading(second, device_id=device) for second in range(0, 3600, 5) for device in (1, 2)
    )

    runs = 1
    while not roll_up_until(T0 + timedelta(hours=1), most_readings=500):
        runs += 1

    assert runs >= 3
    assert quarter(2).energy_injected_wh == pytest.approx(250)
    assert sum(QuarterHourRollup.objects.values_list("count", flat=True)) == 1440


def strip(hour: int) -> tuple[Any, int]:
    place = 4 * hour
    with connection.cursor() as cursor:
        cursor.execute(f"select p{place:02}, c{place:02} from devices_power_strip order by day")  # noqa: S608
        power_w, covered_s = cursor.fetchone()
    return power_w, covered_s
