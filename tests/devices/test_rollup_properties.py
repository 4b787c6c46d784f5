"""Whatever readings come, in whatever order: roll-ups say what they say, and nothing twice."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from django.db import connection
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from devices.models import DayRollup, MinuteRollup, QuarterHourRollup, Rollup
from devices.services import ReadingRow, import_readings
from devices.services.rolling import roll_up_until
from tests.devices import history_oracle

T0 = datetime(2026, 6, 15, 22, 0, tzinfo=UTC)
UNTIL = T0 + timedelta(days=3)
pytestmark = pytest.mark.django_db
LEVELS: tuple[tuple[type[Rollup], float], ...] = ((MinuteRollup, 60.0), (QuarterHourRollup, 900.0))

close = st.floats(0.5, 15.0)
apart = st.sampled_from([16.0, 50.0, 60.0, 90.0, 600.0, 899.0, 900.0, 1000.0, 7000.0, 40_000.0])
steps = st.one_of(close, close, close, st.just(5.0), st.just(5.0), apart)
sane = st.floats(-5000, 5000).map(lambda power_w: power_w if abs(power_w) >= 1e-9 else 0.0)
powers = st.one_of(st.none(), sane, st.sampled_from([0.0, -1000.0, 5000.0]))
events = st.sampled_from(["", "", "", "", "", "reset", "leap", "none", "bad", "twice"])
intervals = st.sampled_from([None, None, None, 60.0, 900.0])
# Each example is a history of its own in one database: that is slow, and making it smaller too.
looking = settings(
    max_examples=8,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
told = st.lists(
    st.lists(st.tuples(steps, powers, events, intervals), min_size=2, max_size=60),
    min_size=1,
    max_size=6,
)
Story = Sequence[tuple[float, float | None, str, float | None]]


def readings(stories: Sequence[Story]) -> list[ReadingRow]:
    return [row for number, story in enumerate(stories) for row in life(number + 1, story)]


def life(device_id: int, story: Story, *, counter_wh: float = 2.0**32 - 2_000) -> list[ReadingRow]:
    """A device's life: a counter that agrees with its power, and what happens to it."""
    rows = []
    after_s = 0.0
    for step_s, power_w, event, interval_s in story:
        after_s += round(step_s, 3)
        counter_wh = (counter_wh + abs(power_w or 0) * step_s / 3600) % 2.0**32
        if event == "reset":
            counter_wh = 10.0
        elif event == "leap":
            counter_wh += 3e7
        at = T0 + timedelta(seconds=after_s)
        row = ReadingRow(
            device_id=device_id,
            measured_at=at,
            received_at=at,
            active_power_w=power_w,
            energy_injected_wh=None if event == "none" else counter_wh,
            quality="bad" if event == "bad" else "good",
            interval_s=interval_s,
        )
        rows.append(row)
        if event == "twice":
            rows.append(row)
    return rows


def forget_all() -> None:
    rolled_up = "rollup_minute", "rollup_quarter_hour", "rollup_day", "power_strip"
    with connection.cursor() as cursor:
        for name in ("reading", "latespan", "historyprogress", *rolled_up):
            cursor.execute(f"delete from devices_{name}")  # noqa: S608


def agrees(rows: Sequence[ReadingRow]) -> None:
    lives: dict[int, list[ReadingRow]] = {}
    for row in rows:
        lives.setdefault(row.device_id, []).append(row)
    for model, level_s in LEVELS:
        expected = {
            (device_id, begins_at): one
            for device_id, mine in lives.items()
            for begins_at, one in history_oracle.roll_up(mine, level_s).items()
        }
        found = {(row.device_id, row.begins_at): row for row in model._default_manager.all()}
        assert set(found) == set(expected), model
        for key, one in expected.items():
            says(found[key], one)


def says(row: Rollup, one: history_oracle.Interval) -> None:
    assert row.covered_s == pytest.approx(one.covered_s, abs=1e-3)
    assert row.power_mean_w == pytest.approx(one.power_mean_w, abs=1e-3)
    assert row.energy_injected_wh == pytest.approx(one.injected_wh, abs=1e-3)
    assert row.energy_absorbed_wh == pytest.approx(one.absorbed_wh, abs=1e-3)
    assert row.silent_from == one.silent_from
    assert row.silent_injected_wh == pytest.approx(one.silent_injected_wh, abs=1e-3)
    assert row.silent_power_w == pytest.approx(one.silent_power_w, abs=1e-3)
    assert row.count == len(one.said)
    assert row.good_count == sum(said.quality == "good" for said in one.said)


@pytest.mark.usefixtures("empty_history")
@looking
@given(told, st.randoms(use_true_random=False))
def test_roll_ups_say_what_a_reader_would_work_out_by_hand(
    stories: Sequence[Story], random: Random
) -> None:
    forget_all()
    rows = readings(stories)
    random.shuffle(rows)
    import_readings(rows)

    assert roll_up_until(UNTIL)

    agrees(rows)


@pytest.mark.usefixtures("empty_history")
@looking
@given(told, st.randoms(use_true_random=False), st.integers(0, 100))
def test_what_comes_late_or_twice_ends_as_if_it_had_come_in_time(
    stories: Sequence[Story], random: Random, share: int
) -> None:
    forget_all()
    rows = readings(stories)
    early = [row for row in rows if random.randrange(100) < share]
    late = [row for row in rows if row not in early]
    random.shuffle(late)
    import_readings(early)
    stop = T0 + timedelta(seconds=random.randrange(86_400))
    roll_up_until(stop)

    for part in (late[::2], late[1::2], early[:3]):
        import_readings(part)
        roll_up_until(stop)
    assert roll_up_until(UNTIL)

    agrees(rows)


@pytest.mark.usefixtures("empty_history")
@looking
@given(st.lists(st.tuples(steps, sane.map(abs), st.just(""), intervals), min_size=2))
def test_no_energy_of_a_counter_is_lost_or_counted_twice(story: Story) -> None:
    forget_all()
    rows = life(1, story, counter_wh=1_000)
    import_readings(rows)

    assert roll_up_until(UNTIL)

    first_wh, last_wh = (row.energy_injected_wh or 0 for row in (rows[0], rows[-1]))
    days = list(DayRollup.objects.all())
    counted_wh = sum(day.energy_injected_wh or 0 for day in days)
    counted_wh += sum(day.silent_injected_wh or 0 for day in days)
    assert all(day.is_injected_counted in {True, None} for day in days)
    assert counted_wh == pytest.approx(last_wh - first_wh, abs=1e-3)
