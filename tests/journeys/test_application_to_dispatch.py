"""From an application to what a dispatch cost its customer, as each role, in a real browser.

CS-2, CS-3, CS-5, CS-9, CS-10, IC-1, IC-3, IC-5 … IC-7, DV-1 … DV-3, GR-2, GR-4, DI-1, DI-3, DI-7.
Every process is the real one. At the end the figures that the customer reads are compared with the
log of the simulated devices.
"""

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default as mail_policy

import psycopg
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.acting import PHONE, fill, follow, press, signed_in, violations
from tests.journeys.product import Product

pytestmark = [pytest.mark.processes, pytest.mark.browser, pytest.mark.timeout(900)]

DISPATCH_MIN = 3
LIMIT_KW = 2
WITHIN_PCT = 2
GROUP = "Ada and friends"


@dataclass(frozen=True)
class Machine:
    """One of Ada's machines as the fleet's description has it."""

    kind: str
    manufacturer: str
    model: str
    serial_number: str
    host: str
    port: int
    unit: int


def machines_of(product: Product, site: str) -> dict[str, Machine]:
    described = json.loads(product.fleet.read_text())["devices"]
    return {
        one["kind"]: Machine(**{name: one[name] for name in Machine.__dataclass_fields__})
        for one in described
        if one["site"] == site
    }


@pytest.fixture(scope="module")
def found_by_axe() -> list[str]:
    """Collected on the way, judged at the end, so that one finding does not hide the next."""
    return []


def test_ada_applies_and_ends_with_a_settled_dispatch(
    product: Product, browser: Browser, found_by_axe: list[str]
) -> None:
    ada = machines_of(product, "ada")
    reference = customer_applies(product, browser, ada, found_by_axe)
    customer_service_sends_it_on(product, browser, reference, found_by_axe)
    engineer_proposes(product, browser, reference, found_by_axe)
    operations_confirm(product, browser, reference)
    customer_service_orders_the_visit(product, browser, reference)
    technician_is_stopped_by_the_wrong_device(product, browser, reference)
    technician_tests_both_devices(product, browser, reference, ada, found_by_axe)
    engineer_grants_permission(product, browser, reference)
    customer_has_been_told(product, browser, reference)
    group_url = operator_asks_for_a_group(product, browser)
    customer_service_checks_the_rules(product, browser)
    operator_takes_it_live(product, browser, group_url)
    operator_dispatches_and_it_is_released(product, browser, found_by_axe)
    customer_reads_what_the_devices_know(product, browser, ada["pv"], found_by_axe)
    assert found_by_axe == []


# Step 1 ------------------------------------------------------------------------------------------
def customer_applies(
    product: Product, browser: Browser, ada: dict[str, Machine], found: list[str]
) -> str:
    with signed_in(browser, product, "ada", size=PHONE) as page:
        found += violations(page)
        follow(page, "Start an application")
        page.get_by_role("radio").first.check()
        press(page, "Continue")
        page.get_by_role("link", name="Read and accept Solar Partner").click()
        page.fill("[name=accepted_name]", "Ada Lindqvist")
        press(page, "I accept these terms")
        for kind, add in (("pv", "Add solar"), ("battery", "Add a battery")):
            add_unit(page, ada[kind], add)
        found += violations(page)
        press(page, "Continue")
        planned = datetime.now(UTC).date() + timedelta(days=60)
        page.fill("[name=planned_in_service_date]", planned.isoformat())
        press(page, "Continue")
        expect(page.locator("main")).to_contain_text("10.0 kWh")
        found += violations(page)
        press(page, "Send the application")
        expect(page.locator("main")).to_contain_text("What happens next")
        expect(page.locator("main")).to_contain_text("ustomer service")
        found += violations(page)
        heading = page.locator("h1").inner_text()
    return heading.removeprefix("Application ").strip()


def add_unit(page: Page, machine: Machine, add: str) -> None:
    follow(page, add)
    page.fill("[name=q]", machine.model)
    press(page, "Search")
    page.get_by_role("link", name=f"Choose {machine.manufacturer} {machine.model}").click()
    page.fill("[name=serial_number]", machine.serial_number)
    press(page, "Save this unit")
    expect(page.locator("main")).to_contain_text(machine.serial_number)


# Step 2 ------------------------------------------------------------------------------------------
def customer_service_sends_it_on(
    product: Product, browser: Browser, reference: str, found: list[str]
) -> None:
    with signed_in(browser, product, "cleo") as page:
        follow(page, reference)
        expect(page.locator("main")).to_contain_text("Completeness")
        found += violations(page)
        press(page, "Send to engineering")
        expect(page.locator("main")).to_contain_text("In engineering review")


