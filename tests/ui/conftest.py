"""A browser and the pages it looks at; those of stored things are drawn before it starts."""

import json
import math
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from django.db import connection
from django.test import override_settings
from django.test.utils import setup_databases, teardown_databases
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, sync_playwright
from pytest_django.plugin import DjangoDbBlocker

from derms.accounts.roles import Role
from tests import chromium
from tests.ui import console_case
from tests.ui.rendering import NOW, Catalogue, page
from tests.ui.site import Site, serving

OPERATOR = frozenset({Role.OPERATOR})
CUSTOMER = frozenset({Role.CUSTOMER})
SHOTS = os.environ.get("SHOTS")


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
def browser(site: Site) -> Iterator[Browser]:
    """Begun after the pages are drawn: Django keeps its tables from a thread with a browser."""
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


@pytest.fixture(scope="module")
def tables(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The test database, also where no other test of the run has asked for it."""
    with django_db_blocker.unblock():
        if str(connection.settings_dict["NAME"]).startswith("test_"):
            yield
            return
        made = setup_databases(verbosity=0, interactive=False, aliases={"default": None})
        yield
        teardown_databases(made, verbosity=0)


def keep(tab: Page, name: str) -> None:
    """Where SHOTS names a folder, pictures for people to look at, a screen's height each."""
    if not SHOTS:
        return
    wide, high = tab.evaluate("[innerWidth, document.documentElement.scrollHeight]")
    step = 1_400
    for number in range(-(-high // step)):
        clip = {
            "x": 0,
            "y": number * step,
            "width": wide,
            "height": min(step, high - number * step),
        }
        file = Path(SHOTS) / f"{name}-{number}.png"
        tab.screenshot(path=file, full_page=True, clip=clip)  # type: ignore[arg-type]  # a TypedDict in the library
