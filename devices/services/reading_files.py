"""Readings from a file, late as they may be: all of a file or none (DV-4)."""

import csv
import io
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from math import isfinite
from typing import Any

from django.db import connection, transaction
from django.utils.dateparse import parse_datetime

from derms.lib.errors import InvalidInput
from devices.models import Device
from devices.services.partitions import READINGS, make_parts
from devices.services.readings import ReadingRow, import_readings

logger = logging.getLogger(__name__)
MOST_ROWS = 500_000
MOST_ERRORS = 100
AT_ONCE = 20_000
OLDEST = datetime(2000, 1, 1, tzinfo=UTC)
CLOCKS_DIFFER = timedelta(minutes=5)
NEEDED = ("device", "time")
VALUES = (
    "active_power_w", "reactive_power_var", "voltage_v", "frequency_hz", "energy_injected_wh",
    "energy_absorbed_wh", "state_of_charge_pct",
)  # fmt: skip
INTERVAL = "interval_s"
COLUMNS = (*NEEDED, *VALUES, INTERVAL)

# What is there already, as it was heard last.
THERE = """
select distinct on (r.device_id, r.measured_at) r.device_id, r.measured_at, {values}
from unnest(%(devices)s::bigint[], %(times)s::timestamptz[]) as asked(device_id, measured_at)
join devices_reading r using (device_id, measured_at)
where r.measured_at >= %(first)s and r.measured_at <= %(last)s
order by r.device_id, r.measured_at, r.received_at desc
""".format(values=", ".join(f"r.{name}" for name in (*VALUES, INTERVAL)))

Key = tuple[int, datetime]


@dataclass(frozen=True, slots=True)
class RowError:
    """Why a line cannot be taken."""

    line: int
    words: str


@dataclass(slots=True)
class FileReport:
    """What a file held and what became of it; with errors nothing was stored."""

    rows: int = 0
    stored: int = 0
    already_there: int = 0
    devices: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None
    error_count: int = 0
    errors: list[RowError] = field(default_factory=list)

    def refuse(self, line: int, words: str) -> None:
        self.error_count += 1
        if len(self.errors) < MOST_ERRORS:
            self.errors.append(RowError(line, words))


def import_reading_file(
    *, content: bytes, file_name: str, at: datetime, by: str, is_dry_run: bool = False
) -> FileReport:
    """Store what is new in the file, unless a row is wrong; the same file again stores nothing.

    A reading that is there with other values is stored as well: what came last counts.
    """
    report = FileReport()
    try:
        rows = _rows(_text(content), report, at)
    except csv.Error as error:
        words = f"The file is no CSV: {error}."
        raise InvalidInput(words, fields={"file": [words]}) from error
    report.rows, report.devices = len(rows), len({device_id for device_id, _ in rows})
    report.first_at = min((moment for _, moment in rows), default=None)
    report.last_at = max((moment for _, moment in rows), default=None)
    if report.error_count:
        return report
    if not is_dry_run:
        # In a transaction of its own: making a day stops those who look at all days.
        with transaction.atomic():
            make_parts(READINGS, {moment.astimezone(UTC).date() for _, moment in rows})
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("select pg_advisory_xact_lock(hashtext('devices_reading_file'))")
        new = [row for some in _pieces(rows.values()) for row in _new_among(some)]
        report.already_there = report.rows - len(new)
        report.stored = len(new) if is_dry_run else import_readings(new)
    if not is_dry_run:
        logger.info("readings_imported file=%s by=%s stored=%d", file_name, by, report.stored)
    return report


def _pieces(rows: Iterable[ReadingRow]) -> Iterator[list[ReadingRow]]:
    pending = iter(rows)
    while some := list(islice(pending, AT_ONCE)):
        yield some


