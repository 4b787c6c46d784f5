"""Letters and statements on paper: one layout for everything a customer is sent as PDF (pure).

A letter is a heading with the sender, facts, and blocks from top to bottom. Every text is shown as
it stands: nothing in it is taken for markup.
"""

import io
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, TypeAlias
from xml.sax.saxutils import escape

from reportlab.graphics.shapes import Circle, Drawing, Line, PolyLine, Rect, String
from reportlab.lib import colors
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer, TableStyle
from reportlab.platypus import Table as Grid

from derms.lib.words import number, say

INK, QUIET, RULE = (
    colors.HexColor("#1c2430"),
    colors.HexColor("#5a6472"),
    colors.HexColor("#c8ccd1"),
)
MARGIN, WIDTH = 20 * mm, A4[0] - 40 * mm
FRAME = 6  # points that the library keeps free inside its own frame
BARS_HEIGHT = 42 * mm
PLOT_HEIGHT = 55 * mm
_BAR_LABEL = {
    "fontName": "Letter-Regular",
    "fontSize": 6.5,
    "textAnchor": "middle",
    "fillColor": QUIET,
}


@dataclass(frozen=True)
class Heading:
    """A title between blocks."""

    text: str


@dataclass(frozen=True)
class Text:
    """Paragraphs; an empty line separates two."""

    text: str
    is_small: bool = False


@dataclass(frozen=True)
class Facts:
    """Labels with their values."""

    rows: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Table:
    """Rows under a header that is repeated on each page; columns in `right` hold numbers."""

    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    right: frozenset[int] = frozenset()
    total: Sequence[str] = ()


@dataclass(frozen=True)
class Bars:
    """One bar for each value, None for a gap; `labels` stand below where they are not empty."""

    title: str
    values: Sequence[float | None]
    labels: Sequence[str]
    unit: str


@dataclass(frozen=True)
class Series:
    """Points of one kind: open rings or filled dots, or joined to a line."""

    name: str
    points: Sequence[tuple[float, float]]
    is_filled: bool = True
    is_line: bool = False


@dataclass(frozen=True)
class Plot:
    """Series over one scale; `limits` are drawn across, `x_unit` and `y_unit` said below."""

    title: str
    series: Sequence[Series]
    x_unit: str
    y_unit: str
    limits: Sequence[float] = ()
    limit_words: str = "limits"


Block: TypeAlias = Heading | Text | Facts | Table | Bars | Plot


@dataclass(frozen=True, kw_only=True)
class Letter:
    """What is sent: who to whom, about what, and the blocks."""

    title: str
    sender: str
    sender_lines: Sequence[str]
    recipient_lines: Sequence[str]
    date: str
    reference: str
    blocks: Sequence[Block]


def pdf(letter: Letter) -> bytes:
    """The letter as PDF; the same letter gives the same bytes."""
    _fonts()
    held = io.BytesIO()
    document = SimpleDocTemplate(
        held,
        pagesize=A4,
        leftMargin=MARGIN - FRAME,
        rightMargin=MARGIN - FRAME,
        topMargin=MARGIN,
        bottomMargin=22 * mm,
        title=letter.title,
        author=letter.sender,
        subject=letter.reference,
        lang="en",
        invariant=1,
    )
    story = _head(letter)
    for block in letter.blocks:
        story += _DRAWN[type(block)](block)
    document.build(story, canvasmaker=_numbered(letter))
    return held.getvalue()


@cache
def _fonts() -> None:
    """Latin, Greek and Cyrillic names are written with their own letters."""
    folder = files("font_roboto") / "files"
    for name in ("Regular", "Bold"):
        pdfmetrics.registerFont(TTFont(f"Letter-{name}", str(folder / f"Roboto-{name}.ttf")))


_PLAIN = ParagraphStyle(
    "plain", fontName="Letter-Regular", fontSize=9.5, leading=13.5, textColor=INK, spaceAfter=5
)
_SMALL = ParagraphStyle("small", _PLAIN, fontSize=7.5, leading=10, textColor=QUIET)
_CELL = ParagraphStyle("cell", _PLAIN, fontSize=8.5, leading=11, spaceAfter=0)
_BOLD_CELL = ParagraphStyle("bold cell", _CELL, fontName="Letter-Bold")
_LABEL = ParagraphStyle("label", _CELL, textColor=QUIET)
_TITLE = ParagraphStyle("title", _PLAIN, fontName="Letter-Bold", fontSize=16, leading=20)
_HEADING = ParagraphStyle(
    "heading", _PLAIN, fontName="Letter-Bold", fontSize=11, leading=14, spaceBefore=9,
    keepWithNext=1,
)  # fmt: skip
_SENDER = ParagraphStyle("sender", _SMALL, alignment=TA_RIGHT, spaceAfter=0)
_CLOSE = [("LEFTPADDING", (0, 0), (-1, -1), 0), ("VALIGN", (0, 0), (-1, -1), "TOP")]
_TIGHT = [("TOPPADDING", (0, 0), (-1, -1), 2.5), ("BOTTOMPADDING", (0, 0), (-1, -1), 2.5)]


