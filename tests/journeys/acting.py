"""People at their browsers: sign in, fill in forms, press buttons, look for axe's violations."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, ViewportSize, expect

from tests.journeys.product import Product

DESK = ViewportSize(width=1680, height=1020)
PHONE = ViewportSize(width=390, height=844)
PATIENCE_MS = 20_000
measured_now: set[Page] = set()
expect.set_options(timeout=PATIENCE_MS)
AXE_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@contextmanager
def signed_in(
    browser: Browser, product: Product, username: str, *, size: ViewportSize = DESK
) -> Iterator[Page]:
    """A page of somebody who has just signed in; a script error or a refused resource fails."""
    context = browser.new_context(viewport=size, base_url=product.url)
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    trouble: list[str] = []
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.on("console", lambda said: trouble.append(said.text) if is_ours(page, said) else None)
    account = next(one for one in product.accounts if one.username == username)
    page.goto("account/login/")
    page.fill("input[name=login]", username)
    page.fill("input[name=password]", account.password)
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("header.top")).to_contain_text("Sign out")
    yield page
    context.close()
    assert not trouble, "; ".join(trouble)


def is_ours(page: Page, said: ConsoleMessage) -> bool:
    """An error of the page's own; axe loads style sheets in ways that the page forbids."""
    return said.type == "error" and page not in measured_now


def fill(page: Page, values: Mapping[str, str]) -> None:
    """Type into the fields of these names."""
    for name, value in values.items():
        page.fill(f"[name={name}]", value)


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).first.click()


def follow(page: Page, name: str) -> None:
    page.get_by_role("link", name=name).first.click()


def violations(page: Page) -> list[str]:
    """What axe finds on the page as it stands, one line each."""
    measured_now.add(page)
    result: Any = Axe().run(page, options={"runOnly": AXE_RULES})
    page.wait_for_timeout(200)
    measured_now.discard(page)
    return [
        f"{page.url}: {rule['id']} ({rule['help']}) at {node['target']}"
        for rule in result.response["violations"]
        for node in rule["nodes"]
    ]
