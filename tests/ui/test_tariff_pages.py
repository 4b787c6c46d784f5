"""Tariffs, agreements and programmes in a real browser: accessible, reflowing (CS-2, CS-8)."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from tests.browsing import WIDTH_AT_REST
from tests.ui.conftest import Watched, keep
from tests.ui.site import Site, serving
from tests.ui.tariff_pages import PORTAL, STAFF, drawn_pages
from tests.ui.test_pages import SMALL_TARGETS, violations

pytestmark = pytest.mark.browser

PATHS = (
    *(f"{theme}/staff/{path}" for theme in ("dark", "day") for path in STAFF),
    *(f"{theme}/portal/{path}" for theme in ("dark", "light") for path in PORTAL),
)
NARROW = tuple(path for path in PATHS if path.startswith(("day", "light")))


@pytest.fixture(scope="module")
def site(tables: None) -> Iterator[Site]:
    drawn = {path: lambda html=html: html for path, html in drawn_pages().items()}
    with serving(Site(drawn)) as running:  # type: ignore[arg-type]  # mypy cannot type a lambda's default
        yield running


@pytest.mark.parametrize("path", PATHS)
def test_a_page_is_accessible_and_quiet(watched: Watched, path: str) -> None:
    watched.tab.set_viewport_size({"width": 1280, "height": 900})
    watched.tab.goto(f"/{path}")
    keep(watched.tab, path.replace("/", "-"))

    assert watched.complaints == []
    assert watched.tab.evaluate(SMALL_TARGETS, 24) == []
    assert violations(watched.tab) == []


@pytest.mark.parametrize("path", NARROW)
def test_nothing_but_wide_tables_scrolls_sideways(tab: Page, path: str) -> None:
    tab.goto(f"/{path}")
    widths = {}

    for width in (320, 768):
        tab.set_viewport_size({"width": width, "height": 800})
        widths[width] = tab.evaluate(WIDTH_AT_REST, width)
        if width == 320:
            keep(tab, f"phone-{path.replace('/', '-')}")

    assert {width: wide for width, wide in widths.items() if wide > width} == {}
