"""A file as rows of text, whatever it was written with, and how large it may be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from derms.lib.errors import Refused
from derms.lib.formulas import as_written

FILE_BYTES_MAX = 5_000_000
ROWS_MAX = 10_000
COLUMNS_MAX = 100
CELL_CHARACTERS_MAX = 255
# In words, for the page and the refusals.
LIMITS = (
    f"A file may have {FILE_BYTES_MAX // 1_000_000} MB, {ROWS_MAX:,} rows, "
    f"{COLUMNS_MAX} columns, and {CELL_CHARACTERS_MAX} characters in a cell."
)
UNREADABLE = "\N{REPLACEMENT CHARACTER}"
# Not seen by anybody, or kept by no database.
_UNSEEN: dict[int, str] = {
    **dict.fromkeys([*range(9), 11, 12, *range(14, 32), 127], UNREADABLE),
    **dict.fromkeys(map(ord, "\N{ZERO WIDTH SPACE}\N{ZERO WIDTH NO-BREAK SPACE}"), ""),
}


class FileRefused(Refused):
    """The file as a whole cannot be read; nothing of it is kept."""

    code = "file_refused"


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row of a file: `line` as the person sees it; `odd` says which cells are no plain text."""

    line: int
    cells: tuple[str, ...]
    odd: Mapping[int, str] = field(default_factory=dict)

    @property
    def is_blank(self) -> bool:
        return not any(self.cells) and not self.odd


@dataclass(frozen=True, slots=True)
class Table:
    """The head and the rows of a file; `read_as` says how it was understood."""

    heads: tuple[str, ...]
    rows: tuple[TableRow, ...]
    read_as: str
    notes: tuple[str, ...] = ()


def cleaned(text: str) -> str:
    """A cell in one line, without blanks around it and the apostrophe of our own exports."""
    return " ".join(as_written(text.translate(_UNSEEN).strip()).split())


def check_size(content: bytes) -> None:
    if not content:
        raise FileRefused("The file is empty. Choose the file again.")
    if len(content) > FILE_BYTES_MAX:
        raise FileRefused(
            f"The file has {len(content) / 1_000_000:.1f} MB. {LIMITS} Split it and import the "
            "parts one after the other."
        )


def table_of(rows: list[TableRow], *, read_as: str, notes: tuple[str, ...] = ()) -> Table:
    """Split the head from the rows and leave out blank ones; raises FileRefused in words."""
    filled = [row for row in rows if not row.is_blank]
    if not filled:
        raise FileRefused("The file has no rows. The first one must name the columns.")
    head, *others = filled
    if len(head.cells) > COLUMNS_MAX:
        raise FileRefused(f"Line {head.line} has {len(head.cells):,} columns. {LIMITS}")
    if len(others) > ROWS_MAX:
        raise FileRefused(
            f"The file has more than {ROWS_MAX:,} rows. {LIMITS} Split it and import the parts."
        )
    if not others:
        raise FileRefused("The file names columns but has no rows under them.")
    return Table(head.cells, tuple(others), read_as, notes)
