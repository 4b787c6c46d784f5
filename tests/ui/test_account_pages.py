"""Sign-in, password and second-factor pages in the product's shell, checked in a browser (OP-1)."""

from collections.abc import Iterator

import pytest
from django.test import Client
from playwright.sync_api import Page, sync_playwright

from derms.accounts.models import User
from tests import chromium
from tests.browsing import WIDTH_AT_REST
from tests.factories import PASSWORD
from tests.ui.site import Site, serving
from tests.ui.test_pages import SMALL_TARGETS, violations

pytestmark = pytest.mark.browser

OUTSIDE = ("/account/login/", "/account/password/reset/")
INSIDE = (
    "/account/password/change/",
    "/account/email/",
    "/account/2fa/",
    "/account/2fa/totp/activate/",
    "/account/reauthenticate/",
    "/account/logout/",
)


@pytest.fixture
def drawn(client: Client, ada: User, olga: User) -> dict[str, str]:
    """Each page as its person gets it; the paths get a prefix for the person."""
    pages = {path: client.get(path).content.decode() for path in OUTSIDE}
    wrong = client.post("/account/login/", {"login": ada.username, "password": "wrong"})
    pages["/wrong"] = wrong.content.decode()
    for person in (ada, olga):
        client.logout()
        client.post("/account/login/", {"login": person.username, "password": PASSWORD})
        client.post("/account/reauthenticate/", {"password": PASSWORD})
        for path in INSIDE:
            answer = client.get(path)
            assert answer.status_code == 200, (person, path, answer.headers)
            pages[f"/{person.username}{path}"] = answer.content.decode()
    return pages


@pytest.fixture
def tab(drawn: dict[str, str]) -> Iterator[tuple[Page, Site]]:
    # Not the module's browser: Django refuses queries while one is open in this thread.
    site = Site({path: lambda html=html: html for path, html in drawn.items()})  # type: ignore[misc]  # mypy cannot type a lambda's default
    with serving(site), sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=chromium.path(), args=[*chromium.FLAGS]
        )
        yield running.new_page(base_url=site.url, viewport={"width": 390, "height": 844}), site
        running.close()


def test_account_pages_are_accessible_at_phone_width(tab: tuple[Page, Site]) -> None:
    page, site = tab
    found: dict[str, list[str]] = {}

    for path in site.pages:
        page.goto(path)
        wide = page.evaluate(WIDTH_AT_REST, 390)
        small = page.evaluate(SMALL_TARGETS, 24)
        found[path] = [*violations(page), *small, *([f"{wide} wide"] if wide > 390 else [])]

    assert {path: faults for path, faults in found.items() if faults} == {}


def test_a_wrong_password_keeps_the_name_and_says_so(drawn: dict[str, str]) -> None:
    assert 'value="ada"' in drawn["/wrong"]
    assert "data-form-errors" in drawn["/wrong"]


def test_the_second_factor_shows_its_picture_and_its_secret(drawn: dict[str, str]) -> None:
    html = drawn["/olga/account/2fa/totp/activate/"]

    assert "data:image/svg+xml" in html
    assert "authenticator_secret" in html