# Step 3 ------------------------------------------------------------------------------------------
def engineer_proposes(product: Product, browser: Browser, reference: str, found: list[str]) -> None:
    with signed_in(browser, product, "enzo") as page:
        follow(page, reference)
        for words in ("15 %", "minimum", "transformer", "90 %"):
            expect(page.locator("main")).to_contain_text(words)
        found += violations(page)
        page.locator("[name=verdict][value=approve]").check()
        fill(
            page,
            {
                "reasons": "The section has room for this size.",
                "override_reason": "The settings of the regulator upstream were checked.",
            },
        )
        press(page, "Propose to Operations")
        expect(page.locator("main")).to_contain_text("Awaiting Operations")


def operations_confirm(product: Product, browser: Browser, reference: str) -> None:
    with signed_in(browser, product, "olga") as page:
        page.goto("operations/confirmations/")
        follow(page, reference)
        press(page, "Confirm")
        expect(page.locator("main")).to_contain_text("Confirmed by")


# Step 4 ------------------------------------------------------------------------------------------
def customer_service_orders_the_visit(product: Product, browser: Browser, reference: str) -> None:
    with signed_in(browser, product, "cleo") as page:
        page.goto(f"service/applications/{reference}")
        tomorrow = datetime.now(UTC).date() + timedelta(days=2)
        fill(page, {"day": tomorrow.isoformat(), "begins": "09:00", "ends": "11:00"})
        page.select_option("[name=technician]", label="Tess Nakamura")
        press(page, "Order the visit")
        expect(page.locator("main")).to_contain_text("Commissioning")


def technician_is_stopped_by_the_wrong_device(
    product: Product, browser: Browser, reference: str
) -> None:
    """The device at this address is another one, of 10 kW: the reason stands on the page."""
    stranger = machines_of(product, "mismatch")["pv"]
    with signed_in(browser, product, "tess", size=PHONE) as page:
        page.locator("a.job", has_text="Ada Lindqvist").click()
        press(page, "Start the work")
        page.get_by_role("link", name=re.compile("^Test .*")).first.click()
        ask_device(page, stranger)
        expect(page.locator("main")).to_contain_text("Mismatch")
        expect(page.locator("main")).to_contain_text("Different")


def technician_tests_both_devices(
    product: Product, browser: Browser, reference: str, ada: dict[str, Machine], found: list[str]
) -> None:
    with signed_in(browser, product, "tess", size=PHONE) as page:
        page.locator("a.job", has_text="Ada Lindqvist").click()
        found += violations(page)
        order_url = page.url
        for machine in (ada["pv"], ada["battery"]):
            page.goto(order_url)
            page.get_by_role("link", name=re.compile(f"{machine.model}$")).click()
            ask_device(page, machine)
            expect(page.locator("main")).to_contain_text("The device answers")
        found += violations(page)
        page.goto(order_url)
        checks = page.locator("form.site-check button", has_text="Verified")
        expect(checks).not_to_have_count(0)
        for left in range(checks.count(), 0, -1):
            checks.first.click()
            expect(checks).to_have_count(left - 1)
        press(page, "Finish the order")
        expect(page.locator("main")).to_contain_text("Open orders")


def ask_device(page: Page, machine: Machine) -> None:
    fill(page, {"host": machine.host, "port": str(machine.port), "unit": str(machine.unit)})
    press(page, "Test now")
    expect(page.locator("main")).to_contain_text("Last result")


# Step 5 ------------------------------------------------------------------------------------------
def engineer_grants_permission(product: Product, browser: Browser, reference: str) -> None:
    with signed_in(browser, product, "edda") as page:
        page.goto(f"engineering/applications/{reference}")
        press(page, "Grant permission to operate")
        expect(page.locator("main")).to_contain_text("Permission to operate was granted")


def customer_has_been_told(product: Product, browser: Browser, reference: str) -> None:
    with signed_in(browser, product, "ada", size=PHONE) as page:
        page.goto("portal/messages")
        expect(page.locator("main")).to_contain_text("ermission to operate")
        page.goto("portal/production")
        expect(page.locator("main")).to_contain_text("kW")
    expect_mail(product, to="ada.lindqvist@demo.example", about=f"You may switch on ({reference})")


def expect_mail(product: Product, *, to: str, about: str) -> None:
    letters = [
        message_from_bytes(path.read_bytes(), policy=mail_policy)
        for path in product.mail.glob("*")
        if path.is_file()
    ]
    mine = [letter["Subject"] for letter in letters if to in str(letter["To"])]

    assert any(about in subject for subject in mine), mine


# Step 6 ------------------------------------------------------------------------------------------
def operator_asks_for_a_group(product: Product, browser: Browser) -> str:
    with signed_in(browser, product, "olga") as page:
        page.goto("operations/groups/new")
        page.select_option("[name=feeder]", label="MILLBROOK")
        press(page, "Show its DER")
        for row in page.locator("#der-list tbody tr", has_text="Ada Lindqvist").all():
            row.get_by_role("checkbox").check()
        expect(page.locator("#preview")).to_contain_text("2 chosen")
        fill(page, {"name": GROUP, "purpose": "To try it"})
        press(page, "Ask for the group")
        expect(page.locator("h1")).to_have_text(GROUP)
        return page.url


