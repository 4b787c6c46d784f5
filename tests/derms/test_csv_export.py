"""Lists as CSV: what is filtered and nothing else, and no cell that a spreadsheet would run."""

import asyncio
import csv
import io
from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from django.core.handlers.asgi import ASGIRequest
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from derms.lib.csv_export import Column, cell, csv_lines, csv_response
from derms.lib.formulas import as_written, defused
from devices.statuses import CommandStatus

WORDS = Column[str]("words", lambda row: row)


def read(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


@pytest.mark.parametrize(
    "formula",
    [
        "=1+1",
        "+SUM(A1)",
        "-2+3+cmd|' /C calc'!A0",
        "@SUM(1)",
        "\t=1",
        "\r=1",
        "  =HYPERLINK(1)",
        "＝1+1",  # noqa: RUF001  as an Asian keyboard types it
        "-",
        "'=1",
    ],
)
def test_a_cell_that_would_run_is_defused_and_can_be_read_back(formula: str) -> None:
    assert defused(formula) == f"'{formula}"
    assert as_written(defused(formula)) == formula


@pytest.mark.parametrize("plain", ["-5", "+4.2", "-1e3", "-0,5", "10.0.0.7", "O'Neill", "'", ""])
def test_numbers_and_plain_words_stay_as_they_are(plain: str) -> None:
    assert defused(plain) == plain
    assert as_written(plain) == plain


@given(st.text())
def test_every_text_comes_back_as_it_was_written(text: str) -> None:
    assert as_written(defused(text)) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, "yes"),
        (False, "no"),
        (-12, "-12"),
        (-3.5, "-3.5"),
        (float("nan"), ""),
        (Decimal("-0.08000"), "-0.08000"),
        (date(2026, 11, 22), "2026-11-22"),
        (datetime(2026, 11, 22, 12, tzinfo=timezone(timedelta(hours=1))),
         "2026-11-22T11:00:00+00:00"),
        (CommandStatus.QUEUED, "queued"),
        ("=1", "'=1"),
    ],
)  # fmt: skip
def test_values_are_written_so_that_programs_can_read_them(value: object, text: str) -> None:
    assert cell(value) == text


def test_quotes_commas_and_lines_stay_in_their_cell() -> None:
    rows = ['a "b", c', "two\nlines", "Zoë"]

    lines = read("".join(csv_lines([WORDS, WORDS], rows)))

    assert lines == [["words", "words"], *([row, row] for row in rows)]


def test_the_file_begins_with_the_mark_that_excel_needs() -> None:
    answer = csv_response(RequestFactory().get("/"), name="devices", columns=[WORDS], rows=["Zoë"])

    body = b"".join(answer)

    assert body.startswith(b"\xef\xbb\xbfwords\r\n")
    assert body.decode("utf-8-sig").splitlines() == ["words", "Zoë"]
    assert answer["Content-Disposition"] == 'attachment; filename="devices.csv"'
    assert answer["Cache-Control"] == "no-store"


def test_rows_are_read_as_they_are_sent_not_before() -> None:
    read_so_far = 0

    def many() -> Iterator[str]:
        nonlocal read_so_far
        for number in range(100_000):
            read_so_far += 1
            yield str(number)

    answer = csv_response(RequestFactory().get("/"), name="x", columns=[WORDS], rows=many())
    chunks: Any = iter(answer)
    next(chunks)

    assert read_so_far < 1_000


def test_behind_an_event_loop_the_whole_file_comes_too() -> None:
    scope = {"type": "http", "method": "GET", "path": "/", "headers": [], "query_string": b""}
    request = ASGIRequest(scope, io.BytesIO())

    async def body() -> bytes:
        answer = csv_response(request, name="x", columns=[WORDS], rows=map(str, range(2_000)))
        assert answer.is_async
        return b"".join([part async for part in answer])

    lines = asyncio.run(body()).decode("utf-8-sig").splitlines()

    assert lines == ["words", *map(str, range(2_000))]
