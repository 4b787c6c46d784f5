"""A delay on its way: customer's phone, operator's forecast, an offer and its answer (IC-8)."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from pytest_django.live_server_helper import LiveServer

from customers.models import TariffVersion, UsagePoint
from derms.accounts.models import User
from derms.accounts.roles import Role
from interconnection.models import DateOffer, Feeder, ForecastShift, InterconnectionApplication
from interconnection.services.construction import Dates, state_dates
from interconnection.services.date_offers import Terms, offer_incentive
from tests.devices.walking import Walker, walking
from tests.factories import (
    connect,
    make_agreement,
    make_customer,
    make_der,
    make_person,
    make_transformer,
    make_usage_point,
)
from tests.interconnection.building import approved

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@dataclass
class Seen:
    """What axe and the pages complained about, over all tabs."""

    found: dict[str, list[str]] = field(default_factory=dict)
    complaints: list[str] = field(default_factory=list)

    def look(self, walker: Walker, path: str, name: str) -> None:
        self.found |= walker.look(path)
        walker.picture(name)
        self.complaints += walker.complaints
        walker.complaints.clear()


@pytest.fixture
def project(
    ada: User,
    ada_point: UsagePoint,
    ben: User,
    ben_point: UsagePoint,
    tariff_version: TariffVersion,
    enzo: User,
    olga: User,
    f12: Feeder,
) -> InterconnectionApplication:
    """Ada's, on a feeder with Ben's solar in service and Dora's to come."""
    make_der(ben_point, make_agreement(ben_point, tariff_version, accepted_by=ben))
    project = approved(ada, ada_point, tariff_version, enzo=enzo, olga=olga)
    dora = make_person("dora", Role.CUSTOMER)
    dora_point = make_usage_point(make_customer("Dora Marsden", user=dora), street="7 Mill Row")
    connect(dora_point, make_transformer(f12))
    other = approved(dora, dora_point, tariff_version, enzo=enzo, olga=olga)
    for application, finish in ((project, 22), (other, 12)):
        dates = Dates(starts_on=ahead(3), finishes_on=ahead(finish))
        asked_at = timezone.now() - timedelta(days=40)
        state_dates(application=application, dates=dates, at=asked_at, by="ada")
    return project


def ahead(days: int) -> date:
    return timezone.localdate(timezone.now()) + timedelta(days=days)


def test_a_delay_stated_on_a_phone_reaches_the_operator_and_an_offer_comes_back(
    live_server: LiveServer,
    project: InterconnectionApplication,
    ada: User,
    olga: User,
    cleo: User,
) -> None:
    seen, url, reference = Seen(), live_server.url, project.reference

    with walking(url, ada, has_touch=True) as walker:
        _move_the_dates(walker, reference)
        seen.look(walker, f"/portal/applications/{reference}/dates", "portal_dates")
    shift = ForecastShift.objects.get()
    with walking(url, olga) as walker:
        seen.look(walker, "/operations/forecasts/", "forecast")
        seen.look(walker, "/operations/forecasts/F12", "forecast_feeder")
        _find_and_mark(walker)
    with walking(url, cleo) as walker:
        _offer(walker, reference)
        seen.look(walker, f"/service/applications/{reference}/construction", "construction_desk")
    with walking(url, ada, has_touch=True) as walker:
        seen.look(walker, f"/portal/applications/{reference}", "portal_offer")
        walker.open(f"/portal/applications/{reference}")
        walker.page.get_by_role("button", name="Accept the offer").click()
        walker.page.get_by_text("You accepted the offer").wait_for()

    shift.refresh_from_db()
    assert (shift.now_on, shift.seen_by) == (ahead(48), "olga")
    assert DateOffer.objects.get().status == "accepted"
    assert seen.found == {}
    assert seen.complaints == []


def _move_the_dates(walker: Walker, reference: str) -> None:
    page = walker.page
    page.set_viewport_size({"width": 360, "height": 780})
    walker.open(f"/portal/applications/{reference}")
    page.get_by_role("link", name="Move the dates").click()
    page.get_by_label("Ready for the visit").fill(f"{ahead(48)}")
    page.get_by_label("Why do the dates change?").fill("The inverter comes three weeks late.")
    page.get_by_role("button", name="Keep these dates").click()
    page.get_by_text("Your dates are kept").wait_for()


def _find_and_mark(walker: Walker) -> None:
    page = walker.page
    walker.open("/operations/forecasts/")
    page.get_by_role("link", name="F12").first.click()
    page.get_by_role("heading", name="Forecast F12").wait_for()
    assert page.locator("path.before").count() == 1
    walker.open("/operations/forecasts/")
    page.get_by_role("button", name="Mark as seen").click()
    page.get_by_text("1 marked as seen").wait_for()


def _offer(walker: Walker, reference: str) -> None:
    page = walker.page
    walker.open(f"/service/applications/{reference}")
    page.get_by_role("link", name="Dates and incentives").click()
    page.get_by_label("Amount").fill("150")
    page.get_by_label("Permission to operate by").fill(f"{ahead(50)}")
    page.get_by_label("To be answered until").fill(f"{ahead(9)}")
    page.get_by_role("button", name="Offer it").click()
    page.get_by_text("offered, the customer is told").wait_for()


def test_offer_and_dates_are_in_spanish_too(
    live_server: LiveServer,
    ada: User,
    ada_point: UsagePoint,
    tariff_version: TariffVersion,
    enzo: User,
    olga: User,
) -> None:
    project = approved(ada, ada_point, tariff_version, enzo=enzo, olga=olga)
    offer_incentive(
        application=project,
        terms=Terms(
            amount=Decimal("150.00"),
            keep_by=ahead(30),
            valid_until=ahead(9),
        ),
        at=timezone.now(),
        by=enzo,
    )

    with walking(live_server.url, ada, locale="es-ES") as walker:
        walker.open(f"/portal/applications/{project.reference}")
        offer = walker.page.locator("section", has_text="150").first.inner_text()
        walker.open(f"/portal/applications/{project.reference}/dates")
        dates = walker.page.locator("main").inner_text()

    assert "Aceptar la oferta" in offer
    assert "¿Cuándo se construirá?" in dates
