"""CSV as it comes from everywhere: any of four delimiters, UTF-8, UTF-16 or Windows-1252."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator

from devices.register.columns import known
from devices.register.table import (
    COLUMNS_MAX,
    LIMITS,
    ROWS_MAX,
    FileRefused,
    Table,
    TableRow,
    cleaned,
    table_of,
)

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# A first line by which Excel is told the delimiter.
SAID = re.compile(r"sep=(.)\r?\n", re.IGNORECASE)
NO_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
SAVE_AS = "Save it as “CSV UTF-8” or as an Excel workbook (.xlsx), then choose it again."
BROKEN = "runs over several lines. A quotation mark is missing or too many; type the row again."
GUESSED = (
    "The file is not UTF-8; it was read as Windows-1252. Check names with accents in the preview."
)


def read_delimited(content: bytes) -> Table:
    """Raises FileRefused in words."""
    text, encoding, notes = _decoded(content)
    delimiter, start = _delimiter(text)
    rows = list(_rows(text[start:], delimiter, first_line=1 + text[:start].count("\n")))
    read_as = f"CSV, {encoding}, {DELIMITERS[delimiter]}"
    return table_of(rows, read_as=read_as, notes=notes)


def _decoded(content: bytes) -> tuple[str, str, tuple[str, ...]]:
    for mark, encoding in MARKS:
        if content.startswith(mark):
            try:
                text = content[len(mark) :].decode(encoding)
            except UnicodeDecodeError as error:
                words = f"The file says it is {encoding}, but at byte {error.start} it is not."
                raise FileRefused(f"{words} {SAVE_AS}") from error
            return _checked(text), encoding.upper(), ()
    try:
        return _checked(content.decode()), "UTF-8", ()
    except UnicodeDecodeError:
        pass
    try:
        return _checked(content.decode("cp1252")), "Windows-1252", (GUESSED,)
    except UnicodeDecodeError as error:
        words = f"The file is neither UTF-8 nor Windows-1252 (byte {error.start})."
        raise FileRefused(f"{words} {SAVE_AS}") from error


def _checked(text: str) -> str:
    found = NO_TEXT.search(text)
    if found is not None:
        line = text.count("\n", 0, found.start()) + 1
        raise FileRefused(
            f"Line {line} holds a character that no text file has (code {ord(found.group())}). "
            f"This is not a CSV file. {SAVE_AS}"
        )
    return text


def _delimiter(text: str) -> tuple[str, int]:
    """The delimiter and where the rows begin: as the file says, else as most heads are known."""
    said = SAID.match(text)
    if said is not None and said.group(1) in DELIMITERS:
        return said.group(1), said.end()
    head = next((line for line in text.splitlines()[:100] if line.strip()), "")
    found = {
        delimiter: sum(known(cleaned(cell.strip('"'))) for cell in head.split(delimiter))
        for delimiter in DELIMITERS
    }
    return max(found, key=lambda delimiter: found[delimiter]), 0


def _rows(text: str, delimiter: str, *, first_line: int) -> Iterator[TableRow]:
    # A newline is kept as it is, so that line numbers are those of the file.
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line, filled = first_line, 0
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as error:
            where = first_line - 1 + reader.line_num
            raise FileRefused(
                f"Line {where} cannot be read ({error}). Most often a quotation mark is opened "
                "and not closed there, or a cell is far too long."
            ) from error
        if cells is None:
            return
        if len(cells) > COLUMNS_MAX:
            raise FileRefused(f"Line {line} has {len(cells):,} columns. {LIMITS}")
        odd = {place: BROKEN for place, cell in enumerate(cells) if "\n" in cell.strip()}
        row = TableRow(line, tuple(map(cleaned, cells)), odd)
        line = first_line + reader.line_num
        if row.is_blank:
            continue
        filled += 1
        yield row
        if filled > ROWS_MAX + 1:
            # One row more than may be: enough to refuse it.
            return
