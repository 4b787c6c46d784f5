"""Every shell, part and console state in a real browser: accessible, quiet, small (OP-1, GR-4)."""

import gzip
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from playwright.sync_api import Page, expect

from tests.browsing import WIDTH_AT_REST
from tests.ui.conftest import Watched

pytestmark = pytest.mark.browser

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
CATALOGUES = ("/staff/dark", "/staff/day", "/portal/light", "/portal/dark")
CONSOLES = tuple(
    f"/console/{theme}/{step}"
    for theme in ("dark", "day")
    for step in ("select", "check", "sent", "refused")
)
PLAIN = ("/console/empty", "/error/403", "/error/404", "/error/500")
EVERY_PAGE = (*CATALOGUES, *CONSOLES, *PLAIN)
EVERY_SHAPE = ("/staff/day", "/portal/light", *CONSOLES[:4], *PLAIN)
DESK = {"width": 1680, "height": 1020}
PHONE = {"width": 390, "height": 844}
SMALL_TARGETS = """least => [...document.querySelectorAll("a,button,input,select,textarea,summary")]
  .filter(e => e.getClientRects().length && !e.matches(".skip,[type=hidden]"))
  .map(e => [e.labels?.[0] && e.matches("[type=radio],[type=checkbox]") ? e.labels[0] : e, e])
  .map(([box, e]) => [e.outerHTML.slice(0, 90), box.getBoundingClientRect()])
  .filter(([, box]) => box.width < least || box.height < least)
  .map(([html, box]) => `${Math.round(box.width)}x${Math.round(box.height)} ${html}`)"""

# What has the focus, its outline, whether Tab may skip it, and whether the header hides it.
FOCUS = """(() => {
  const e = document.activeElement;
  if (e === document.body) return null;
  const box = e.getBoundingClientRect();
  const y = box.y + Math.min(box.height / 2, 12);
  const top = document.elementFromPoint(box.x + box.width / 2, y);
  const head = document.querySelector(".top");
  const isExtra = e.type === "radio" || e.getAttribute("role") === "region";
  const isHidden = top && head.contains(top) && !head.contains(e) && !e.matches(".skip");
  const number = [...document.querySelectorAll("*")].indexOf(e);
  return [number, getComputedStyle(e).outlineStyle, isExtra, Boolean(isHidden)];
})()"""


def violations(tab: Page) -> list[str]:
    answer: Mapping[str, Any] = (
        Axe().run(tab, options={"runOnly": TAGS, "resultTypes": ["violations"]}).response
    )
    return [
        f"{found['id']}: {node['html'][:120]} {node.get('failureSummary', '')[:160]}"
        for found in answer["violations"]
        for node in found["nodes"]
    ]


@pytest.mark.parametrize("path", EVERY_PAGE)
def test_a_page_is_accessible_quiet_and_only_ours(watched: Watched, path: str) -> None:
    watched.tab.goto(path)
    watched.tab.wait_for_timeout(300)

    # Before axe, which brings a style of its own that the policy refuses.
    assert watched.complaints == []
    assert [url for url in watched.requests if "//127.0.0.1:" not in url] == []
    assert watched.tab.evaluate(SMALL_TARGETS, 24) == []
    assert violations(watched.tab) == []


@pytest.mark.parametrize("path", ["/staff/dark", "/portal/light", "/console/day/check"])
def test_axe_finds_nothing_on_a_phone(tab: Page, path: str) -> None:
    tab.set_viewport_size(PHONE)  # type: ignore[arg-type]  # a TypedDict in the library

    tab.goto(path)

    assert violations(tab) == []


@pytest.mark.parametrize("path", EVERY_SHAPE)
def test_nothing_but_wide_tables_scrolls_sideways(tab: Page, path: str) -> None:
    tab.goto(path)
    widths = {}

    for width in (320, 390, 768, 1280):
        tab.set_viewport_size({"width": width, "height": 800})
        widths[width] = tab.evaluate(WIDTH_AT_REST, width)

    assert {width: wide for width, wide in widths.items() if wide > width} == {}