def _text(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        words = "The file is not UTF-8 text. Save it as CSV (UTF-8)."
        raise InvalidInput(words, fields={"file": [words]}) from error


def _rows(text: str, report: FileReport, at: datetime) -> dict[Key, ReadingRow]:
    lines = csv.DictReader(io.StringIO(text, newline=""), delimiter=_delimiter(text))
    lines.fieldnames = [name.strip() for name in lines.fieldnames or []]
    _check_header(lines.fieldnames)
    known = _Devices()
    rows: dict[Key, ReadingRow] = {}
    for cells in lines:
        if len(rows) == MOST_ROWS:
            words = f"The file has more than {MOST_ROWS:,} rows. Divide it."
            raise InvalidInput(words, fields={"file": [words]})
        try:
            row = _row(cells, known, at)
        except ValueError as error:
            report.refuse(lines.line_num, str(error))
            continue
        key = row.device_id, row.measured_at
        if rows.get(key, row) != row:
            report.refuse(lines.line_num, "This device has this time twice, with other values.")
        rows[key] = row
    return rows


def _delimiter(text: str) -> str:
    header = text.partition("\n")[0]
    return max(",;\t", key=header.count)


def _check_header(names: Sequence[str]) -> None:
    missing = [name for name in NEEDED if name not in names]
    unknown = [name for name in names if name not in COLUMNS]
    twice = sorted({name for name in names if names.count(name) > 1})
    problems = [f"`{name}` is missing" for name in missing]
    problems += [f"`{name}` is no column of readings" for name in unknown]
    problems += [f"`{name}` is there twice" for name in twice]
    if not any(name in VALUES for name in names):
        problems.append("there is no column of values")
    if problems:
        words = f"The first line: {'; '.join(problems)}. Columns are: {', '.join(COLUMNS)}."
        raise InvalidInput(words, fields={"file": [words]})


class _Devices:
    """Devices by their number, mRID or serial number."""

    def __init__(self) -> None:
        self._found: dict[str, list[int]] = {}
        for pk, mrid, serial in Device.objects.values_list("pk", "mrid", "serial_number"):
            for name in {str(pk), str(mrid), serial} - {""}:
                self._found.setdefault(name, []).append(pk)

    def find(self, text: str) -> int:
        found = self._found.get(text, [])
        if len(found) > 1:
            raise ValueError(f"device: several are called {text!r}. Give the mRID.")
        if not found:
            raise ValueError(f"device: none has the number, mRID or serial number {text!r}.")
        return found[0]


def _row(cells: Mapping[str | None, object], known: _Devices, at: datetime) -> ReadingRow:
    if None in cells or None in cells.values():
        raise ValueError("This line has more or fewer cells than the first.")
    texts = {str(name): str(cell).strip() for name, cell in cells.items()}
    device_id, measured_at = known.find(texts["device"]), _moment(texts["time"], at)
    values: dict[str, Any] = {name: _number(name, texts.get(name, "")) for name in VALUES}
    if all(value is None for value in values.values()):
        raise ValueError("There is no value in this line.")
    interval_s = _number(INTERVAL, texts.get(INTERVAL, ""))
    if interval_s is not None and not 0 < interval_s <= timedelta(days=1).total_seconds():
        raise ValueError("interval_s: more than 0 and at most a day.")
    return ReadingRow(
        device_id=device_id,
        measured_at=measured_at,
        received_at=at,
        interval_s=interval_s,
        **values,
    )


def _moment(text: str, at: datetime) -> datetime:
    try:
        moment = parse_datetime(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise ValueError(f"time: {text!r} is none with its zone, like 2026-06-15T12:00:00+02:00.")
    if moment > at + CLOCKS_DIFFER:
        raise ValueError(f"time: {text} has not come yet.")
    if moment < OLDEST:
        raise ValueError(f"time: {text} is before the year {OLDEST.year}.")
    return moment.astimezone(UTC)


def _number(name: str, text: str) -> float | None:
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not isfinite(value):
        raise ValueError(f"{name}: {text!r} is no number; the decimal sign is a point.")
    return value


def _new_among(rows: Sequence[ReadingRow]) -> Iterator[ReadingRow]:
    """Those that are not there with the same values."""
    times = [row.measured_at for row in rows]
    facts: dict[str, Any] = {
        "devices": [row.device_id for row in rows],
        "times": times,
        "first": min(times),
        "last": max(times),
    }
    with connection.cursor() as cursor:
        cursor.execute(THERE, facts)
        there = {(device_id, moment): tuple(said) for device_id, moment, *said in cursor.fetchall()}
    for row in rows:
        said = tuple(getattr(row, name) for name in (*VALUES, INTERVAL))
        if there.get((row.device_id, row.measured_at)) != said:
            yield row
