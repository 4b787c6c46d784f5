"""Live values, keys, themes and the command panel, as an operator meets them (GR-4, DI-1, DI-3)."""

import json

import pytest
from playwright.sync_api import Page, expect

from tests.ui.console_case import ALARMS, CHECK, SELECT, SENT
from tests.ui.rendering import NOW, page
from tests.ui.site import Site

pytestmark = pytest.mark.browser
PAGE = "/console/dark/check"
T = NOW.timestamp()
EMPTY = json.dumps({"unit": "kW", "now": None, "x": [], "series": []})
FIRST = {"seq": 1, "t": T, "v": {"g1.p": "246.3"}}


def panel(step: object) -> str:
    return page("operations/_command.html", {"panel": step})


def join(tab: Page, site: Site, path: str = PAGE) -> None:
    before = site.connections
    tab.goto(path)
    wait_for_connection(tab, site, before + 1)
    site.say(**FIRST)
    expect(tab.locator("#live-words")).to_have_text("Live")


def wait_for_connection(tab: Page, site: Site, count: int) -> None:
    for _ in range(100):
        if site.connections >= count:
            return
        tab.wait_for_timeout(50)
    raise AssertionError("the page did not connect")


def test_a_frame_changes_text_place_and_state(tab: Page, site: Site) -> None:
    join(tab, site)

    site.say(seq=2, t=T + 1, v={"g1.p": "199.9", "g1.x": 40.5, "g1.s": "stale", "k.vmax.s": ""})

    expect(tab.locator("[data-v='g1.p']")).to_have_text("199.9")
    row = tab.locator("tr[data-group='1']")
    expect(row).to_have_class("sel stale")
    assert row.locator(".hr").evaluate("e => e.style.getPropertyValue('--x')") == "40.5"
    expect(tab.locator("[data-s='k.vmax.s']")).to_have_class("kpi")


def test_a_gap_makes_the_page_ask_for_everything_again(tab: Page, site: Site) -> None:
    join(tab, site)
    before = site.connections

    site.say(seq=5, t=T + 1, v={"g1.p": "1.0"})

    wait_for_connection(tab, site, before + 1)
    expect(tab.locator("[data-v='g1.p']")).to_have_text("246.3")


def test_a_cut_line_is_made_again(tab: Page, site: Site) -> None:
    join(tab, site)
    before = site.connections

    site.hang_up()

    wait_for_connection(tab, site, before + 1)
    site.say(seq=1, t=T + 3, v={"g1.p": "7.0"})
    expect(tab.locator("[data-v='g1.p']")).to_have_text("7.0")


def test_silence_is_said_and_shuts_commands(tab: Page, site: Site) -> None:
    join(tab, site)

    expect(tab.locator("#live-words")).to_have_text("No data for 5 s", timeout=9_000)

    assert "line-through" in tab.locator("[data-v='g1.p']").evaluate(
        "e => getComputedStyle(e).textDecorationLine"
    )
    expect(tab.get_by_role("button", name="Execute")).to_be_disabled()
    expect(tab.locator("[data-refusal]")).to_contain_text("Live values are lost")
    site.say(seq=2, t=T + 6, v={})
    expect(tab.get_by_role("button", name="Execute")).to_be_enabled()


def test_f_freezes_what_is_seen_and_releases_it(tab: Page, site: Site) -> None:
    join(tab, site)

    tab.keyboard.press("f")
    expect(tab.locator("#live-words")).to_contain_text("Frozen at 14:32:08")
    site.say(seq=2, t=T + 1, v={"g1.p": "111.1"})
    tab.wait_for_timeout(200)
    expect(tab.locator("[data-v='g1.p']")).to_have_text("246.3")
    tab.keyboard.press("f")

    expect(tab.locator("[data-v='g1.p']")).to_have_text("111.1")


def test_live_points_lengthen_the_trend(tab: Page, site: Site) -> None:
    join(tab, site)
    expect(tab.locator("#trend-plot canvas")).to_be_visible()

    site.say(seq=2, t=T + 5, v={}, pt={"output": 612.5})
    tab.get_by_role("button", name="Table", exact=True).last.click()

    expect(tab.locator("#trend-table tbody")).to_contain_text("612.5")
    expect(tab.locator("#trend-plot")).to_be_hidden()


def test_a_selection_counts_down_and_ends(tab: Page, site: Site) -> None:
    join(tab, site)
    left = tab.locator("[data-deadline]")
    expect(left).to_have_text("26")

    site.say(seq=2, t=T + 27, v={})

    expect(left).to_have_text("0")
    expect(tab.get_by_role("button", name="Execute")).to_be_disabled()
    expect(tab.locator("[data-refusal]")).to_contain_text("Selection expired")
    expect(tab.get_by_role("button", name="Check again")).to_be_visible()


