"""A person at a browser in front of the running pages, on the test's own database."""

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from playwright.sync_api import Page, sync_playwright

from derms.accounts.models import User
from tests import chromium
from tests.browsing import WIDTH_AT_REST

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
THEMES = ("dark", "day")
WIDTHS = (1440, 320)
# A folder for pictures, for whoever wants to look at them.
PICTURES = os.environ.get("PICTURES", "")


@dataclass
class Walker:
    """One tab, signed in, and everything it complained about."""

    page: Page
    address: str
    complaints: list[str] = field(default_factory=list)

    def complain(self, error: object) -> None:
        self.complaints.append(str(error))

    def open(self, path: str) -> None:
        self.page.goto(f"{self.address}{path}")

    def look(self, path: str) -> dict[str, list[str]]:
        """What axe finds in both themes, and whether the page is wider than a small phone."""
        found: dict[str, list[str]] = {}
        for theme in THEMES:
            self.page.context.add_cookies([{"name": "theme", "value": theme, "url": self.address}])
            for width in WIDTHS:
                self.page.set_viewport_size({"width": width, "height": 900})
                self.open(path)
                wide = self.page.evaluate(WIDTH_AT_REST, width)
                problems = [*self.violations(), *([f"{wide} px wide"] if wide > width else [])]
                if problems:
                    found[f"{path} {theme} {width}"] = problems
        self.page.set_viewport_size({"width": WIDTHS[0], "height": 900})
        return found

    def picture(self, name: str) -> None:
        """What the page looks like in both themes and widths, where PICTURES names a folder."""
        if not PICTURES:
            return
        for theme in THEMES:
            self.page.context.add_cookies([{"name": "theme", "value": theme, "url": self.address}])
            for width in WIDTHS:
                self.page.set_viewport_size({"width": width, "height": 900})
                self.page.reload()
                path = Path(PICTURES) / f"{name}_{theme}_{width}.png"
                self.page.screenshot(path=path, full_page=True)
        self.page.set_viewport_size({"width": WIDTHS[0], "height": 900})

    def violations(self) -> list[str]:
        answer: Any = Axe().run(self.page, options={"runOnly": TAGS, "resultTypes": ["violations"]})
        return [
            f"{found['id']}: {node['html'][:120]} {node.get('failureSummary', '')[:160]}"
            for found in answer.response["violations"]
            for node in found["nodes"]
        ]


@contextlib.contextmanager
def walking(address: str, person: User, **context: Any) -> Iterator[Walker]:
    """A signed-in tab. Nothing in the calling thread may ask the database meanwhile."""
    with together(address, person, **context) as (walker,):
        yield walker


@contextlib.contextmanager
def together(address: str, *people: User, **context: Any) -> Iterator[list[Walker]]:
    """One browser with a tab for each, signed in; the same holds for the database."""
    keys = [_signed_in(person) for person in people]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium.path(), args=list(chromium.FLAGS)
        )
        walkers = []
        for key in keys:
            tab = browser.new_context(viewport={"width": 1440, "height": 900}, **context)
            tab.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": key, "url": address}])
            walker = Walker(tab.new_page(), address)
            walker.page.on("pageerror", walker.complain)
            walkers.append(walker)
        yield walkers
        browser.close()


def _signed_in(person: User) -> str:
    session = SessionStore()
    session[SESSION_KEY] = str(person.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = person.get_session_auth_hash()
    session.save()
    return str(session.session_key)
