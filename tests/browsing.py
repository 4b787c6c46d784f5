"""The browser of the tests; sync playwright, started directly."""

import contextlib
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests import chromium

# Pictures follow a new width a frame or two later.
WIDTH_AT_REST = """async wanted => {
  const until = performance.now() + 2000
  const wide = () => document.documentElement.scrollWidth
  while (wide() > wanted && performance.now() < until) await new Promise(requestAnimationFrame)
  return wide()
}"""


def pytest_collection_finish(session: pytest.Session) -> None:
    """Bring Chromium before the first test begins: no test's time-out shall count it."""
    if any(item.get_closest_marker("browser") for item in session.items):
        with contextlib.suppress(chromium.NoChromium):  # the fixture fails each test with it
            chromium.path()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A running Chromium.

    For one module only: while playwright runs, Django refuses its database to this thread.
    """
    program = chromium.path()
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=program, args=list(chromium.FLAGS), headless=True
        )
        yield running
        running.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A new page in a context of its own, in which any script error fails the test."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    context.close()
    assert not errors
