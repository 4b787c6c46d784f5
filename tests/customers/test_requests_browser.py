"""Every kind of request in a real browser, from the customer's form to its end (CS-4 … CS-8).

Turning service on, with a phone that loses its connection, is in `tests/journeys`, connecting DER
there and in `tests/interconnection/test_company_journey.py`.
"""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from customers.models import Enrolment, ServiceRequest, UsagePoint
from derms.accounts.models import User
from derms.accounts.roles import Role
from interconnection.statuses import Technology
from tests.customers.asking import ANSWERS
from tests.customers.programmes import make_programme
from tests.devices.walking import Walker, together
from tests.factories import make_agreement, make_der, make_device, make_person, make_tariff_version
from tests.interconnection.applying import serve

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
Said = dict[str, list[str]]


class People:
    """Everybody's tab, and what axe finds on the way."""

    def __init__(self, walkers: list[Walker]) -> None:
        self.ben, self.cleo, self.cora, self.enzo, self.tess = walkers
        self.found: Said = {}

    def measure(self, walker: Walker) -> None:
        if problems := walker.violations():
            self.found[walker.page.url] = problems

    def asks(self, kind: str) -> str:
        """The customer sends the form of this kind; the number of the request."""
        page = self.ben.page
        self.ben.open(f"/portal/requests/new/{kind}")
        self.measure(self.ben)
        answers = {**ANSWERS[kind], "day": days_on(9).isoformat()}
        for name, value in answers.items():
            field = page.locator(f"[name={name}]")
            if field.count() and field.evaluate("one => one.tagName") == "SELECT":
                field.select_option(value)
            elif field.count():
                field.fill(value)
        press(page, "Send the request")
        expect(page.get_by_text("Customer service acts next")).to_be_visible()
        return page.url.rpartition("/")[2]

    def desk(self, number: str, way: str, words: str = "", walker: Walker | None = None) -> None:
        """One answer on the request's page, with words or with the window of a visit."""
        walker = walker or self.cleo
        walker.open(f"/service/requests/{number}")
        self.measure(walker)
        panel = walker.page.locator(f"section[aria-labelledby=way-{way}]")
        if words:
            panel.locator("textarea").fill(words)
        else:
            window(panel)
        panel.get_by_role("button").click()
        expect(walker.page.locator("p", has_text=f"{number}: ").first).to_be_visible()

    def visit(self, **report: str) -> None:
        """The technician's only open order: started, every line answered, finished."""
        page = self.tess.page
        self.tess.open("/field/")
        page.locator("a.job").click()
        press(page, "Start the work")
        expect(page.get_by_role("heading", name="On site")).to_be_visible()
        self.measure(self.tess)
        for tick in page.locator("form[data-visit] input[type=checkbox]").all():
            tick.check()
        for name, value in {"result": "Done as asked.", **report}.items():
            page.locator(f"[name={name}]").fill(value)
        press(page, "Finish the order")
        expect(page.get_by_role("heading", name="Open orders")).to_be_visible()

    def reads(self, number: str, *words: str) -> None:
        """The customer finds that it is done, and what was said."""
        self.ben.open(f"/portal/requests/{number}")
        for said in ("Done, ", *words):
            expect(self.ben.page.locator("main")).to_contain_text(said)


def days_on(days: int) -> date:
    return timezone.localdate() + timedelta(days=days)


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).first.click()


def window(form: Any) -> None:
    """Day, begin and end of a visit."""
    form.locator("[name=day]").fill(days_on(3).isoformat())
    form.locator("[name=begins]").fill("09:00")
    form.locator("[name=ends]").fill("11:00")


def turn_off(people: People) -> None:
    number = people.asks("turn_off")
    people.desk(number, "order")
    people.visit(reading="20418", seal="S-1")
    people.reads(number, "A technician turns your service off", "Done as asked.")
    people.measure(people.ben)


def power_quality(people: People) -> None:
    number = people.asks("power_quality")
    people.desk(number, "ask", "In which room?")
    people.ben.open(f"/portal/requests/{number}")
    expect(people.ben.page.get_by_text("In which room?").first).to_be_visible()
    people.measure(people.ben)
    people.ben.page.locator("textarea[name=words]").fill("In the kitchen.")
    press(people.ben.page, "Send the answer")
    people.desk(number, "order")
    people.visit(voltage="118.2", lowest="104", highest="121")
    people.desk(number, "found", "A loose neutral was mended.", people.enzo)
    people.reads(number, "A loose neutral was mended.", "In the kitchen.")


