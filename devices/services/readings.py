"""Storing many readings that did not come from the gateway's loop (DV-4)."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import islice

from django.db import connection, transaction

from devices.capabilities import OperatingState, Quality
from devices.models import COPY_COLUMNS, COPY_TYPES, READING_COLUMNS
from devices.services.partitions import READINGS, make_parts
from devices.services.rolling.late import note_late

CHUNK = 20_000
COPY_READINGS = f"copy devices_reading ({COPY_COLUMNS}, interval_s) from stdin (format binary)"


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
    # How long before `measured_at` it stands for; None for a value of the moment.
    interval_s: float | None = None


_NAMES = (*(name for name, _ in READING_COLUMNS), "interval_s")
_TYPES = [*COPY_TYPES, "float8"]


def import_readings(rows: Iterable[ReadingRow]) -> int:
    """Add readings to the history, as many as there are; returns how many. Days are made."""
    pending = iter(rows)
    total = 0
    while chunk := list(islice(pending, CHUNK)):
        with transaction.atomic(), connection.cursor() as cursor:
            make_parts(READINGS, {row.measured_at.astimezone(UTC).date() for row in chunk})
            with cursor.copy(COPY_READINGS) as copy:
                copy.set_types(_TYPES)
                for row in chunk:
                    copy.write_row([getattr(row, name) for name in _NAMES])
            note_late(_spans(chunk))
        total += len(chunk)
    return total


def _spans(rows: Sequence[ReadingRow]) -> Iterator[tuple[int, datetime, datetime]]:
    """From the first to the last reading of each device in each day."""
    ends: dict[tuple[int, date], tuple[datetime, datetime]] = {}
    for row in rows:
        key = row.device_id, row.measured_at.astimezone(UTC).date()
        first, last = ends.get(key, (row.measured_at, row.measured_at))
        ends[key] = min(first, row.measured_at), max(last, row.measured_at)
    for (device_id, _), (first, last) in ends.items():
        yield device_id, first, last
