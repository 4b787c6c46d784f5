"""The case above 90 % of its feeder once in a real browser, from the study to permission.

IC-2, IC-4 … IC-7: each page is opened as its person and judged by axe. One browser carries all of
it; what workers do runs on a thread of its own, because a browser's thread may not ask a database.
"""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from customers.models import UsagePoint
from derms.accounts.models import User
from interconnection import tasks
from interconnection.models import (
    ApplicationUnit,
    CommissioningTest,
    NetworkUpgrade,
    NetworkVersion,
    Study,
)
from interconnection.models import InterconnectionApplication as Application
from interconnection.services.conditions import add_standard_condition
from interconnection.statuses import ApplicationStatus, ConditionKind
from tests.devices.walking import Walker, together
from tests.interconnection.test_upgrade_journey import (
    MODEL,
    PROFILE,
    THICK_OHM_PER_KM,
    Cast,
    ada_applies,
    cast,
    inverter,
    point,
    screens_fail,
    willow,
)

__all__ = ["cast", "inverter", "point", "willow"]
pytestmark = [
    pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.timeout(300),
]  # fmt: skip
Found = TypeVar("Found")
worker = ThreadPoolExecutor(1)


def aside(deed: Callable[[], Found]) -> Found:
    """What a worker does, and what only the database knows, while the browser stays open."""

    def done() -> Found:
        try:
            return deed()
        finally:
            connection.close()

    return worker.submit(done).result()


class Stage:
    """Everybody has a tab of their own; `page` is the one that was entered last."""

    def __init__(self, walkers: Mapping[str, Walker]) -> None:
        self._walkers = walkers
        self.walker = next(iter(walkers.values()))
        self.found: list[str] = []

    @property
    def page(self) -> Page:
        return self.walker.page

    def enter(self, name: str, route: str, *args: object) -> None:
        """Open a page as this person, and let axe look at it."""
        self.walker = self._walkers[name]
        self.walker.open(reverse(route, args=args))
        self.look()

    def look(self) -> None:
        self.found += [f"{self.page.url}: {one}" for one in self.walker.violations()]

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name).first.click()
        self.page.wait_for_load_state()

    def fill(self, **entered: str) -> None:
        for name, value in entered.items():
            self.page.fill(f"main [name={name}]", value)

    def says(self, words: str) -> None:
        expect(self.page.locator("body")).to_contain_text(words)


def test_case_above_ninety_percent_goes_through_the_pages_to_permission(
    live_server: LiveServer,
    cast: Cast,
    point: UsagePoint,
    inverter: Mapping[str, Any],
    tmp_path: Path,
) -> None:
    application = ada_applies(cast, point, inverter)
    screens_fail(cast, application)
    add_standard_condition(
        code="volt-var", title="Settings with volt-var", kind=ConditionKind.SETTINGS_PROFILE,
        wording="Runs with the settings {profile}", settings_profile=PROFILE,
    )  # fmt: skip
    names = ("ada", "cleo", "enzo", "edda", "olga", "tess")
    people = [User.objects.get(username=name) for name in names]
    file = tmp_path / "WILLOW.dss"
    file.write_text(MODEL.format(r=THICK_OHM_PER_KM))

    with together(live_server.url, *people) as walkers:
        stage = Stage(dict(zip(names, walkers, strict=True)))
        the_study_fails(stage, application)
        it_is_held(stage, application)
        the_upgrade_is_done(stage, application, file)
        it_is_approved(stage, application)
        it_is_commissioned(stage, application, inverter)
        it_is_permitted(stage, application)
        complaints = [one for walker in walkers for one in walker.complaints]

    application.refresh_from_db()
    assert application.status == ApplicationStatus.PERMITTED
    assert stage.found == []
    assert complaints == []


def the_study_fails(stage: Stage, application: Application) -> None:
    stage.enter("enzo", "engineering_application", application.reference)
    stage.says("950 kW, 50 kW above 90 % of its feeder rating, 900 kW")
    stage.press("Run a study")
    stage.says("Waits for a worker")
    stage.look()
    aside(tasks.run_studies)
    expect(stage.page.get_by_role("heading", name="Single line")).to_be_visible()
    stage.look()
    assert aside(lambda: Study.objects.get().verdict) == "fail"