def account(people: People) -> None:
    number = people.asks("account")
    people.desk(number, "order")
    people.visit(reading="20500")
    people.desk(number, "answered", "The meter is right: an old heater runs.")
    people.reads(number, "an old heater runs")


def enrol(people: People) -> None:
    number = people.asks("enrol")
    people.desk(number, "enrolled", "From today, by the terms of the programme.")
    people.reads(number, "From today")


def leave(people: People) -> None:
    number = people.asks("leave")
    people.desk(number, "left", "You are out from the day that you named.")
    people.reads(number, "You are out")


def new_service(people: People) -> None:
    """The desk drags the card; whoever drags it second is shown what the first one did."""
    number = people.asks("new_service")
    for walker in (people.cleo, people.cora):
        walker.open("/service/?as=board")
        expect(card(walker.page, number)).to_be_visible()
    people.measure(people.cleo)
    drop(people.cleo.page, number, "commissioning")
    expect(people.cleo.page.locator("#board-says")).to_contain_text("cannot move")
    drop(people.cleo.page, number, "in_review")
    expect(people.cleo.page.get_by_text(f"{number}: Make the work request")).to_be_visible()
    drop(people.cora.page, number, "in_review")
    expect(people.cora.page.get_by_text("Not done.")).to_be_visible()
    expect(people.cora.page.get_by_text("cleo brought it to “Engineering”")).to_be_visible()
    people.measure(people.cora)
    engineer_plans(people.enzo, people.measure)
    people.ben.open(f"/portal/requests/{number}")
    expect(people.ben.page.locator("main")).to_contain_text("Cost for you: 450")
    press(people.ben.page, "Accept the plan and its cost")
    people.enzo.page.reload()
    window(people.enzo.page.locator("section[aria-labelledby=crew]"))
    press(people.enzo.page, "Plan the crew")
    people.visit(voltage="120")
    people.reads(number, "Our crew builds it")


def engineer_plans(enzo: Walker, measure: Callable[[Walker], None]) -> None:
    enzo.open("/engineering/works/")
    enzo.page.locator("tbody a.link").first.click()
    measure(enzo)
    enzo.page.locator("[name=plan]").fill("A cable to the garage.")
    enzo.page.locator("[name=cost]").fill("450")
    enzo.page.locator("[name=ready_date]").fill(days_on(30).isoformat())
    press(enzo.page, "Send the plan to the customer")
    expect(enzo.page.get_by_text("The customer is asked to accept it.")).to_be_visible()


def card(page: Page, number: str) -> Any:
    return page.locator("[data-card]", has_text=number)


def drop(page: Page, number: str, lane: str) -> None:
    """With the mouse itself: pressed on the card, moved in steps, let go over the lane."""
    card(page, number).drag_to(page.locator(f"[data-lane={lane}]"))


KINDS = (turn_off, new_service, power_quality, enrol, leave, account)


def test_every_kind_is_carried_from_the_customers_form_to_its_end(
    live_server: Any, ben: User, cleo: User, enzo: User, tess: User, ben_point: UsagePoint
) -> None:
    cora = make_person("cora", Role.CUSTOMER_SERVICE)
    serve()
    programme = make_programme("Peak saver").programme
    agreement = make_agreement(ben_point, make_tariff_version(), accepted_by=ben)
    make_device(make_der(ben_point, agreement, technology=Technology.BATTERY))
    programme.name = ANSWERS["enrol"]["programme"]
    programme.save(update_fields=["name"])

    with together(live_server.url, ben, cleo, cora, enzo, tess) as walkers:
        people = People(walkers)
        for carry in KINDS:
            carry(people)

    assert people.found == {}
    assert [one.complaints for one in walkers] == [[]] * len(walkers)
    ended = ServiceRequest.objects.order_by("pk").values_list("kind", "status")
    assert list(ended) == [(carry.__name__, "done") for carry in KINDS]
    left = Enrolment.objects.get()
    assert left.leaves_at is not None
    assert timezone.localdate(left.leaves_at) == days_on(9)