def _words(text: str, style: ParagraphStyle) -> Paragraph:
    shown = "".join(sign if sign.isprintable() or sign == "\n" else " " for sign in text)
    return Paragraph(escape(shown).replace("\n", "<br/>"), style)


def _head(letter: Letter) -> list[Any]:
    sender = [_words(letter.sender, ParagraphStyle("name", _SENDER, fontName="Letter-Bold"))]
    sender += [_words(line, _SENDER) for line in letter.sender_lines]
    recipient = [_words(line, ParagraphStyle("to", _CELL)) for line in letter.recipient_lines]
    head = Grid(
        [[recipient or [_words(" ", _CELL)], sender]], colWidths=[WIDTH * 0.55, WIDTH * 0.45]
    )
    head.setStyle(TableStyle([*_CLOSE, ("RIGHTPADDING", (0, 0), (-1, -1), 0)]))
    line = " · ".join(part for part in (letter.date, letter.reference) if part)
    return [head, Spacer(1, 10 * mm), _words(letter.title, _TITLE), _words(line, _SMALL)]


def _heading(block: Heading) -> list[Any]:
    return [_words(block.text, _HEADING)]


def _text(block: Text) -> list[Any]:
    style = _SMALL if block.is_small else _PLAIN
    parts = block.text.replace("\r\n", "\n").split("\n\n")
    return [_words(part.strip("\n"), style) for part in parts if part.strip()]


def _facts(block: Facts) -> list[Any]:
    if not block.rows:
        return []
    cells = [[_words(label, _LABEL), _words(value, _CELL)] for label, value in block.rows]
    grid = Grid(cells, colWidths=[WIDTH * 0.3, WIDTH * 0.7], splitInRow=1)
    grid.setStyle(TableStyle([*_CLOSE, *_TIGHT, ("LINEBELOW", (0, 0), (-1, -1), 0.3, RULE)]))
    return [grid, Spacer(1, 3 * mm)]


def _table(block: Table) -> list[Any]:
    """Numbers stand as they are on one line; words wrap."""

    def line(cells: Sequence[str], style: ParagraphStyle) -> list[Any]:
        return [c if i in block.right else _words(c, style) for i, c in enumerate(cells)]

    lines = [line(block.header, _BOLD_CELL), *(line(row, _CELL) for row in block.rows)]
    style: list[tuple[Any, ...]] = [
        *_TIGHT,
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (0, -1), 0),
        ("RIGHTPADDING", (-1, 0), (-1, -1), 0),
        ("FONT", (0, 0), (-1, -1), "Letter-Regular", 8.5, 11),
        ("FONT", (0, 0), (-1, 0), "Letter-Bold", 8.5, 11),
        ("TEXTCOLOR", (0, 0), (-1, -1), INK),
        ("LINEBELOW", (0, 0), (-1, -1), 0.3, RULE),
        ("LINEBELOW", (0, 0), (-1, 0), 0.8, INK),
        *(("ALIGN", (column, 0), (column, -1), "RIGHT") for column in sorted(block.right)),
    ]
    if block.total:
        lines.append(line(block.total, _BOLD_CELL))
        style += [
            ("LINEABOVE", (0, -1), (-1, -1), 0.8, INK),
            ("FONT", (0, -1), (-1, -1), "Letter-Bold", 8.5, 11),
        ]
    grid = Grid(lines, colWidths=[WIDTH / len(block.header)] * len(block.header), repeatRows=1)
    grid.setStyle(TableStyle(style))
    return [grid, Spacer(1, 3 * mm)]


def _bars(block: Bars) -> list[Any]:
    known = [value for value in block.values if value is not None]
    top, low = max([*known, 0.0]), min([*known, 0.0])
    scale = (BARS_HEIGHT - 10) / ((top - low) or 1.0)
    picture = Drawing(WIDTH, BARS_HEIGHT + 12)
    zero = 10 - low * scale
    step = WIDTH / max(len(block.values), 1)
    for index, value in enumerate(block.values):
        left = index * step
        if value is not None:
            height = abs(value) * scale
            bottom = zero if value >= 0 else zero - height
            bar = Rect(left + step * 0.15, bottom, step * 0.7, height, fillColor=INK, strokeWidth=0)
            picture.add(bar)
        label = block.labels[index] if index < len(block.labels) else ""
        picture.add(String(left + step / 2, 0, label, **_BAR_LABEL))
    picture.add(Line(0, zero, WIDTH, zero, strokeColor=QUIET, strokeWidth=0.5))
    words = say(
        "{title}. The highest bar is {top} {unit}; a missing one is missing data.",
        title=block.title,
        top=number(top, 1),
        unit=block.unit,
    )
    return [picture, _words(words, _SMALL)]


