"""Letters as PDF: read back with another library (CS-3, CS-10)."""

import io

import pytest
from pypdf import PdfReader

from derms.lib.letters import Bars, Block, Facts, Heading, Letter, Table, Text, pdf, round_marks

EVERY_KIND: tuple[Block, ...] = (
    Heading("What you earned"),
    Text("You exported 213 kWh.\n\nThank you."),
    Facts([("Meter", "MTR-00001")]),
    Bars("Production by day", [1.0, None, -0.5], ["1", "2", "3"], "kWh"),
    Table(["Day", "Paid"], [["1 June", "0.10"]], right=frozenset({1}), total=["Total", "0.10"]),
    Text("Kept as agreed.", is_small=True),
)


def letter(*blocks: Block, to: str = "Ada Lovelace") -> Letter:
    return Letter(
        title="Statement for June 2026",
        sender="Millbrook Power",
        sender_lines=["0800 555 0100"],
        recipient_lines=[to, "1 Sunny Lane"],
        date="1 July 2026",
        reference="ST-7",
        blocks=blocks,
    )


def read(written: bytes) -> PdfReader:
    return PdfReader(io.BytesIO(written))


def words_of(written: bytes) -> str:
    return "\n".join(page.extract_text() for page in read(written).pages)


def test_a_letter_says_everything_it_was_given() -> None:
    words = words_of(pdf(letter(*EVERY_KIND)))

    for said in (
        "Statement for June 2026",
        "Millbrook Power",
        "Ada Lovelace",
        "You exported 213 kWh.",
        "MTR-00001",
        "Production by day. The highest bar is 1.0 kWh",
        "0.10",
        "Page 1 of 1",
    ):
        assert said in words


@pytest.mark.parametrize(
    "name", ["<b>Ada</b> & <img src='http://example.org/x'/>", "Łucja Žižková", "Αθηνά", "Ольга"]
)
def test_names_are_shown_as_they_are_and_never_as_markup(name: str) -> None:
    assert name in words_of(pdf(letter(to=name)))


def test_a_long_table_repeats_its_header_and_numbers_its_pages() -> None:
    rows = [[f"day {n}", "1.00"] for n in range(120)]

    pages = read(pdf(letter(Table(["Day", "Paid"], rows, right=frozenset({1}))))).pages

    assert len(pages) > 2
    assert all("Day" in page.extract_text() for page in pages)
    assert f"Page 2 of {len(pages)}" in pages[1].extract_text()


def test_the_same_letter_gives_the_same_bytes_and_says_what_it_is() -> None:
    first, second = pdf(letter(*EVERY_KIND)), pdf(letter(*EVERY_KIND))

    assert first == second
    assert read(first).metadata.title == "Statement for June 2026"  # type: ignore[union-attr]
    assert str(read(first).root_object["/Lang"]) == "en"


@pytest.mark.parametrize("blocks", [(), (Facts([]), Table(["Day"], []), Bars("None", [], [], "W"))])
def test_an_empty_letter_is_still_a_letter(blocks: tuple[Block, ...]) -> None:
    assert "Ada Lovelace" in words_of(pdf(letter(*blocks)))


def test_one_paragraph_longer_than_a_page_goes_on_overleaf() -> None:
    assert len(read(pdf(letter(Facts([("Text", "word " * 3_000)])))).pages) > 1


@pytest.mark.parametrize(
    ("low", "high", "marks"),
    [
        (0.975, 1.05, [0.98, 1.0, 1.02, 1.04]),
        (0.0, 3.71, [0.0, 1.0, 2.0, 3.0]),
        (-16.0, 6_250.0, [0.0, 1_000.0, 2_000.0, 3_000.0, 4_000.0, 5_000.0, 6_000.0]),
        (5.0, 5.0, [5.0]),
    ],
)
def test_a_scale_has_round_figures(low: float, high: float, marks: list[float]) -> None:
    assert round_marks(low, high) == marks
