"""Contrast of the palettes: text 4.5 to 1, marks and bars 3 to 1 (WCAG 1.4.3, 1.4.11)."""

import re
from pathlib import Path

import pytest
from django.conf import settings

CSS = Path(settings.BASE_DIR) / "static" / "derms" / "tokens.css"
SURFACES = ("bg", "sf", "sf2", "in")
TEXT = ("tx", "mut", "hi", "data", "acc")
THEMES = ("dark", "day", "light")
MARKS = ("use", "acc", "lim", "sym", "ln2", "hi", "data")
# Text on a coloured ground, and where it is used.
ON_COLOUR = (
    ("on-acc", "acc"),
    ("on-p1", "p1"),
    ("on-p4", "p4"),
    ("on-p", "p2"),
    ("on-p", "p3"),
    ("hi", "p1-bg"),
    ("tx", "p1-bg"),
    ("hi", "p2-bg"),
    ("tx", "p2-bg"),
    ("hi", "acc-bg"),
    ("tx", "acc-bg"),
)


def palette(theme: str) -> dict[str, str]:
    blocks = re.findall(r'\[data-theme="(\w+)"\] \{(.*?)\}', CSS.read_text(), re.DOTALL)
    body = dict(blocks)[theme]
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", body))


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_black_on_white_has_the_known_contrast() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21.0)


@pytest.mark.parametrize("theme", THEMES)
def test_text_is_readable_on_every_surface(theme: str) -> None:
    colours = palette(theme)

    pairs = {(t, s): contrast(colours[t], colours[s]) for t in TEXT for s in SURFACES}

    assert {pair: round(ratio, 2) for pair, ratio in pairs.items() if ratio < 4.5} == {}


@pytest.mark.parametrize("theme", THEMES)
def test_text_on_colour_is_readable(theme: str) -> None:
    colours = palette(theme)

    ratios = {pair: contrast(colours[pair[0]], colours[pair[1]]) for pair in ON_COLOUR}

    assert {pair: round(ratio, 2) for pair, ratio in ratios.items() if ratio < 4.5} == {}


@pytest.mark.parametrize("theme", THEMES)
def test_bars_lines_and_controls_stand_out_from_their_panel(theme: str) -> None:
    colours = palette(theme)

    ratios = {mark: contrast(colours[mark], colours["sf"]) for mark in MARKS}

    assert {mark: round(ratio, 2) for mark, ratio in ratios.items() if ratio < 3} == {}


@pytest.mark.parametrize("theme", THEMES)
def test_alarm_marks_stand_out_by_colour_or_by_their_edge(theme: str) -> None:
    css = CSS.read_text()
    colours = palette(theme)
    grounds = ("sf", "p1-bg", "p2-bg")

    for mark in ("p1", "p2", "p3", "p4"):
        edge = colours.get("p-edge")
        for ground in grounds:
            best = max(contrast(c, colours[ground]) for c in (colours[mark], edge) if c)
            assert best >= 3, (mark, ground, round(best, 2))
    assert "--p-edge: transparent" in css


def test_no_green_is_in_any_palette() -> None:
    for theme in THEMES:
        for name, colour in palette(theme).items():
            red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
            assert not (green > red + 24 and green > blue + 24), (theme, name, colour)
