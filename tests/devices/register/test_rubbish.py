"""Whatever somebody calls a list of devices: rows, or a refusal in words, never anything else."""

import random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from devices.register.matching import Verdict, compare
from devices.register.reading import read_list
from devices.register.table import FileRefused
from devices.register.values import entry_of
from tests.devices.register.lists import HEADS, csv_file, row, workbook
from tests.devices.register.test_matching import IMAGE

NASTY = st.sampled_from(
    [
        "", "=1+1", "@SUM(1)", "+5", "-502", "nan", "NaN", "inf", "-inf", "1e309", "2026-01-02",
        "\0", "\x1b[2J", "' or 1=1 --", "<script>", "\u202egnp", "＝1", "𝟝𝟘𝟚", "٥٠٢",  # noqa: RUF001
        "x" * 5_000, "10.0.0.1", "SN-100", "Helios", "502", "M1", "M2", "inverter", "\ud7ff",
        "0x1F6", "1_000", "  ", "\u00a0", "\u200b", "a\nb", '"', '""', "'=x", "#REF!", "true",
    ]
)  # fmt: skip
CELL = NASTY | st.text(max_size=40) | st.integers() | st.floats() | st.booleans()


def check(content: bytes) -> None:
    """Read it as far as it goes; what comes out can be kept and never claims more than it is."""
    try:
        found = read_list(content)
    except FileRefused:
        return
    entries = [entry_of(one) for one in found.rows]
    rows = compare(entries, IMAGE, {})
    assert len(rows) == len(found.rows)
    for text in (text for one in found.rows for text in one.texts.values()):
        assert "\0" not in text
        text.encode()
    for judged in rows:
        assert judged.verdict in Verdict
        if judged.verdict == Verdict.NEW:
            resolved = judged.resolved
            assert resolved is not None
            assert resolved.place is not None
            assert 1 <= resolved.place[1] <= 65_535
            assert 0 <= resolved.place[2] <= 255
            assert 0.2 <= resolved.poll_period_s <= 3600


@given(st.binary(max_size=400))
@settings(deadline=None)
def test_bytes_of_any_kind(content: bytes) -> None:
    check(content)


@given(st.text(max_size=400))
@settings(deadline=None)
def test_text_of_any_kind_under_good_heads(text: str) -> None:
    check((",".join(HEADS) + "\n" + text).encode("utf-8", "replace"))


@given(st.lists(st.lists(CELL, max_size=13), max_size=8))
@settings(deadline=None, max_examples=200)
def test_cells_of_any_kind_in_csv(rows: list[list[object]]) -> None:
    check(csv_file(rows, encoding="utf-8"))


@given(st.lists(st.lists(CELL, max_size=13), min_size=1, max_size=5))
@settings(deadline=None, max_examples=60)
def test_cells_of_any_kind_in_a_workbook(rows: list[list[object]]) -> None:
    check(workbook([[_allowed(cell) for cell in cells] for cells in rows]))


def _allowed(cell: object) -> Any:
    """What the writing library lets through."""
    if isinstance(cell, str):
        return "".join(c for c in cell if c in "\t\n" or c >= " ")
    return cell


def test_a_workbook_with_any_byte_changed() -> None:
    good = workbook([row(serial_number="SN-1", manufacturer="Helios")])
    chance = random.Random(7)  # noqa: S311  repeatable, not secret

    for _ in range(300):
        broken = bytearray(good)
        for _ in range(chance.choice((1, 1, 5, 50))):
            broken[chance.randrange(len(broken))] = chance.randrange(256)
        check(bytes(broken))


def test_a_workbook_cut_anywhere() -> None:
    good = workbook([row(serial_number="SN-1", manufacturer="Helios")])

    for end in range(4, len(good), 97):
        check(good[:end])
