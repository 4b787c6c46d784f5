"""A real Chromium reaches the running product."""

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.product import Product

pytestmark = [pytest.mark.processes, pytest.mark.browser]


def test_first_page_asks_to_sign_in(product: Product, page: Page) -> None:
    page.goto(product.url)

    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    assert page.url.startswith(f"{product.url}account/login/")
