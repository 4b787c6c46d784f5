"""An operator, one device, one limit, and a pulled plug: DV-1 … DV-3, DV-5.

Every process is the real one: the page's values come from the simulated device over Modbus, and
its register holds what was reviewed.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.acting import fill, press, signed_in, violations
from tests.journeys.product import ROOT, Product

pytestmark = [pytest.mark.processes, pytest.mark.browser, pytest.mark.timeout(900)]

LIMIT_KW = "1.5"
# Two slow polls of half a minute, on a machine that is busy.
FOUND_MS = 150_000
SILENT_MS = 60_000


@dataclass(frozen=True)
class Machine:
    """One simulated inverter in service."""

    key: str
    serial_number: str
    manufacturer: str


@pytest.fixture
def machine(product: Product) -> Iterator[Machine]:
    described = json.loads(product.fleet.read_text())["devices"]
    found = next(
        one
        for one in described
        if one["kind"] == "pv" and one["commissioned"] and one["generation"] == "ieee1547_2018"
    )
    chosen = Machine(found["key"], found["serial_number"], found["manufacturer"])
    yield chosen
    simulate(product, "fault", chosen.key, "none")


def simulate(product: Product, *words: str) -> None:
    subprocess.run(
        [sys.executable, "-m", "simulators", *words, "--fleet", str(product.fleet)],
        cwd=ROOT, check=True, stdout=subprocess.DEVNULL,
    )  # fmt: skip


def test_an_operator_limits_a_device_and_sees_its_plug_pulled(
    product: Product, browser: Browser, machine: Machine
) -> None:
    found: list[str] = []
    with signed_in(browser, product, product.account("Operator").username) as page:
        finds_it_in_the_fleet(page, machine)
        found += violations(page)
        sees_values_move(page)
        commands_a_limit(page)
        sees_the_setting_agree(page)
        found += violations(page)
        sees_the_plug_pulled(product, page, machine)
        found += violations(page)
        sees_it_return(product, page, machine)
        releases_it(page)
        looks_at_the_gateway(page)
        found += violations(page)
    assert found == []


def finds_it_in_the_fleet(page: Page, machine: Machine) -> None:
    page.goto("operations/devices/")
    page.locator("input[type=search], input[name=text]").first.fill(machine.serial_number)
    page.keyboard.press("Enter")
    page.get_by_role("link", name=machine.serial_number).click()
    expect(page.locator("h1")).to_contain_text(machine.manufacturer)
    expect(page.locator("#state")).to_contain_text("Communicating")


def sees_values_move(page: Page) -> None:
    expect(page.locator("#live")).to_contain_text("Live")
    before = page.locator("[data-v=clock]").inner_text()
    expect(page.locator("[data-v=clock]")).not_to_have_text(before)
    expect(page.locator("#power-plot canvas")).to_be_visible()


def commands_a_limit(page: Page) -> None:
    panel = page.locator("#command")
    panel.get_by_role("link", name="Active power limit", exact=True).click()
    expect(panel).to_contain_text("At most, kW")
    fill(page, {"value": LIMIT_KW, "duration": "30", "reason": "Voltage on the lateral"})
    press(page, "Review")
    expect(panel).to_contain_text(f"at most {LIMIT_KW}0")
    expect(panel).to_contain_text("SunSpec model 704")
    press(page, "Execute")
    expect(panel).to_contain_text("Written and read back")
    expect(page.locator("#state")).to_contain_text("Held by a command")
    expect(page.locator("#commands")).to_contain_text("Verified")
    expect(page.locator("[data-v='w.n']")).to_contain_text(f"held to {LIMIT_KW}0")


def sees_the_setting_agree(page: Page) -> None:
    row = page.locator("#settings tr", has_text="Active power limit")
    expect(row).to_contain_text("Agrees", timeout=FOUND_MS)
    twice = rf"at most {LIMIT_KW}0\s*kW.*at most {LIMIT_KW}0"
    expect(row).to_contain_text(re.compile(twice, re.DOTALL))


def sees_the_plug_pulled(product: Product, page: Page, machine: Machine) -> None:
    simulate(product, "fault", machine.key, "silent")
    expect(page.locator("#state")).to_contain_text("Not answering", timeout=SILENT_MS)
    expect(page.locator("#values b.old").first).to_be_visible()
    expect(page.locator("#device-alarms")).to_contain_text("unacknowledged", timeout=SILENT_MS)


def sees_it_return(product: Product, page: Page, machine: Machine) -> None:
    simulate(product, "fault", machine.key, "none")
    expect(page.locator("#state")).to_contain_text("Communicating", timeout=SILENT_MS)
    expect(page.locator("#values b.old")).to_have_count(0)
    expect(page.locator("#device-alarms")).to_contain_text("eturned", timeout=SILENT_MS)


def releases_it(page: Page) -> None:
    page.reload()
    panel = page.locator("#command")
    panel.get_by_role("link", name=re.compile("Release command")).click()
    fill(page, {"reason": "The voltage is well again"})
    press(page, "Review")
    expect(panel).to_contain_text("Ends command")
    press(page, "Execute")
    expect(panel).to_contain_text("Written and read back")
    expect(page.locator("#state")).not_to_contain_text("Held by a command")


def looks_at_the_gateway(page: Page) -> None:
    page.get_by_role("link", name="Points", exact=True).click()
    press(page, "Read now")
    expect(page.locator("#points")).to_contain_text("Model 704", timeout=SILENT_MS)
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Gateways").click()
    expect(page.locator("#zones")).to_contain_text("answering")
    expect(page.locator("#zones")).not_to_contain_text("Nobody serves it")
