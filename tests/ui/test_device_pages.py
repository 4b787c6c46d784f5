"""The pages of devices and gateways in a real browser: accessible, quiet, reflowing (DV-3)."""

import json
import math
from collections.abc import Iterator

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from tests.browsing import WIDTH_AT_REST
from tests.ui.conftest import Watched, keep
from tests.ui.device_pages import SCENES, drawn_pages
from tests.ui.site import Site, serving
from tests.ui.test_pages import SMALL_TARGETS, violations

pytestmark = pytest.mark.browser

COMMAND_STEPS = ("idle", "limit", "wrong", "curve", "check", "refused")
PATHS = (
    *SCENES,
    "commands",
    "command-log",
    "points",
    *(f"command/{step}" for step in COMMAND_STEPS),
    "gateways",
    "gateways/busy",
    "endpoints",
)


def a_trend() -> str:
    now = timezone.now().timestamp()
    x = [now - 900 + 5 * step for step in range(180)]
    values = [None if 70 < step < 100 else 4.5 + 0.8 * math.sin(step / 18) for step in range(180)]
    series = [
        {"key": "p", "label": "Active power, kW", "role": "actual", "values": values},
        {"key": "held", "label": "Held to, kW", "role": "limit",
         "values": [None if step < 130 else 3.0 for step in range(180)]},
    ]  # fmt: skip
    return json.dumps({"unit": "kW", "now": now, "y": None, "x": x, "series": series})


@pytest.fixture(scope="module")
def site(tables: None) -> Iterator[Site]:
    pages = drawn_pages()
    drawn = {path: lambda html=html: html for path, html in pages.items()}
    with serving(Trends(drawn)) as running:  # type: ignore[arg-type]  # mypy cannot type a lambda's default
        yield running


class Trends(Site):
    """Every trend of every device answers with the same quarter of an hour."""

    def _content(self, path: str) -> tuple[int, str, bytes]:
        if "/rehearsals/" in path:
            path = "/rehearsal"
        if path.endswith("/trend"):
            return 200, "application/json", a_trend().encode()
        return super()._content(path)


@pytest.mark.parametrize("theme", ["dark", "day"])
@pytest.mark.parametrize("path", PATHS)
def test_a_page_is_accessible_and_quiet(watched: Watched, path: str, theme: str) -> None:
    watched.tab.goto(f"/{theme}/{path}")
    watched.tab.wait_for_timeout(400)
    keep(watched.tab, f"{theme}-{path.replace('/', '-')}")

    assert watched.complaints == []
    assert watched.tab.evaluate(SMALL_TARGETS, 24) == []
    assert violations(watched.tab) == []


@pytest.mark.parametrize("path", PATHS)
def test_nothing_but_wide_tables_scrolls_sideways(tab: Page, path: str) -> None:
    tab.goto(f"/day/{path}")
    widths = {}

    for width in (320, 390, 768, 1280):
        tab.set_viewport_size({"width": width, "height": 800})
        widths[width] = tab.evaluate(WIDTH_AT_REST, width)
        if width == 390:
            keep(tab, f"phone-{path.replace('/', '-')}")

    assert {width: wide for width, wide in widths.items() if wide > width} == {}


def test_values_and_the_point_on_the_curve_move_with_a_frame(tab: Page, site: Site) -> None:
    tab.goto("/dark/inverter")
    expect(tab.locator("[data-v='w']")).to_have_text("4.32")
    tab.wait_for_timeout(500)

    site.say(seq=1, t=timezone.now().timestamp(), ev=[], v={
        "w": "2.98", "w.x": 37.2, "w.s": "", "c.volt_var.x": 101.5, "c.volt_var.y": 60.0,
        "at": timezone.now().timestamp(),
    })  # fmt: skip

    expect(tab.locator("[data-v='w']")).to_have_text("2.98")
    point = tab.locator("[data-x='c.volt_var.x']")
    assert point.evaluate(
        "e => [e.style.getPropertyValue('--x'), e.style.getPropertyValue('--up')]"
    ) == ["101.5", "60"]
