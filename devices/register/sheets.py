"""Excel workbooks: the first sheet as text; formulas, dates, lost digits are named, not guessed."""

from __future__ import annotations

import io
import warnings
import zipfile
from collections.abc import Iterable
from math import isfinite
from typing import Any

# openpyxl takes its parser from here when it is there: no entities, no document types.
import defusedxml.ElementTree  # noqa: F401
import openpyxl

from devices.register.table import (
    CELL_CHARACTERS_MAX,
    COLUMNS_MAX,
    LIMITS,
    ROWS_MAX,
    FileRefused,
    Table,
    TableRow,
    cleaned,
    table_of,
)

ZIP_MARK, OLD_MARK = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
PARTS_MAX = 500
UNPACKED_BYTES_MAX = 40_000_000
DIGITS_KEPT = 10**15
TYPE_AGAIN = "Format the cell as text and type it again."
FORMULA = "holds a formula. Copy the column and paste it as values."
DATE = f"was turned into a date by the spreadsheet. {TYPE_AGAIN}"
DIGITS = f"is kept as a number, which loses digits after the fifteenth. {TYPE_AGAIN}"
FAULT = "holds an error value of the spreadsheet. Type what belongs there."
# By openpyxl's letter for the kind of a cell.
ODD_TYPES = {"f": FORMULA, "e": FAULT, "d": DATE}


def is_workbook(content: bytes) -> bool:
    return content.startswith((ZIP_MARK, OLD_MARK))


def read_workbook(content: bytes) -> Table:
    """The first sheet; raises FileRefused in words, whatever the file holds."""
    if content.startswith(OLD_MARK):
        raise FileRefused(
            "This workbook is protected by a password or of the old kind (.xls). Save it without "
            "a password as an Excel workbook (.xlsx), then choose it again."
        )
    _check_parts(content)
    try:
        return _first_sheet(content)
    except FileRefused:
        raise
    except Exception as error:
        # The library fails in many ways on what is not quite a workbook; none is our caller's.
        raise FileRefused(
            f"The workbook cannot be read ({type(error).__name__}). Open it in the spreadsheet "
            "program, save it again as .xlsx or as CSV UTF-8, then choose that file."
        ) from error


def _check_parts(content: bytes) -> None:
    """Refuse what would grow when unpacked. No part unpacks to more than it says here."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            parts = packed.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, RuntimeError) as error:
        words = f"The workbook is damaged ({error}). Save it again and choose it again."
        raise FileRefused(words) from error
    names = {part.filename for part in parts}
    if not any(name.endswith("workbook.xml") for name in names):
        raise FileRefused(
            "This is a packed file but no Excel workbook. Save the list as .xlsx or CSV UTF-8."
        )
    if any(part.flag_bits & 1 for part in parts):
        raise FileRefused("The workbook is protected by a password. Save it without one.")
    size = sum(part.file_size for part in parts)
    if size > UNPACKED_BYTES_MAX or len(parts) > PARTS_MAX:
        raise FileRefused(
            f"Unpacked, the workbook has {size / 1_000_000:,.0f} MB in {len(parts):,} parts; at "
            f"most {UNPACKED_BYTES_MAX // 1_000_000} MB in {PARTS_MAX} can be read. Save the "
            "sheet with the devices alone, without pictures and formatting."
        )


def _first_sheet(content: bytes) -> Table:
    with warnings.catch_warnings():
        # About styles and extensions that a list of devices does not need.
        warnings.simplefilter("ignore")
        book: Any = openpyxl.load_workbook(
            io.BytesIO(content), read_only=True, keep_links=False, data_only=False
        )
        sheet = book.worksheets[0]
        others = len(book.worksheets) - 1
        rows = list(_rows(sheet))
    notes = (f"Only the first sheet, “{sheet.title}”, was read.",) if others else ()
    return table_of(rows, read_as="Excel workbook", notes=notes)


def _rows(sheet: Any) -> Iterable[TableRow]:  # noqa: ANN401  the library is untyped
    # The sheet's own idea of its size is not believed.
    cells = sheet.iter_rows(min_row=1, max_row=2 * ROWS_MAX, min_col=1, max_col=COLUMNS_MAX + 1)
    filled = 0
    for line, row in enumerate(cells, start=1):
        read = _row(line, row)
        if read.is_blank:
            continue
        if len(read.cells) > COLUMNS_MAX:
            raise FileRefused(f"Line {line} has more than {COLUMNS_MAX} columns. {LIMITS}")
        filled += 1
        yield read
        if filled > ROWS_MAX + 1:
            return


def _row(line: int, row: Iterable[Any]) -> TableRow:
    texts, odd = [], {}
    for place, cell in enumerate(row):
        text, oddity = _text(cell)
        texts.append(text)
        if oddity:
            odd[place] = oddity
    while texts and not texts[-1] and len(texts) - 1 not in odd:
        texts.pop()
    return TableRow(line, tuple(texts), odd)


def _text(cell: Any) -> tuple[str, str]:  # noqa: ANN401  the library is untyped
    """What a cell says, and what is odd about it."""
    value = cell.value
    if value is None:
        return "", ""
    if cell.data_type in ODD_TYPES:
        is_object = cell.data_type == "f" and not isinstance(value, str)
        shown = "=" if is_object else cleaned(str(value))[:CELL_CHARACTERS_MAX]
        return shown, ODD_TYPES[cell.data_type]
    if isinstance(value, bool):
        return str(value).lower(), ""
    if isinstance(value, int | float):
        return _digits(value), DIGITS if abs(value) >= DIGITS_KEPT else ""
    return cleaned(str(value)), ""


def _digits(value: float) -> str:
    """A whole number without the point that spreadsheets keep with it."""
    is_whole = isfinite(value) and value == int(value)
    return str(int(value)) if is_whole else repr(value)
