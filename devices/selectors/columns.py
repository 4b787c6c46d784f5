"""A device's readings one by one, as columns: many of them cost little (DV-4)."""

import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from math import isnan
from typing import Any

from django.db import connection

# PostgreSQL counts microseconds from here.
ORIGIN = datetime(2000, 1, 1, tzinfo=UTC)
ORIGIN_S = ORIGIN.timestamp()
# Head of an array of one dimension, then each value behind its own length.
HEAD = 20
# A value that is no number is told like one that is not there.
VALUES: Mapping[str, str] = {
    name: f"coalesce({name}, 'nan')"
    for name in (
        "active_power_w", "reactive_power_var", "voltage_v", "frequency_hz",
        "energy_injected_wh", "energy_absorbed_wh", "state_of_charge_pct", "interval_s",
    )
} | {"is_good": "case when quality = 'good' then 1.0::float8 else 0 end"}  # fmt: skip

# An array for each column: rows would each be unpacked on their own.
ASKED = "select {arrays} from ({read}) r"
_READ = """
select {distinct} * from devices_reading
where device_id = %(device)s and measured_at >= %(begins_at)s and measured_at < %(ends_at)s
  and quality <> 'bad' {order}
"""
AS_IT_LIES = _READ.format(distinct="", order="")
# What came twice counts as it came last.
IN_ORDER = _READ.format(
    distinct="distinct on (measured_at)", order="order by measured_at, received_at desc"
)


@dataclass(frozen=True, slots=True)
class ReadingColumns:
    """Usable readings in the order of time, each moment once; None where a value is missing."""

    at_us: Sequence[int]
    values: Mapping[str, Sequence[float | None]]

    def epochs(self) -> list[float]:
        """Their times in seconds as pages count them."""
        return [ORIGIN_S + us / 1e6 for us in self.at_us]

    def moments(self) -> Iterator[datetime]:
        return (ORIGIN + timedelta(microseconds=us) for us in self.at_us)


def reading_columns(
    device_id: int, begins_at: datetime, ends_at: datetime, names: Sequence[str]
) -> ReadingColumns:
    """These values (keys of VALUES) of all readings in begins_at..ends_at, end exclusive."""
    facts = {"device": device_id, "begins_at": begins_at, "ends_at": ends_at}
    found = _asked(AS_IT_LIES, facts, names)
    # They nearly always lie in order, and sorting would cost as much as reading.
    if any(later <= earlier for earlier, later in pairwise(found.at_us)):
        found = _asked(IN_ORDER, facts, names)
    return found


def _asked(read: str, facts: Mapping[str, Any], names: Sequence[str]) -> ReadingColumns:
    columns = ["measured_at", *(VALUES[name] for name in names)]
    arrays = ", ".join(f"array_send(array_agg({column}))" for column in columns)
    with connection.cursor() as cursor:
        cursor.execute(ASKED.format(arrays=arrays, read=read), facts)
        at, *sent = cursor.fetchone()
    return ReadingColumns(
        at_us=_unpacked(at, ">4xq"),
        values={name: _values(column) for name, column in zip(names, sent, strict=True)},
    )


def _values(sent: bytes | None) -> list[float | None]:
    values = _unpacked(sent, ">4xd")
    # Their sum is a number nearly always, and looking at each one takes longer than unpacking.
    return [None if isnan(value) else value for value in values] if isnan(sum(values)) else values


def _unpacked(sent: bytes | None, form: str) -> list[Any]:
    if sent is None:
        return []
    return [value for (value,) in struct.iter_unpack(form, memoryview(sent)[HEAD:])]
