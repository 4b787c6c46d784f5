"""Files as they come: any delimiter and encoding, workbooks, and refusals in words (DV-6)."""

import datetime
import time
from typing import Any

import openpyxl
import pytest

from devices.register.columns import COLUMNS
from devices.register.reading import read_list
from devices.register.table import ROWS_MAX, FileRefused
from devices.register.values import entry_of
from tests.devices.register.lists import HEADS, csv_file, excels, repacked, row, saved, workbook

ADA = row(serial_number="SN-1", manufacturer="Zoë & Söhne", host="10.0.0.7", port=502)


def refusal_of(content: bytes) -> str:
    with pytest.raises(FileRefused) as refusal:
        read_list(content)
    return refusal.value.message


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_a_list_reads_the_same_however_it_was_saved(delimiter: str, encoding: str) -> None:
    found = read_list(csv_file([ADA], delimiter=delimiter, encoding=encoding))

    (only,) = found.rows
    assert only.line == 2
    assert only.texts["manufacturer"] == "Zoë & Söhne"
    assert only.texts["port"] == "502"
    assert bool(found.notes) == (encoding == "cp1252")


def test_a_workbook_reads_as_the_same_list() -> None:
    found = read_list(workbook([ADA]))

    assert found.rows == read_list(csv_file([ADA])).rows
    assert found.read_as == "Excel workbook"


def test_excel_may_say_the_delimiter_in_a_line_of_its_own() -> None:
    found = read_list(b"sep=;\r\n" + csv_file([ADA], delimiter=";"))

    assert found.rows[0].line == 3
    assert found.rows[0].texts["serial_number"] == "SN-1"


@pytest.mark.parametrize(
    "heads",
    [
        ("SERIAL_NUMBER", "manufacturer"),
        (" serial  no. ", "Maker"),
        ("S/N", "Brand"),
        ("\ufeffSerial", "MANUFACTURER"),
    ],
)
def test_columns_are_found_by_their_usual_names_in_any_order(heads: tuple[str, str]) -> None:
    for order in (1, -1):
        content = csv_file([["SN-1", "Helios"][::order]], heads=heads[::order])

        (only,) = read_list(content).rows

        assert (only.texts["serial_number"], only.texts["manufacturer"]) == ("SN-1", "Helios")


def test_a_column_nobody_knows_is_named_and_not_read() -> None:
    content = csv_file([["SN-1", "Helios", "blue"]], heads=["Serial", "Maker", "Colour"])

    assert "“Colour”" in read_list(content).notes[0]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"\n\n \n", "no rows"),
        (csv_file([]), "no rows under"),
        (csv_file([["1"]], heads=["Colour"]), "must name the columns"),
        (csv_file([["1", "2", "3"]], heads=["Serial", "Maker", "SN"]), "Two columns hold"),
        (b"\x00\x01\x02", "no text file has"),
        (b"%PDF-1.4\x00", "no text file has"),
        (b"Serial,Maker\n\x81\x8d\xff", "neither UTF-8 nor Windows-1252"),
        (b"\xff\xfeS\x00e\x00", "no rows under"),
        (b"\xff\xfe\x00\xd8", "at byte"),
        (b'Serial,Maker\n"SN-1,Helios\n', "quotation mark"),
        (b'Serial,Maker\n"S"N,Helios\n', "Line 2 cannot be read"),
        (b"Serial,Maker\n" + b"x" * 200_000, "far too long"),
        (b"a," * 100_000, "100,001 columns"),
        (b"Serial,Maker\n1,2" + b",x" * 100_000, "Line 2 has 100,002 columns"),
        (b"x" * 5_000_001, "5.0 MB"),
        (csv_file([["S", "M"]] * (ROWS_MAX + 1), heads=["Serial", "Maker"]), "more than 10,000"),
        (b"PK\x03\x04 and then nothing", "damaged"),
        (b"\xd0\xcf\x11\xe0 an old workbook", "password or of the old kind"),
    ],
)  # fmt: skip
def test_what_is_no_list_is_refused_in_words(content: bytes, words: str) -> None:
    assert words in refusal_of(content)


