"""A row of a list of devices, as the preview and the file to correct show it."""

from collections.abc import Mapping
from typing import Any

from derms.lib.csv_export import Column
from devices.models import ImportRow
from devices.register.columns import BY_KEY, COLUMNS, REMARKS
from devices.register.matching import Choice, Verdict
from devices.register.values import Level
from devices.selectors.importing import APPLICABLE

# In the order in which a person cares; with the kind of the status mark.
VERDICTS: Mapping[str, tuple[str, str]] = {
    Verdict.REFUSED.value: ("Refused", "bad"),
    Verdict.UNDECIDED.value: ("To decide", "warn"),
    Verdict.NEW.value: ("New", "active"),
    Verdict.CHANGED.value: ("Changed", "wait"),
    Verdict.UNCHANGED.value: ("Unchanged", "idle"),
}
ANOTHER = (Choice.OTHER.value, "It is another device")
LIKENESS = (
    (Choice.SAME_KEEP.value, "It is that device, spelled as registered"),
    (Choice.SAME_TAKE.value, "It is that device, spelled as in the file"),
    ANOTHER,
)
Cell = Column[ImportRow]


def _text(key: str, label: str) -> Cell:
    return Cell(label, lambda row: row.texts.get(key, ""))


def _remarks(row: ImportRow, part: str) -> str:
    return " ".join(
        f"{BY_KEY[finding['column']].label}: {finding[part]}" if part == "what" else finding[part]
        for finding in row.findings
        if finding["level"] != Level.WARNING
    )


TEMPLATE: tuple[Cell, ...] = tuple(_text(column.key, column.label) for column in COLUMNS)
CORRECTION: tuple[Cell, ...] = (
    *TEMPLATE,
    Cell(REMARKS[0], lambda row: row.line),
    Cell(REMARKS[1], lambda row: _remarks(row, "what")),
    Cell(REMARKS[2], lambda row: _remarks(row, "advice")),
)


def row_line(row: ImportRow) -> dict[str, Any]:
    """One line of the preview."""
    label, kind = VERDICTS[row.verdict]
    return {
        "row": row,
        "label": label,
        "kind": kind,
        "name": " ".join(
            filter(None, (row.texts.get(key, "") for key in ("manufacturer", "model")))
        ),
        "place": _place(row),
        "findings": [
            {**finding, "column": BY_KEY[finding["column"]].label} for finding in row.findings
        ],
        "changes": [{**change, "column": BY_KEY[change["column"]].label} for change in row.changes],
        "may_leave_out": row.verdict in APPLICABLE,
        "choices": _choices(row),
    }


def _place(row: ImportRow) -> str:
    place = row.resolved.get("place") if row.resolved else None
    if place:
        return f"{place[0]}:{place[1]}/{place[2]}"
    return str(row.texts.get("host", ""))


def _choices(row: ImportRow) -> tuple[tuple[str, str], ...]:
    """What there is to decide of a row; what was decided can be decided otherwise."""
    if row.has_likeness:
        return LIKENESS
    return (ANOTHER,) if row.verdict == Verdict.UNDECIDED or row.choice else ()
