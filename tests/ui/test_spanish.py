"""The pages of an applicant in Spanish: no English left, Spanish numbers, on a phone."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from django.test import Client

from customers.models import Customer, TariffVersion, UsagePoint
from derms.accounts.models import User
from interconnection.models import EquipmentModel
from tests.devices.walking import walking
from tests.factories import make_agreement, make_equipment
from tests.interconnection.applying import fill, serve
from tests.ui.reading import left_in_english

pytestmark = pytest.mark.django_db
# What the utility and people wrote themselves, and names.
OWN = (
    "Ada",
    "Ada Lovelace",
    "1 Sunny Lane, 1001 Millbrook",
    "1 Sunny Lane",
    "Solar-Partner",
    "Helios",
    "H8",
    "HX-1",
    "Paid for what you export.",
    "The utility may limit output when needed.",
    "Terms of SOLAR-PARTNER.",
    "SOLAR-PARTNER",
    "UL 1741 SB",
    "ada",
    "der-help@utility.example",
)


@pytest.fixture
def draft(ada_point: UsagePoint, tariff_version: TariffVersion, ada: User, at: datetime) -> str:
    make_equipment()
    return fill(ada_point, tariff_version, ada, at).reference


def pages(reference: str, version: TariffVersion, point: UsagePoint) -> Iterator[str]:
    """Every page of the way to an application and around it."""
    apply = f"/portal/applications/{reference}"
    yield from ("/portal/connect", f"/portal/connect?meter={point.meter_number}", "/portal/")
    yield from ("/portal/connect?meter=nobody", "/portal/connect?size=much", "/account/login/")
    yield from ("/portal/applications/new", f"{apply}/tariff", f"{apply}/tariff/{version.pk}")
    yield from (
        f"{apply}/equipment/list?technology=photovoltaic",
        f"{apply}/equipment",
        f"{apply}/date",
    )
    yield from (f"{apply}/equipment/new?technology=battery", f"{apply}/review", apply)
    yield from ("/portal/requests/", "/portal/requests/new/turn_on", "/portal/messages")
    yield from ("/portal/requests/new/power_quality", "/portal/requests/new/new_service")
    yield from ("/portal/tariffs/", f"/portal/tariffs/{version.pk}", "/portal/programmes/")
    yield from ("/portal/data", "/portal/production", "/portal/events", "/portal/statements/")
    yield from ("/portal/nothing-here", "/portal/production?day=nonsense")


def readers(ada: User) -> tuple[Client, Client]:
    """The same person at two browsers, one asking for English and one for Spanish."""
    english = Client(headers={"accept-language": "en"})
    spanish = Client(headers={"accept-language": "es"})
    for browser in (english, spanish):
        browser.force_login(ada)
    return english, spanish


def test_no_english_is_left_on_the_pages_of_an_applicant(
    draft: str, tariff_version: TariffVersion, ada_point: UsagePoint, ada: User
) -> None:
    own = (*OWN, draft, *map(str, EquipmentModel.objects.all()), ada_point.meter_number)
    english, spanish = readers(ada)

    found = {
        path: left
        for path in pages(draft, tariff_version, ada_point)
        if (left := left_in_english(english, spanish, path, own))
    }

    assert found == {}


def test_an_agreement_is_read_around_its_exact_text(
    ada_point: UsagePoint, tariff_version: TariffVersion, ada: User
) -> None:
    agreement = make_agreement(ada_point, tariff_version, accepted_by=ada)
    english, spanish = readers(ada)
    path = f"/portal/agreements/{agreement.pk}"

    left = left_in_english(english, spanish, path, (*OWN, ada_point.meter_number))

    assert left == []
    assert tariff_version.text in spanish.get(path).content.decode()


def test_numbers_and_dates_are_written_as_spanish_does_and_inputs_are_not(
    draft: str, tariff_version: TariffVersion, ada: User
) -> None:
    _, spanish = readers(ada)

    review = spanish.get(f"/portal/applications/{draft}/review").content.decode()
    date = spanish.get(f"/portal/applications/{draft}/date").content.decode()
    tariff = spanish.get(f"/portal/tariffs/{tariff_version.pk}").content.decode()

    assert "1 de septiembre de 2026" in review
    assert "8,0\N{NO-BREAK SPACE}kW" in review
    assert 'value="2026-09-01"' in date
    assert "0,08000 USD" in tariff


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_an_applicant_reads_the_first_pages_in_spanish_on_a_phone(
    ada: User,
    ada_customer: Customer,
    ada_point: UsagePoint,
    tariff_version: TariffVersion,
    live_server: Any,
) -> None:
    serve(ada_point.location.postcode)

    with walking(live_server.url, ada, locale="en") as walker:
        page = walker.page
        page.set_viewport_size({"width": 390, "height": 844})
        walker.open(f"/portal/connect?meter={ada_point.meter_number}")
        page.get_by_role("button", name="Español").click()
        assert page.locator("html").get_attribute("lang") == "es"
        page.get_by_role("link", name="Iniciar sesión y solicitar").click()
        assert walker.violations() == []
        walker.picture("es-solicitar")
        page.set_viewport_size({"width": 390, "height": 844})
        page.get_by_role("radio").first.check()
        page.get_by_role("button", name="Continuar").click()
        assert page.locator("h1").inner_text() == "Elija su tarifa"
        assert walker.violations() == []
        walker.picture("es-tarifa")
        page.get_by_role("link", name="Leer y aceptar").first.click()
        page.get_by_role("button", name="Acepto estas condiciones").click()
        assert "Escriba su nombre para aceptar." in page.locator("main").inner_text()
        page.fill("[name=accepted_name]", "Ada Lovelace")
        page.get_by_role("button", name="Acepto estas condiciones").click()
        assert "Usted aceptó" in page.locator("[role=status]").first.inner_text()
        assert walker.violations() == []
        walker.picture("es-equipos")
        for path in (f"/portal/connect?meter={ada_point.meter_number}", "/portal/"):
            assert walker.look(path) == {}
            walker.picture(f"es-{len(path)}")
        assert page.get_by_role("button", name="English").count() == 1
        assert walker.complaints == []
