"""Turning service on: customer, desk, a phone without a connection, customer (CS-4, CS-6)."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, expect

from tests.journeys.acting import PHONE, follow, measured_now, press, signed_in, violations
from tests.journeys.product import Product

pytestmark = [pytest.mark.processes, pytest.mark.browser, pytest.mark.timeout(900)]
JPEG = b"\xff\xd8\xff\xe0" + b"\0" * 2000


def test_ben_asks_for_service_and_a_technician_turns_it_on(
    product: Product, browser: Browser
) -> None:
    found: list[str] = []
    number = customer_asks(product, browser, found)
    desk_orders_the_connection(product, browser, number, found)
    technician_reports_without_a_connection(product, browser, number, found)
    customer_reads_that_it_is_done(product, browser, number, found)
    assert found == []


def customer_asks(product: Product, browser: Browser, found: list[str]) -> str:
    with signed_in(browser, product, "ben", size=PHONE) as page:
        follow(page, "Requests")
        found += violations(page)
        follow(page, "Turn my service on")
        day = datetime.now(UTC).date() + timedelta(days=4)
        page.fill("[name=day]", day.isoformat())
        page.select_option("[name=reason]", "move_in")
        page.fill("[name=access]", "The neighbour has the key.")
        press(page, "Send the request")
        expect(page.locator("main")).to_contain_text("Customer service acts next")
        found += violations(page)
        return page.url.rpartition("/")[2]


def desk_orders_the_connection(
    product: Product, browser: Browser, number: str, found: list[str]
) -> None:
    with signed_in(browser, product, "cleo") as page:
        page.goto("service/requests/")
        found += violations(page)
        follow(page, number)
        found += violations(page)
        day = datetime.now(UTC).date() + timedelta(days=3)
        page.fill("#id_order_day", day.isoformat())
        page.fill("#id_order_begins", "09:00")
        page.fill("#id_order_ends", "11:00")
        page.get_by_role("button", name="Order the connection", exact=True).click()
        expect(page.locator("main")).to_contain_text("Field technician")
        expect(page.locator("main")).to_contain_text("Field order")


def technician_reports_without_a_connection(
    product: Product, browser: Browser, number: str, found: list[str]
) -> None:
    with signed_in(browser, product, "tess", size=PHONE) as page:
        page.locator("a.job", has_text="Turn service on").filter(has_text="Ben Okoro").click()
        press(page, "Start the work")
        expect(page.locator("main")).to_contain_text("On site")
        found += violations(page)
        for tick in ("safe", "installation", "on"):
            page.check(f"[name={tick}]")
        page.fill("[name=voltage]", "121.3")
        page.fill("[name=reading]", "20418")
        page.set_input_files(
            "#id_photos", {"name": "m.jpg", "mimeType": "image/jpeg", "buffer": JPEG}
        )
        expect(page.locator("[data-visit-state]")).to_contain_text("1 photos are kept")
        page.reload()
        expect(page.locator("[data-visit-state]")).to_contain_text("with 1 photos")
        expect(page.locator("[name=reading]")).to_have_value("20418")
        page.fill("[name=seal]", "S-1")
        page.fill("[name=result]", f"Service is on ({number}).")
        expect(page.locator("[data-visit-state]")).to_contain_text("not sent yet")
        # A connection that breaks after the sending: the answer is lost, the report is not.
        measured_now.add(page)  # the browser complains about the connection, as it should
        page.route("**/report", lambda route: (route.fetch(), route.abort()))
        press(page, "Finish the order")
        expect(page.locator("[data-visit-state]")).to_contain_text("No connection")
        page.unroute("**/report")
        measured_now.discard(page)
        page.evaluate("dispatchEvent(new Event('online'))")
        expect(page.locator("h1")).to_contain_text("Open orders")


def customer_reads_that_it_is_done(
    product: Product, browser: Browser, number: str, found: list[str]
) -> None:
    with signed_in(browser, product, "ben", size=PHONE) as page:
        page.goto(f"portal/requests/{number}")
        expect(page.locator("main")).to_contain_text("Done")
        expect(page.locator("main")).to_contain_text("Service is on")
        found += violations(page)
