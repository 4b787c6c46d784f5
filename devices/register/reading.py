"""A file as it was brought, as rows by column."""

from __future__ import annotations

from dataclasses import dataclass

from devices.register.columns import Located, locate
from devices.register.delimited import read_delimited
from devices.register.sheets import is_workbook, read_workbook
from devices.register.table import TableRow, check_size
from devices.register.values import RowTexts


@dataclass(frozen=True, slots=True)
class DeviceList:
    """The rows of a list of devices; `notes` are sentences about the file as a whole."""

    rows: tuple[RowTexts, ...]
    read_as: str
    notes: tuple[str, ...]


def read_list(content: bytes) -> DeviceList:
    """CSV or an Excel workbook, by its first bytes; raises FileRefused in words."""
    check_size(content)
    table = read_workbook(content) if is_workbook(content) else read_delimited(content)
    located = locate(table.heads)
    rows = tuple(_row(row, located) for row in table.rows)
    return DeviceList(rows, table.read_as, (*table.notes, *located.notes))


def _row(row: TableRow, located: Located) -> RowTexts:
    texts = {
        key: row.cells[place] if place < len(row.cells) else ""
        for key, place in located.places.items()
    }
    odd = {key: row.odd[place] for key, place in located.places.items() if place in row.odd}
    return RowTexts(row.line, texts, odd)