def _plot(block: Plot) -> list[Any]:
    places = [point for series in block.series for point in series.points]
    if not places:
        return []
    xs = [x for x, _ in places]
    ys = [*(y for _, y in places), *block.limits]
    low, high = min(ys), max(ys)
    margin = 0.06 * (high - low) or 1.0
    left, bottom, height = 34.0, 14.0, PLOT_HEIGHT - 18
    wide = (max(xs) - min(xs)) or 1.0

    def at(x: float, y: float) -> tuple[float, float]:
        across = (x - min(xs)) / wide * (WIDTH - left - 4)
        return left + across, bottom + (y - low + margin) / (high - low + 2 * margin) * height

    picture = Drawing(WIDTH, PLOT_HEIGHT)
    for y in round_marks(low, high):
        _, up = at(min(xs), y)
        picture.add(Line(left, up, WIDTH, up, strokeColor=RULE, strokeWidth=0.4))
        picture.add(String(left - 4, up - 2, f"{y:,.6g}", **_BAR_LABEL | {"textAnchor": "end"}))
    for x in round_marks(min(xs), max(xs)):
        across, _ = at(x, low)
        picture.add(String(across, 2, f"{x:,.6g}", **_BAR_LABEL))
    for limit in block.limits:
        _, up = at(min(xs), limit)
        dashed = {"strokeColor": INK, "strokeWidth": 0.8, "strokeDashArray": [4, 3]}
        picture.add(Line(left, up, WIDTH, up, **dashed))
    for series in block.series:
        _draw(picture, series, [at(x, y) for x, y in series.points])
    kinds = ", ".join(
        f"{'line' if one.is_line else 'dots' if one.is_filled else 'rings'}"
        f"{' (dashed)' if one.is_line and not one.is_filled else ''}: {one.name}"
        for one in block.series
    )
    words = (
        f"{block.title}. {block.y_unit} over {block.x_unit}; {kinds}; "
        f"dashed across: {block.limit_words}."
    )
    return [picture, _words(words, _SMALL)]


def round_marks(low: float, high: float) -> list[float]:
    """Three to eight round figures between, for a scale: steps of 1, 2 or 5 times ten."""
    if not high > low:
        return [low]
    rough = (high - low) / 4
    ten = 10.0 ** math.floor(math.log10(rough))
    step = max(one * ten for one in (1, 2, 5, 10) if one * ten <= 1.2 * rough)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [round(number * step, 10) for number in range(first, last + 1)]


def _draw(picture: Drawing, series: Series, places: Sequence[tuple[float, float]]) -> None:
    if series.is_line:
        flat = [value for place in places for value in place]
        dashes = None if series.is_filled else [3, 2]
        picture.add(PolyLine(flat, strokeColor=INK, strokeWidth=1, strokeDashArray=dashes))
        return
    for x, y in places:
        fill = INK if series.is_filled else None
        picture.add(Circle(x, y, 1.2, fillColor=fill, strokeColor=QUIET, strokeWidth=0.4))


_DRAWN: dict[type, Callable[[Any], list[Any]]] = {
    Heading: _heading,
    Text: _text,
    Facts: _facts,
    Table: _table,
    Bars: _bars,
    Plot: _plot,
}


def _numbered(letter: Letter) -> type[Canvas]:
    """A canvas that knows at the end how many pages there are."""

    class Numbered(Canvas):  # type: ignore[misc]  # the library has no types
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self.kept: list[dict[str, Any]] = []

        def showPage(self) -> None:  # noqa: N802  the library's name
            self.kept.append(dict(self.__dict__))
            self._startPage()

        def save(self) -> None:
            for count, page in enumerate(self.kept, start=1):
                self.__dict__.update(page)
                self.setFont("Letter-Regular", 7.5)
                self.setFillColor(QUIET)
                self.drawString(MARGIN, 12 * mm, f"{letter.title}  {letter.reference}"[:100])
                self.drawRightString(A4[0] - MARGIN, 12 * mm, _page(count, len(self.kept)))
                super().showPage()
            super().save()

    return Numbered


def _page(page: int, pages: int) -> str:
    return say("Page {page} of {pages}", page=page, pages=pages)
