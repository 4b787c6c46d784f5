"""A device's past handed out as a file, the same from its page and from REST (DV-4, OP-1)."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from urllib.parse import urlencode

from derms.accounts.exports import record_export
from derms.accounts.models import User
from derms.lib.csv_export import Column
from devices import selectors
from devices.models import Resolution
from devices.selectors import Interval

DIGITS = 4


@dataclass(frozen=True, slots=True)
class ReadingExport:
    """What is handed out; `rows` asks for a piece of the past at a time and is read once."""

    name: str
    columns: Sequence[Column[Interval]]
    rows: Iterator[Interval]


def export_readings(
    *,
    device_id: int,
    from_at: datetime,
    to_at: datetime,
    resolution: Resolution,
    at: datetime,
    by: User,
) -> ReadingExport:
    """Write down who takes this device's past, and give every interval of it, gaps too."""
    asked = {
        "device": device_id,
        "from": from_at.isoformat(timespec="seconds"),
        "to": to_at.isoformat(timespec="seconds"),
        "resolution": resolution,
    }
    record_export(
        person=by,
        list_name="device_readings",
        query=urlencode(asked),
        rows=selectors.heard_count(device_id, from_at, to_at, resolution),
        at=at,
    )
    return ReadingExport(
        name=f"device-{device_id}-{resolution}",
        columns=COLUMNS,
        rows=selectors.intervals_of(device_id, from_at, to_at, resolution),
    )


def _rounded(name: str) -> Callable[[Interval], object]:
    value_of = attrgetter(name)

    def value(row: Interval) -> object:
        value = value_of(row)
        return round(value, DIGITS) if isinstance(value, float) else value

    return value


COLUMNS = [Column[Interval](name, _rounded(name)) for name in Interval._fields]
