"""The pages of the service desk in a real browser: accessible, quiet, reflowing (CS-1, CS-9)."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.ui.conftest import Watched
from tests.ui.desk_pages import drawn_pages
from tests.ui.site import Site, serving
from tests.ui.test_pages import SMALL_TARGETS, violations

pytestmark = pytest.mark.browser

SHOTS = os.environ.get("SHOTS")


@pytest.fixture(scope="module")
def site(tables: None) -> Iterator[Site]:
    drawn = {path: lambda html=html: html for path, html in drawn_pages().items()}
    with serving(Parts(drawn)) as running:  # type: ignore[arg-type]  # mypy cannot type a lambda's default
        yield running


class Parts(Site):
    """Regions that a page fetches for itself answer with nothing here."""

    def _content(self, path: str) -> tuple[int, str, bytes]:
        if path.startswith("/service/customers/"):
            return 200, "text/html; charset=utf-8", b""
        return super()._content(path)


def test_every_page_is_accessible_quiet_and_narrow_enough(watched: Watched, site: Site) -> None:
    found: dict[str, list[str]] = {}
    for path in site.pages:
        watched.tab.set_viewport_size({"width": 1280, "height": 900})
        watched.tab.goto(path)
        watched.tab.wait_for_timeout(100)
        _keep(watched.tab, path, 1280)
        faults = [*watched.tab.evaluate(SMALL_TARGETS, 24), *violations(watched.tab)]
        watched.tab.set_viewport_size({"width": 320, "height": 800})
        wide = watched.tab.evaluate("document.documentElement.scrollWidth")
        _keep(watched.tab, path, 320)
        found[path] = [*faults, *([f"{wide} wide"] if wide > 320 else [])]

    assert {path: faults for path, faults in found.items() if faults} == {}
    assert watched.complaints == []


def _keep(tab: Page, path: str, width: int) -> None:
    if SHOTS:
        name = path.strip("/").replace("/", "-")
        tab.screenshot(path=str(Path(SHOTS) / f"{name}-{width}.png"), full_page=True)


def test_arrow_down_leads_from_the_search_to_what_was_found(tab: Page) -> None:
    tab.goto("/day/search/found")
    tab.locator("#id_q").press("ArrowDown")

    expect(tab.locator("#found .link").first).to_be_focused()
    tab.keyboard.press("j")
    expect(tab.locator("#found .link").nth(1)).to_be_focused()


def test_a_card_is_moved_from_the_keyboard_and_told_where_it_may_not_go(tab: Page) -> None:
    tab.goto("/day/queue/board")
    card = tab.locator("[data-card]").first
    card.locator(".link").focus()
    tab.keyboard.press("m")

    expect(card.locator("[data-to]").first).to_be_focused()
    card.drag_to(tab.locator("[data-lane=permitted]"))
    expect(tab.locator("#board-says")).to_contain_text("cannot move")


def test_dropping_a_card_does_what_its_menu_does(tab: Page, site: Site) -> None:
    tab.goto("/day/queue/board")
    tab.locator("[data-lane=submitted] [data-card]").first.drag_to(
        tab.locator("[data-lane=incomplete]")
    )

    tab.wait_for_url("**/service/applications/*#return")