def test_targets_of_the_portal_are_at_least_44_pixels_high(tab: Page) -> None:
    tab.set_viewport_size(PHONE)  # type: ignore[arg-type]  # a TypedDict in the library
    tab.goto("/portal/light")

    heights = tab.evaluate(
        "[...document.querySelectorAll('.btn,.seg > *,.nav a,.help a')]"
        ".filter(e => e.getClientRects().length).map(e => e.getBoundingClientRect().height)"
    )

    assert min(heights) >= 43


@pytest.mark.parametrize("path", ["/staff/dark", "/portal/light", "/console/dark/check"])
def test_tab_reaches_every_control_and_shows_where_it_is(tab: Page, path: str) -> None:
    tab.goto(path)
    tab.evaluate("document.activeElement.blur()")
    reachable = tab.evaluate(
        "[...document.querySelectorAll('a[href],button,input:not([type=hidden]),select,textarea')]"
        ".filter(e => e.getClientRects().length && !e.disabled && e.type !== 'radio').length"
    )
    seen = set()

    for _ in range(3 * reachable):
        tab.keyboard.press("Tab")
        where = tab.evaluate(FOCUS)
        if where is None:
            continue
        number, outline, is_extra, is_hidden = where
        assert outline != "none"
        assert not is_hidden
        if not is_extra:
            seen.add(number)

    assert len(seen) >= reachable


@pytest.mark.parametrize("step", ["select", "check", "sent", "refused"])
def test_the_console_fits_its_screen_without_scrolling(tab: Page, step: str) -> None:
    tab.set_viewport_size(DESK)  # type: ignore[arg-type]  # a TypedDict in the library

    tab.goto(f"/console/dark/{step}")

    assert tab.evaluate("document.documentElement.scrollHeight") <= DESK["height"]
    expect(tab.locator(".foot")).to_be_in_viewport(ratio=1)
    expect(tab.locator("#trend-plot canvas")).to_be_in_viewport(ratio=1)


def test_a_phone_shows_alarms_and_command_before_groups_and_feeder(tab: Page) -> None:
    tab.set_viewport_size(PHONE)  # type: ignore[arg-type]  # a TypedDict in the library
    tab.goto("/console/dark/check")
    parts = (".kpis", "#alarms", "#command", "#dispatches", "#groups", "#feeder", "#trend-plot")

    tops = [
        tab.evaluate("s => document.querySelector(s).getBoundingClientRect().top", part)
        for part in parts
    ]

    assert tops == sorted(tops)


def test_scripts_and_styles_stay_within_their_budget(watched: Watched) -> None:
    watched.tab.goto("/console/dark/check")
    watched.tab.wait_for_timeout(300)
    base = settings.STATIC_URL
    sizes = {}
    for url in watched.requests:
        if base in url and url.endswith((".js", ".css")):
            body = watched.tab.request.get(url).body()
            sizes[url.partition(base)[2]] = len(gzip.compress(body, 9))

    assert "vendor/uplot/uPlot.iife.min.js" in sizes
    assert sum(sizes.values()) <= 61_000, sizes
    assert len(watched.tab.content()) <= 150_000


def test_every_page_of_a_demonstration_says_so(tab: Page) -> None:
    for path in CATALOGUES:
        tab.goto(path)

        expect(tab.get_by_text("DEMONSTRATION")).to_be_visible()


def test_reduced_motion_and_forced_colours_keep_the_bars(tab: Page) -> None:
    tab.emulate_media(reduced_motion="reduce", forced_colors="active")

    tab.goto("/console/dark/check")

    colour = tab.evaluate(
        "getComputedStyle(document.querySelector('.groups .hr .use')).backgroundColor"
    )
    assert colour not in {"rgba(0, 0, 0, 0)", "transparent"}


def test_no_style_sheet_is_longer_than_a_reader_bears() -> None:
    for sheet in (Path(settings.BASE_DIR) / "static").glob("*/*.css"):
        assert len(sheet.read_text().splitlines()) <= 400, sheet
