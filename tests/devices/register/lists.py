"""Lists of devices as files, as people and spreadsheets write them."""

import csv
import io
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

import openpyxl

HEADS = ("Serial number", "Manufacturer", "Model", "Kind", "Meter number", "DER", "Host", "Port",
         "Unit", "Zone", "Poll period")  # fmt: skip
KEYS = ("serial_number", "manufacturer", "model", "kind", "meter_number", "der", "host", "port",
        "unit", "zone", "poll_period_s")  # fmt: skip


def csv_file(
    rows: Sequence[Sequence[object]],
    *,
    heads: Sequence[str] = HEADS,
    delimiter: str = ",",
    encoding: str = "utf-8",
) -> bytes:
    held = io.StringIO()
    csv.writer(held, delimiter=delimiter).writerows([heads, *rows])
    return held.getvalue().encode(encoding)


def workbook(rows: Sequence[Sequence[object]], *, heads: Sequence[object] = HEADS) -> bytes:
    book: Any = openpyxl.Workbook()
    for row in (heads, *rows):
        book.active.append(list(row))
    return saved(book)


def saved(book: Any) -> bytes:
    held = io.BytesIO()
    book.save(held)
    return held.getvalue()


def repacked(content: bytes, parts: Mapping[str, bytes]) -> bytes:
    """The same workbook with some of its parts replaced or added."""
    held = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            if name not in parts:
                new.writestr(name, old.read(name))
        for name, part in parts.items():
            new.writestr(name, part)
    return held.getvalue()


MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
STRINGS = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"


def excels(words: Sequence[str], columns: int, *, strings: bytes | None = None) -> bytes:
    """A workbook as Excel itself writes it: cells point into one table of shared strings."""
    rows = "".join(
        f'<row r="{line + 1}">'
        + "".join(
            f'<c r="{chr(65 + place)}{line + 1}" t="s"><v>{line * columns + place}</v></c>'
            for place in range(columns)
        )
        + "</row>"
        for line in range(len(words) // columns)
    )
    table = "".join(f"<si><t>{word}</t></si>" for word in words)
    content = workbook([])
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        types = packed.read("[Content_Types].xml").decode()
    override = f'<Override PartName="/xl/sharedStrings.xml" ContentType="{STRINGS}"/></Types>'
    sheet = f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>'
    return repacked(
        content,
        {
            "[Content_Types].xml": types.replace("</Types>", override).encode(),
            "xl/worksheets/sheet1.xml": sheet.encode(),
            "xl/sharedStrings.xml": strings or f'<sst xmlns="{MAIN}">{table}</sst>'.encode(),
        },
    )


def row(**values: object) -> list[object]:
    """One row in the order of HEADS."""
    return [values.get(key, "") for key in KEYS]
