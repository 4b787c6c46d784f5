"""Several writers, several runs: a reading that is not yet visible is never left out (DV-4)."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count

import psycopg
import pytest
from django.db import connection

from devices.gateway.database import parameters
from devices.gateway.store import Store
from devices.models import HistoryProgress, LateSpan, MinuteRollup
from devices.services import ReadingRow, import_readings, roll_up_readings
from devices.services.rolling.progress import held_progress
from tests.devices.waiting import wait_until

T0 = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)
INSERT = (
    "insert into devices_reading (device_id, measured_at, received_at, active_power_w,"
    " operating_state, alarm_bits, quality, reason)"
    " select 1, %(at)s + n * interval '5 s', %(at)s, 1000, '', 0, 'good', ''"
    " from generate_series(0, 12) n"
)
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def other(empty_history: None) -> Iterator[psycopg.Connection]:
    """A second connection, as of a gateway worker."""
    with psycopg.connect(**parameters()) as opened:
        yield opened
    with connection.cursor() as cursor:
        cursor.execute("truncate devices_reading, devices_rollup_minute")
        cursor.execute("truncate devices_rollup_quarter_hour, devices_rollup_day")


def at(minutes: float) -> datetime:
    return T0 + timedelta(minutes=minutes)


def roll_up_until_it_is_there(first: int, *, device_id: int) -> None:
    """Each run later by a minute; a transaction of any database on the server holds runs back."""
    minutes = count(first)

    def is_there() -> bool:
        roll_up_readings(at=at(next(minutes)))
        return MinuteRollup.objects.filter(device_id=device_id).exists()

    wait_until(is_there, f"the minute of device {device_id} is rolled up")


def test_a_minute_waits_for_a_writer_that_has_not_finished(other: psycopg.Connection) -> None:
    import_readings([ReadingRow(device_id=2, measured_at=T0, received_at=T0, active_power_w=1.0)])
    roll_up_readings(at=at(-1))
    other.execute(INSERT, {"at": T0})

    for minutes in (2, 3, 4):
        roll_up_readings(at=at(minutes))
    assert list(MinuteRollup.objects.all()) == []

    other.commit()
    roll_up_until_it_is_there(5, device_id=1)

    assert MinuteRollup.objects.get(device_id=1, begins_at=T0).covered_s == 60


def test_a_run_leaves_everything_to_the_one_that_is_at_work(other: psycopg.Connection) -> None:
    import_readings([ReadingRow(device_id=2, measured_at=T0, received_at=T0, active_power_w=1.0)])
    roll_up_readings(at=at(5))
    other.execute("select * from devices_historyprogress for update")

    assert roll_up_readings(at=at(6)) is False
    assert not MinuteRollup.objects.exists()

    other.rollback()
    roll_up_until_it_is_there(7, device_id=2)


def test_a_piece_that_ends_in_the_middle_leaves_nothing(other: psycopg.Connection) -> None:
    def begin_and_fail() -> None:
        with held_progress() as progress:
            assert progress is not None
            progress.begin(HistoryProgress.Part.MINUTE, T0)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        begin_and_fail()

    assert not HistoryProgress.objects.exclude(done_until=None).exists()


def test_the_gateway_notes_what_it_stores_late_and_nothing_else(empty_history: None) -> None:
    now = datetime.now(tz=UTC)
    put([row(1, now), row(2, now - timedelta(seconds=15))])
    assert not LateSpan.objects.exists()

    put([row(3, now - timedelta(minutes=8)), row(3, now - timedelta(minutes=6)), row(4, now)])

    spans = {span.device_id: (span.from_at, span.to_at) for span in LateSpan.objects.all()}
    assert spans == {3: (now - timedelta(minutes=8), now - timedelta(minutes=6)), 4: (now, now)}


def row(device_id: int, moment: datetime) -> tuple[object, ...]:
    return (device_id, moment, moment, 1.0, *[None] * 6, "", 0, "good", "")


def put(rows: list[tuple[object, ...]]) -> None:
    async def store() -> None:
        store = Store(parameters())
        await store.put([], {}, rows)
        await store.close()

    asyncio.run(store())