def test_select_check_execute_by_keyboard_alone(tab: Page, site: Site) -> None:
    site.answers = {
        "/operations/groups/1/select": panel(SELECT),
        "/operations/groups/1/check": panel(CHECK),
        "/operations/dispatches/7/execute": panel(SENT),
        "/operations/dispatches/7/progress": panel(SENT),
    }
    join(tab, site, "/console/dark/refused")

    tab.keyboard.press("j")
    expect(tab.get_by_role("link", name="Riverside rooftops")).to_be_focused()
    tab.keyboard.press("Enter")
    expect(tab.get_by_label("Function")).to_be_focused()
    tab.get_by_role("button", name="Check effect").press("Enter")
    expect(tab.locator("#command-title")).to_be_focused()
    site.say(seq=2, t=T + 1, v={})
    tab.get_by_role("button", name="Execute").press("Enter")

    expect(tab.locator("#command")).to_contain_text("41 verified")
    sent = dict(site.posts)
    assert sent["/operations/groups/1/check"]["target_kw"] == ["180"]
    assert sent["/operations/dispatches/7/execute"]["token"] == ["7f3a"]


def test_a_acknowledges_and_the_focus_goes_to_the_next(tab: Page, site: Site) -> None:
    site.answers["/operations/alarms/9/ack"] = page("operations/_alarms.html", {"alarms": ALARMS})
    join(tab, site)

    tab.get_by_role("button", name="Acknowledge Voltage above limit").focus()
    tab.keyboard.press("a")

    expect(tab.locator("#alarms [data-ack]").first).to_be_focused()
    assert [path for path, _ in site.posts] == ["/operations/alarms/9/ack"]


def test_new_alarms_are_fetched_when_the_server_says_so(tab: Page, site: Site) -> None:
    join(tab, site)
    site.answers[PAGE] = site.pages[PAGE]().replace("Voltage above limit", "Voltage below limit")

    site.say(seq=2, t=T + 1, v={}, ev=["alarms"])

    expect(tab.locator("#alarms")).to_contain_text("Voltage below limit")
    expect(tab.locator("#banner")).to_contain_text("Voltage below limit")


def test_a_region_in_use_is_not_swapped_under_the_hands(tab: Page, site: Site) -> None:
    join(tab, site)
    site.answers[PAGE] = site.pages[PAGE]().replace("Mill Lane storage", "Mill Lane batteries")
    tab.get_by_label("Filter groups").focus()

    site.say(seq=2, t=T + 1, v={}, ev=["groups"])

    expect(tab.locator("#groups [data-news]")).to_be_visible()
    expect(tab.get_by_label("Filter groups")).to_be_focused()
    expect(tab.locator("#groups")).to_contain_text("Mill Lane storage")


def test_letters_do_nothing_while_typing_or_when_switched_off(tab: Page, site: Site) -> None:
    join(tab, site)
    tab.keyboard.press("/")
    expect(tab.get_by_label("Filter groups")).to_be_focused()
    tab.keyboard.type("faj")
    expect(tab.get_by_label("Filter groups")).to_have_value("faj")
    expect(tab.locator("#live-words")).to_have_text("Live")
    tab.keyboard.press("Escape")

    tab.keyboard.press("?")
    tab.get_by_label("One-letter keys are on").uncheck()
    tab.get_by_role("button", name="Close").click()
    tab.keyboard.press("f")

    expect(tab.locator("#live-words")).to_have_text("Live")
    assert site.posts == []


def test_the_filter_narrows_the_rows_and_counts_them(tab: Page, site: Site) -> None:
    tab.goto(PAGE)

    tab.get_by_label("Filter groups").fill("eastfield")

    expect(tab.locator("#group-count")).to_have_text("1 of 3")
    expect(tab.locator("#group-list tbody tr:visible")).to_have_count(1)


def test_the_theme_is_kept_and_the_chart_follows(tab: Page, site: Site) -> None:
    tab.goto(PAGE)

    tab.get_by_role("button", name="Change to day colours").click()

    expect(tab.locator("html")).to_have_attribute("data-theme", "day")
    cookies = {cookie["name"]: cookie["value"] for cookie in tab.context.cookies()}
    assert cookies["theme"] == "day"
    expect(tab.locator("#trend-plot canvas")).to_be_visible()


def test_a_trend_that_fails_says_so(tab: Page, site: Site) -> None:
    tab.route("**/trend.json", lambda route: route.fulfill(status=503, body="{}"))

    tab.goto(PAGE)

    expect(tab.locator("#trend-plot")).to_contain_text("Trend not available")


def test_a_trend_without_points_says_so(tab: Page, site: Site) -> None:
    tab.route("**/trend.json", lambda route: route.fulfill(body=EMPTY))

    tab.goto(PAGE)

    expect(tab.locator("#trend-plot")).to_contain_text("No measurements in this period")