def test_a_cell_over_several_lines_is_named_where_it_is() -> None:
    content = b'Serial,Maker\n"SN-1","Hel\nios"\nSN-2,Helios\n'

    first, second = read_list(content).rows

    assert "quotation mark" in first.odd["manufacturer"]
    assert (first.line, second.line) == (2, 4)


def odd_cells(*cells: object) -> Any:
    (only,) = read_list(workbook([["SN-1", *cells]], heads=["Serial", "Maker", "Model"])).rows
    return only


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("=1+1", "holds a formula"),
        (datetime.date(2026, 1, 2), "turned into a date"),
        (datetime.time(1, 2), "turned into a date"),
        (1234567890123456, "loses digits"),
        (1e300, "loses digits"),
        ("#N/A", "error value"),
    ],
)  # fmt: skip
def test_what_a_spreadsheet_made_of_a_cell_is_said_not_guessed(value: object, words: str) -> None:
    found = odd_cells(value, "H8")

    assert words in found.odd["manufacturer"]
    assert "model" not in found.odd


@pytest.mark.parametrize(
    ("value", "text"),
    [(502, "502"), (502.0, "502"), (0.5, "0.5"), (True, "true"), (" a  b ", "a b"), ("'=x", "=x")],
)
def test_cells_of_a_workbook_are_text(value: object, text: str) -> None:
    assert odd_cells(value).texts["manufacturer"] == text


def test_only_the_first_sheet_is_read_and_the_preview_says_so() -> None:
    book: Any = openpyxl.Workbook()
    book.active.title = "Fleet"
    for line in (HEADS, ADA):
        book.active.append(line)
    book.create_sheet("Notes").append(["nothing"])

    assert "“Fleet”" in read_list(saved(book)).notes[0]


SHEET = "xl/worksheets/sheet1.xml"
XML = b'<?xml version="1.0"?>'
BILLION = XML + (
    b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">&b;</worksheet>'
)


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({"xl/media/blank.bin": b"\0" * 60_000_000}, "MB in"),
        ({f"xl/media/{n}": b"" for n in range(600)}, "parts"),
        ({SHEET: BILLION}, "cannot be read"),
        ({SHEET: b"<worksheet"}, "cannot be read"),
        ({SHEET: b"\xff\xfe\x00"}, "cannot be read"),
        ({"xl/workbook.xml": b""}, "cannot be read"),
        ({"xl/styles.xml": XML + b"<styleSheet/>"}, ""),
    ],
)
def test_a_workbook_made_to_harm_is_refused(parts: dict[str, bytes], words: str) -> None:
    content = repacked(workbook([ADA]), parts)
    began = time.perf_counter()

    try:
        read_list(content)
        said = ""
    except FileRefused as refusal:
        said = refusal.message

    assert words in said
    assert time.perf_counter() - began < 10


def test_a_workbook_of_excel_itself_reads_alike() -> None:
    words = ["Serial", "Maker", "SN-1", "Zoë &amp; Söhne"]

    (only,) = read_list(excels(words, 2)).rows

    assert only.texts == {"serial_number": "SN-1", "manufacturer": "Zoë & Söhne"}
    assert "cannot be read" in refusal_of(excels(words, 2, strings=b"rubbish"))
    assert "cannot be read" in refusal_of(excels(words, 2, strings=b"<sst/>"))


def test_a_sheet_that_lies_about_its_size_is_read_as_far_as_it_goes() -> None:
    content = workbook([ADA])
    cells = (
        b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        b'<dimension ref="A1:XFD1048576"/><sheetData>'
        b'<row r="1"><c r="A1" t="inlineStr"><is><t>Serial</t></is></c>'
        b'<c r="B1" t="inlineStr"><is><t>Maker</t></is></c></row>'
        b'<row r="1048576"><c r="A1048576" t="inlineStr"><is><t>far</t></is></c></row>'
        b"</sheetData></worksheet>"
    )
    began = time.perf_counter()

    assert "no rows under" in refusal_of(repacked(content, {SHEET: cells}))
    assert time.perf_counter() - began < 10


