"""The questions of the past: one device's day second by second, a group's month (DV-4).

The tables hold more than is asked for, as they would: readings of a moment side by side, days that
are over put in order by the product's own job. What is measured is the whole selector, from the
question to its dataclasses.
"""

import statistics
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from devices.models import HistoryProgress, Resolution
from devices.selectors import group_series, reading_columns
from devices.services import tidy_readings
from devices.services.partitions import QUARTER_HOURS, READINGS, STRIPS, make_parts, midnight
from tests.bench.figures import Figure
from tests.bench.options import Options
from tests.bench.tables import empty_tables

Part = HistoryProgress.Part
ONE_DAY = timedelta(days=1)
# Midnight two days ago, and the noon a month before it.
DAY = midnight(timezone.now().astimezone(UTC).date()) - 2 * ONE_DAY
MONTH = DAY - 30 * ONE_DAY + timedelta(hours=12)
READ_DEVICES, ASKED_DEVICE = 40, 17
FLEET, GROUP = 10_000, 5_000
MOST_DAY_MS, MOST_MONTH_S = 100, 1

# A second's readings of all devices side by side, as the gateway stores them.
READ = """
insert into devices_reading (device_id, measured_at, received_at, active_power_w,
    reactive_power_var, voltage_v, energy_injected_wh, operating_state, alarm_bits, quality,
    reason)
select device, at, at, 2500 + 2500 * sin(extract(epoch from at) / 9000 + device), 40.5,
    230 + random(), 1e6 + extract(epoch from at - %(day)s) * 0.7, 'running', 0, 'good', ''
from generate_series(%(day)s::timestamptz, %(day)s::timestamptz + interval '1 day' - interval '1 s',
    interval '1 s') at cross join generate_series(1, %(devices)s) device
"""
STRIPS_OF_A_DAY = """
insert into devices_power_strip (device_id, day, {columns})
select device, %(day)s, {values} from generate_series(1, %(devices)s) device
"""
QUARTERS = """
insert into devices_rollup_quarter_hour (device_id, begins_at, covered_s, count, good_count,
    power_mean_w)
select device, at, 900, 180, 180, 1000 + mod(device, 700)
from generate_series(%(begins_at)s, %(ends_at)s::timestamptz - interval '1 s', interval '15 min') at
cross join generate_series(1, %(devices)s) device
"""


def measure(options: Options) -> list[Figure]:
    rounds = 3 * options.rounds
    try:
        return [*_day(rounds), _month(rounds)]
    finally:
        _forget()


def _day(rounds: int) -> list[Figure]:
    _forget()
    with transaction.atomic(), connection.cursor() as cursor:
        make_parts(READINGS, {DAY.date()})
        cursor.execute(READ, {"day": DAY, "devices": READ_DEVICES})
        print(f"{cursor.rowcount:,} readings of {READ_DEVICES} devices", flush=True)
        cursor.execute("analyze devices_reading")
    as_written_ms = _took(_ask_day, rounds)
    _done_until(DAY + 2 * ONE_DAY)
    while tidy_readings():
        pass
    in_order_ms, in_full_ms = _took(_ask_day, rounds), _took(_ask_day_in_full, rounds)
    return [
        _figure("history_day_ms", in_order_ms, "ms, power of 86,400 readings", MOST_DAY_MS),
        _figure("history_day_as_written_ms", as_written_ms, "ms, before it is put in order"),
        _figure("history_day_in_full_ms", in_full_ms, "ms, five values of each"),
    ]


def _figure(name: str, took: list[float], unit: str, most: float | None = None) -> Figure:
    value = statistics.median(took)
    return Figure(
        name, value, unit, spread=(min(took), max(took)),
        target=f"< {most:g}" if most else "", is_met=value < most if most else None,
    )  # fmt: skip


def _ask_day() -> None:
    _ask("active_power_w")


def _ask_day_in_full() -> None:
    _ask("active_power_w", "reactive_power_var", "voltage_v", "frequency_hz", "energy_injected_wh")


def _ask(*names: str) -> None:
    read = reading_columns(ASKED_DEVICE, DAY, DAY + ONE_DAY, names)
    assert len(read.at_us) == ONE_DAY.total_seconds(), len(read.at_us)
    assert all(len(column) == len(read.at_us) for column in read.values.values())


def _took(ask: Callable[[], None], rounds: int) -> list[float]:
    took_ms = []
    for number in range(rounds):
        began = time.perf_counter()
        ask()
        took_ms.append(1000 * (time.perf_counter() - began))
        print(f"{ask.__name__[1:]}, round {number + 1}: {took_ms[-1]:.1f} ms", flush=True)
    return took_ms


def _month(rounds: int) -> Figure:
    _forget()
    today = DAY
    days = [MONTH.date() + timedelta(days=number) for number in range(30)]
    with transaction.atomic(), connection.cursor() as cursor:
        make_parts(STRIPS, days)
        make_parts(QUARTER_HOURS, [today.date()])
        for day in days:
            _make_strips(day)
        facts: dict[str, Any] = {
            "begins_at": today,
            "ends_at": today + timedelta(hours=12),
            "devices": FLEET,
        }
        cursor.execute(QUARTERS, facts)
        cursor.execute("analyze devices_power_strip, devices_rollup_quarter_hour")
    print(f"{30 * FLEET:,} strips of {FLEET:,} devices, half a day in rows", flush=True)
    _done_until(today + timedelta(hours=12), strips_until=today)
    took_s = [took_ms / 1000 for took_ms in _took(_ask_month, rounds)]
    unit = f"s, 2,880 sums of {GROUP:,} devices"
    return _figure("history_group_month_s", took_s, unit, MOST_MONTH_S)


def _ask_month() -> None:
    members = range(1, 2 * GROUP, FLEET // GROUP)
    sums = group_series(members, MONTH, MONTH + timedelta(days=30), Resolution.QUARTER_HOUR)
    assert len(sums.points) == 2_880, len(sums.points)
    assert all(one.covered_share == 1 for one in sums.points)


def _make_strips(day: date) -> None:
    slots = range(96)
    columns = ", ".join(f"{kind}{slot:02}" for kind in "pc" for slot in slots)
    values = ", ".join(
        [f"1000 + mod(device, {500 + slot})" for slot in slots] + ["900"] * len(slots)
    )
    statement = STRIPS_OF_A_DAY.format(columns=columns, values=values)
    with connection.cursor() as cursor:
        cursor.execute(statement, {"day": day, "devices": FLEET})


def _done_until(until: datetime, *, strips_until: datetime | None = None) -> None:
    """As if the job had rolled all of it up."""
    HistoryProgress.objects.all().delete()
    done = dict.fromkeys((Part.COMPLETE, Part.MINUTE, Part.QUARTER_HOUR), until)
    done[Part.STRIP] = strips_until or until
    HistoryProgress.objects.bulk_create(
        HistoryProgress(part=part, begun_at=at, done_until=at, zone="UTC")
        for part, at in done.items()
    )


def _forget() -> None:
    empty_tables()
    HistoryProgress.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute("truncate devices_rollup_quarter_hour, devices_power_strip")