def it_is_held(stage: Stage, application: Application) -> None:
    stage.enter("enzo", "engineering_application", application.reference)
    stage.page.check("main [name=verdict][value=hold]")
    stage.fill(
        reasons="The voltage at bus far would be too high.",
        upgrade_name="Thicker conductor to bus far", upgrade_date="2027-05-01",
    )  # fmt: skip
    stage.press("Propose to Operations")
    stage.says("is with Operations now")
    confirm(stage, application)
    stage.enter("ada", "portal_application", application.reference)
    stage.says("Thicker conductor to bus far")


def confirm(stage: Stage, application: Application) -> None:
    decision = aside(lambda: application.decisions.get(status="proposed").pk)
    stage.enter("olga", "operations_confirmation", decision)
    stage.page.locator("button[value=confirm]").click()


def the_upgrade_is_done(stage: Stage, application: Application, file: Path) -> None:
    """The new model comes in on its page; the work is recorded; the computer studies by itself."""
    stage.enter("enzo", "engineering_networks")
    stage.page.set_input_files("main [name=file]", file)
    stage.press("Check the file")
    stage.says("Waits for a worker")
    aside(tasks.run_studies)
    expect(stage.page.get_by_role("heading", name="Against WILLOW version 1")).to_be_visible()
    stage.look()
    stage.fill(reason="The conductor was changed.")
    stage.press("Accept")
    stage.says("WILLOW version 2 is in force.")
    assert aside(NetworkVersion.objects.count) == 2
    stage.enter("enzo", "engineering_upgrades")
    stage.press("Record as in service")
    stage.says("A study is queued")
    aside(tasks.run_studies)
    aside(tasks.answer_restudies)
    assert aside(NetworkUpgrade.objects.get).in_service_at is not None
    stage.enter("enzo", "engineering_application", application.reference)
    expect(stage.page.locator("main [name=verdict][value=approve]")).to_be_visible()


def it_is_approved(stage: Stage, application: Application) -> None:
    stage.page.check("main [name=verdict][value=approve]")
    stage.page.check("main [name=library]")
    stage.fill(
        reasons="The study on the new conductor passes.",
        override_reason="Above 90 % of the rating; studied.",
    )
    stage.press("Propose to Operations")
    stage.says("is with Operations now")
    confirm(stage, application)


def it_is_commissioned(stage: Stage, application: Application, inverter: Mapping[str, Any]) -> None:
    stage.enter("cleo", "service_application", application.reference)
    day = timezone.localdate() + timedelta(days=2)
    stage.fill(day=day.isoformat(), begins="09:00", ends="11:00")
    stage.press("Order the visit")
    stage.says("Commissioning")
    number = aside(lambda: Application.objects.get().commissioning_order.service_order.number)
    unit = aside(lambda: ApplicationUnit.objects.get().pk)
    stage.enter("tess", "field_order", number)
    stage.press("Start the work")
    stage.enter("tess", "field_live_test", number, unit)
    stage.fill(**{name: str(inverter[name]) for name in ("host", "port", "unit")})
    stage.press("Test now")
    stage.says("Volt-var curve")
    stage.look()
    stage.enter("tess", "field_order", number)
    verified = stage.page.locator("form.site-check button", has_text="Verified")
    for left in range(verified.count(), 0, -1):
        verified.first.click()
        expect(verified).to_have_count(left - 1)
    two_engineers_accept_the_settings(stage, application)
    stage.enter("tess", "field_order", number)
    stage.press("Finish the order")


def two_engineers_accept_the_settings(stage: Stage, application: Application) -> None:
    stage.enter("enzo", "engineering_application", application.reference)
    stage.page.fill("[id^=settings-reason-]", "The maker switches it on with the next firmware.")
    stage.press("Ask to accept these settings")
    stage.enter("edda", "engineering_application", application.reference)
    stage.press("Confirm that it may run so")
    accepted = aside(lambda: CommissioningTest.objects.get().overrides.get().status)
    assert accepted == "confirmed"


def it_is_permitted(stage: Stage, application: Application) -> None:
    stage.enter("edda", "engineering_application", application.reference)
    stage.press("Grant permission to operate")
    stage.enter("ada", "portal_application", application.reference)
    stage.says("Permission to operate")