def customer_service_checks_the_rules(product: Product, browser: Browser) -> None:
    with signed_in(browser, product, "cleo") as page:
        page.goto("service/groups/")
        follow(page, GROUP)
        page.get_by_role("button", name=re.compile("pprove")).click()
        expect(page.locator("main")).to_contain_text("Approved by customer service")


def operator_takes_it_live(product: Product, browser: Browser, group_url: str) -> None:
    with signed_in(browser, product, "olga") as page:
        page.goto(group_url)
        press(page, "Take live")
        expect(page.get_by_role("link", name="Dispatch", exact=True)).to_be_visible()


def operator_dispatches_and_it_is_released(
    product: Product, browser: Browser, found: list[str]
) -> None:
    with signed_in(browser, product, "olga") as page:
        page.goto("operations/")
        expect(page.locator("#live")).to_contain_text("Live")
        found += violations(page)
        follow(page, GROUP)
        panel = page.locator("#command")
        expect(panel).to_contain_text(GROUP)
        page.select_option("[name=function]", "limit_active_power")
        fill(
            page,
            {"target": str(LIMIT_KW), "duration": str(DISPATCH_MIN), "reason": "Voltage too high"},
        )
        press(page, "Check effect")
        expect(panel).to_contain_text("Reaches")
        press(page, "Execute")
        expect(panel).to_contain_text("2 confirmed")
        found += violations(page)
        page.goto("operations/dispatches/")
        page.get_by_role("row", name=GROUP).get_by_role("link").first.click()
        over = (DISPATCH_MIN + 1) * 60_000
        expect(page.locator("main")).to_contain_text("Held back", timeout=over)
        expect(page.locator("main")).to_contain_text("Released")


# Step 7 ------------------------------------------------------------------------------------------
def customer_reads_what_the_devices_know(
    product: Product, browser: Browser, pv: Machine, found: list[str]
) -> None:
    with signed_in(browser, product, "ada", size=PHONE) as page:
        page.goto("portal/events/")
        expect(page.locator("main")).to_contain_text(GROUP)
        said = page.locator("main").inner_text()
        found += violations(page)
        page.goto("portal/production")
        found += violations(page)
    row = delivery_of(product, pv)
    truth = truth_between(product, "ada-pv", row.measured_from, row.measured_to)

    print(f"settled {row}, the simulator's log says {truth}")
    assert row.delivered_wh == pytest.approx(truth.delivered_wh, rel=WITHIN_PCT / 100)
    assert row.curtailed_wh == pytest.approx(truth.curtailed_wh, rel=WITHIN_PCT / 100)
    for energy_wh in (row.delivered_wh, row.curtailed_wh):
        assert f"{energy_wh / 1000:.2f}" in said or f"{energy_wh / 1000:.3f}" in said


@dataclass(frozen=True)
class Settled:
    """What the product wrote down for one DER."""

    measured_from: datetime
    measured_to: datetime
    delivered_wh: float
    curtailed_wh: float


def delivery_of(product: Product, pv: Machine) -> Settled:
    with psycopg.connect(product.database_url) as connection:
        row = connection.execute(
            "select measured_from, measured_to, delivered_wh, curtailed_wh"
            " from dispatch_delivery d join interconnection_der r on r.id = d.der_id"
            " where r.serial_number = %s order by d.id desc limit 1",
            [pv.serial_number],
        ).fetchone()
    assert row is not None
    return Settled(*row)


@dataclass(frozen=True)
class Truth:
    """What the simulated device knows of the same time."""

    delivered_wh: float
    curtailed_wh: float


def truth_between(product: Product, key: str, from_at: datetime, to_at: datetime) -> Truth:
    """From the fleet's log, whose lines are a second apart, interpolated to the moments."""
    lines = [json.loads(line) for line in product.fleet_log.read_text().splitlines()]
    known = [one for one in lines if one["event"] == "truth" and one["key"] == key]

    def at(moment: datetime, name: str) -> float:
        seconds = moment.astimezone(UTC).timestamp()
        before = max((one for one in known if one["t"] <= seconds), key=lambda one: one["t"])
        after = min((one for one in known if one["t"] > seconds), key=lambda one: one["t"])
        share = (seconds - before["t"]) / (after["t"] - before["t"])
        return float(before[name] + share * (after[name] - before[name]))

    return Truth(
        delivered_wh=at(to_at, "energy_injected_wh") - at(from_at, "energy_injected_wh"),
        curtailed_wh=at(to_at, "curtailed_wh") - at(from_at, "curtailed_wh"),
    )
