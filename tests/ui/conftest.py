"""A browser and the pages it looks at. No test here touches the database."""

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from django.test import override_settings
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, sync_playwright

from derms.accounts.roles import Role
from tests import chromium
from tests.ui import console_case
from tests.ui.rendering import NOW, Catalogue, page
from tests.ui.site import Site, serving

OPERATOR = frozenset({Role.OPERATOR})
CUSTOMER = frozenset({Role.CUSTOMER})


def _trend() -> str:
    now = int(NOW.timestamp())
    times = [now - 7200 + 30 * step for step in range(300)]
    measured = [600 + 180 * math.sin(step / 60) if step < 240 else None for step in range(300)]
    series = [
        {"key": "output", "label": "Actual", "role": "actual", "values": measured},
        {"key": "limit", "label": "Limit", "role": "limit", "values": [820] * 300},
    ]
    return json.dumps({"unit": "kW", "now": now, "y": None, "x": times, "series": series})


def _catalogue(shell: str, roles: frozenset[Role], theme: str) -> str:
    with override_settings(IS_DEMO=True):
        return page(
            "catalogue.html", Catalogue().context(shell), roles=roles, theme=theme, path="/portal/"
        )


def _console(theme: str, command: str) -> str:
    panel = getattr(console_case, command)
    html = page(
        "operations/console.html",
        {"console": console_case.console(panel)},
        theme=theme,
        path=f"/console/{theme}/{command.lower()}",
    )
    # The fixture's moment stands for now, so that ages and the countdown can be read.
    return html.replace(' data-now="', f' data-now="{NOW.timestamp()}" data-drawn="')


def pages() -> dict[str, str]:
    drawn = {
        "/staff/dark": _catalogue("staff.html", OPERATOR, "dark"),
        "/staff/day": _catalogue("staff.html", OPERATOR, "day"),
        "/portal/light": _catalogue("portal.html", CUSTOMER, "light"),
        "/portal/dark": _catalogue("portal.html", CUSTOMER, "dark"),
        "/console/empty": page(
            "operations/console.html", {"console": console_case.empty_console()}, theme="dark"
        ),
        "/error/403": page("403.html", {"reason": "This page needs the role: Operator."}),
        "/error/404": page("404.html", roles=CUSTOMER),
        "/error/500": page("500.html", {"reference": "AB12CD34"}),
        "/trend.json": _trend(),
        "/empty.json": json.dumps({"unit": "kW", "now": None, "x": [], "series": []}),
    }
    for theme in ("dark", "day"):
        for command in ("SELECT", "CHECK", "SENT", "REFUSED"):
            drawn[f"/console/{theme}/{command.lower()}"] = _console(theme, command)
    return drawn


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    drawn = pages()
    with serving(Site({path: lambda html=html: html for path, html in drawn.items()})) as running:  # type: ignore[misc]  # mypy cannot type a lambda's default
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=chromium.path(), args=[*chromium.FLAGS]
        )
        yield running
        running.close()


@dataclass
class Watched:
    """A tab, and everything it complained about or asked for."""

    tab: Page
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.tab.on("console", self._note)
        self.tab.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.tab.on("request", self._ask)

    def _note(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(message.text)

    def _ask(self, request: Request) -> None:
        self.requests.append(request.url)


@pytest.fixture
def watched(browser: Browser, site: Site) -> Iterator[Watched]:
    site.posts.clear()
    site.answers.clear()
    context = browser.new_context(base_url=site.url, viewport={"width": 1680, "height": 1020})
    yield Watched(context.new_page())
    context.close()


@pytest.fixture
def tab(watched: Watched) -> Page:
    return watched.tab
