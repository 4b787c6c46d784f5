"""Storing many readings, and keeping the days they lie in (DV-4)."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import islice

from django.db import connection, transaction

from devices.capabilities import OperatingState, Quality
from devices.models import COPY_COLUMNS, COPY_TYPES, READING_COLUMNS

DAYS_AHEAD = 3
CHUNK = 20_000
COPY_READINGS = f"copy devices_reading ({COPY_COLUMNS}) from stdin (format binary)"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingRow:
    """One reading as imports bring it; powers with injection positive, energies as counters."""

    device_id: int
    measured_at: datetime
    received_at: datetime
    active_power_w: float | None = None
    reactive_power_var: float | None = None
    voltage_v: float | None = None
    frequency_hz: float | None = None
    energy_injected_wh: float | None = None
    energy_absorbed_wh: float | None = None
    state_of_charge_pct: float | None = None
    operating_state: str = OperatingState.UNKNOWN
    alarm_bits: int = 0
    quality: str = Quality.GOOD
    reason: str = ""


_NAMES = tuple(name for name, _ in READING_COLUMNS)


def import_readings(rows: Iterable[ReadingRow]) -> int:
    """Add readings to the history, as many as there are; returns how many. Days are made."""
    pending = iter(rows)
    total = 0
    while chunk := list(islice(pending, CHUNK)):
        with transaction.atomic(), connection.cursor() as cursor:
            _make_days({row.measured_at.astimezone(UTC).date() for row in chunk})
            with cursor.copy(COPY_READINGS) as copy:
                copy.set_types(COPY_TYPES)
                for row in chunk:
                    copy.write_row([getattr(row, name) for name in _NAMES])
        total += len(chunk)
    return total


def keep_partitions(*, at: datetime, keep_days: int) -> list[str]:
    """Make the days ahead and drop those past keeping; returns the names of dropped partitions."""
    today = at.astimezone(UTC).date()
    with transaction.atomic():
        _make_days({today + timedelta(days=ahead) for ahead in range(-1, DAYS_AHEAD + 1)})
        oldest = partition_name(today - timedelta(days=keep_days))
        dropped = [name for name in partitions() if name < oldest]
        with connection.cursor() as cursor:
            for name in dropped:
                cursor.execute(f"drop table {connection.ops.quote_name(name)}")
    return dropped


def partitions() -> list[str]:
    """The names of the days there are, oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select relname from pg_inherits join pg_class on oid = inhrelid "
            "where inhparent = 'devices_reading'::regclass and relname <> 'devices_reading_default'"
            " order by relname"
        )
        return [row[0] for row in cursor.fetchall()]


def partition_name(day: date) -> str:
    return f"devices_reading_{day:%Y%m%d}"


def _make_days(days: Collection[date]) -> None:
    there = set(partitions())
    missing = sorted(day for day in days if partition_name(day) not in there)
    if not missing:
        return
    with connection.cursor() as cursor:
        # One maker at a time; readers and writers of other days go on.
        cursor.execute("select pg_advisory_xact_lock(hashtext('devices_reading'))")
        there = set(partitions())
        for day in missing:
            if partition_name(day) not in there:
                _make_day(day)


def _make_day(day: date) -> None:
    """Make one day's partition and move into it what had to wait in the default one."""
    name = connection.ops.quote_name(partition_name(day))
    bounds = [f"{day}T00:00:00Z", f"{day + timedelta(days=1)}T00:00:00Z"]
    with connection.cursor() as cursor:
        cursor.execute(f"create table {name} (like devices_reading including all)")
        cursor.execute("lock table devices_reading_default in access exclusive mode")
        cursor.execute(
            "with moved as (delete from devices_reading_default "  # noqa: S608  our own names
            f"where measured_at >= %s and measured_at < %s returning *) insert into {name} "
            "select * from moved",
            bounds,
        )
        cursor.execute(
            f"alter table devices_reading attach partition {name} for values from (%s) to (%s)",
            bounds,
        )