def test_a_packed_file_that_is_no_workbook_is_called_so() -> None:
    content = repacked(workbook([ADA]), {})
    other = repacked(content, {"xl/workbook.xml": b""}).replace(
        b"xl/workbook.xml", b"xl/workbonk.xml"
    )

    assert "no Excel workbook" in refusal_of(other)


def entry(**values: str) -> Any:
    (only,) = read_list(
        csv_file([row(**{"serial_number": "SN-1", "manufacturer": "Helios"} | values)])
    ).rows
    return entry_of(only)


@pytest.mark.parametrize(
    ("values", "read"),
    [
        ({"kind": "PV inverter"}, ("kind", "inverter")),
        ({"kind": "Battery-Storage"}, ("kind", "battery")),
        ({"host": "Inverter7.Utility.Example."}, ("host", "inverter7.utility.example")),
        ({"host": "[2001:DB8::1]"}, ("host", "2001:db8::1")),
        ({"port": "0502"}, ("port", 502)),
        ({"unit": "0"}, ("unit", 0)),
        ({"zone": "F12"}, ("zone", "f12")),
        ({"poll_period_s": "0,5"}, ("poll_period_s", 0.5)),
        ({"poll_period_s": "3600"}, ("poll_period_s", 3600.0)),
    ],
)
def test_cells_are_read_as_people_write_them(
    values: dict[str, str], read: tuple[str, object]
) -> None:
    found = entry(**values)

    assert found.findings == ()
    assert getattr(found, read[0]) == read[1]


@pytest.mark.parametrize(
    ("column", "text"),
    [
        ("serial_number", ""),
        ("serial_number", "1,23457E+15"),
        ("serial_number", "1.2E10"),
        ("serial_number", "x" * 65),
        ("manufacturer", ""),
        ("manufacturer", "=HYPERLINK(1)"),
        ("manufacturer", "#REF!"),
        ("kind", "toaster"),
        ("host", "http://10.0.0.7/"),
        ("host", "10.0.0.7:502"),
        ("host", "10.0.0"),
        ("host", "300.1.1.1"),
        ("host", "0.0.0.0"),  # noqa: S104  an address in a file
        ("host", "255.255.255.255"),
        ("host", "224.0.0.1"),
        ("host", "two words"),
        ("host", "-x"),
        ("port", "-502"),
        ("port", "0"),
        ("port", "65536"),
        ("port", "502.5"),
        ("port", "1e3"),
        ("port", "٥٠٢"),
        ("port", "nan"),
        ("unit", "256"),
        ("unit", "-1"),
        ("zone", "F 12/3"),
        ("zone", "z" * 33),
        ("poll_period_s", "nan"),
        ("poll_period_s", "inf"),
        ("poll_period_s", "-1"),
        ("poll_period_s", "0"),
        ("poll_period_s", "1e9"),
        ("poll_period_s", "2026-01-02"),
        ("meter_number", "m" * 33),
        ("model", "x" * 10_000),
    ],
)  # fmt: skip
def test_a_cell_that_cannot_be_right_says_which_what_and_what_to_do(column: str, text: str) -> None:
    found = entry(**{column: text})

    (finding,) = found.findings
    assert (finding.level, finding.column) == ("error", column)
    assert finding.what.endswith(".")
    assert finding.advice.endswith(".")
    assert not getattr(found, column)


def test_every_column_is_explained_and_its_example_is_right() -> None:
    found = entry(**{column.key: column.example for column in COLUMNS})

    assert all(column.holds for column in COLUMNS)
    assert found.findings == ()
