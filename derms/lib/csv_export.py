"""One way to hand out a list as CSV: streamed, for spreadsheets, and with no formulas in it."""

import csv
import io
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import islice
from typing import Generic, TypeVar

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, StreamingHttpResponse

from derms.lib.attachments import attachment_headers
from derms.lib.formulas import defused

Row = TypeVar("Row")
LINES_AT_ONCE = 500
# Without it Excel takes UTF-8 for the machine's own code page.
BYTE_ORDER_MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"


@dataclass(frozen=True)
class Column(Generic[Row]):
    """One column of an export: its header and how a row gives its value."""

    header: str
    value: Callable[[Row], object]


def csv_response(
    request: HttpRequest, *, name: str, columns: Sequence[Column[Row]], rows: Iterable[Row]
) -> StreamingHttpResponse:
    """The rows as a file `name`.csv, a few hundred lines at a time; `rows` is read once."""
    chunks = _chunks(csv_lines(columns, rows))
    return StreamingHttpResponse(
        _apart(chunks) if isinstance(request, ASGIRequest) else chunks,
        content_type="text/csv; charset=utf-8",
        headers=attachment_headers(f"{name}.csv"),
    )


def csv_lines(columns: Sequence[Column[Row]], rows: Iterable[Row]) -> Iterator[str]:
    """The header, then a line for each row; the first one begins with the byte order mark."""
    held = io.StringIO()
    writer = csv.writer(held)
    held.write(BYTE_ORDER_MARK)
    writer.writerow([defused(column.header) for column in columns])
    yield _taken(held)
    for row in rows:
        writer.writerow([cell(column.value(row)) for column in columns])
        yield _taken(held)


def cell(value: object) -> str:
    """A value as text: numbers plain, moments in UTC, nothing for None, words never a formula."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, int | float | Decimal):
        return "" if value != value else str(value)  # noqa: PLR0124  NaN is no value
    return defused(str(value))


def _taken(held: io.StringIO) -> str:
    line = held.getvalue()
    held.seek(0)
    held.truncate()
    return line


def _chunks(lines: Iterator[str]) -> Iterator[str]:
    while chunk := "".join(islice(lines, LINES_AT_ONCE)):
        yield chunk


async def _apart(chunks: Iterator[str]) -> AsyncIterator[str]:
    """Rows are read in the request's own thread, so that the event loop never waits for them."""
    following = sync_to_async(lambda: next(chunks, ""), thread_sensitive=True)
    while chunk := await following():
        yield chunk
