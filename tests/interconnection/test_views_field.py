"""The technician's pages (CS-6, IC-6)."""

import pytest
from django.test import Client
from django.urls import reverse

from customers.models import TariffVersion, UsagePoint
from derms.accounts.models import User
from interconnection.models import CommissioningOrder
from tests.factories import make_tariff_version
from tests.interconnection.commissioning import ordered, pass_live_tests, started, tick_all

pytestmark = pytest.mark.django_db


@pytest.fixture
def order(
    ada: User, ada_point: UsagePoint, tariff_version: TariffVersion, enzo: User, olga: User
) -> CommissioningOrder:
    return ordered(ada, ada_point, tariff_version, engineer=enzo, operator=olga)


@pytest.fixture
def technician(tess: User) -> Client:
    client = Client()
    client.force_login(tess)
    return client


def url(order: CommissioningOrder, name: str = "field_order") -> str:
    return reverse(name, args=[order.service_order.number])


def test_open_orders_show_address_window_and_what_is_left(
    technician: Client, order: CommissioningOrder
) -> None:
    body = technician.get(reverse("field_orders")).content.decode()

    assert "1 Sunny Lane" in body
    assert order.service_order.number in body
    assert "left to verify" in body


def test_no_orders_are_said_in_words(technician: Client) -> None:
    assert b"No open orders" in technician.get(reverse("field_orders")).content


def test_the_work_goes_from_start_to_finish(
    technician: Client, order: CommissioningOrder, tess: User
) -> None:
    before = technician.get(url(order)).content.decode()
    technician.post(url(order, "field_order_start"))
    technician.post(url(order, "field_order_tick"), {"key": "meter", "is_done": "1"})
    during = technician.get(url(order)).content.decode()
    tick_all(order, tess)
    pass_live_tests(order, tess)
    after = technician.post(url(order, "field_order_finish"), follow=True)

    assert "Start the work" in before
    assert "Verified</button>" not in before
    assert "1 of " in during
    assert b"Engineering grants the permission" in after.content
    assert technician.get(url(order)).status_code == 404


def test_finishing_too_early_says_what_is_left(
    technician: Client, order: CommissioningOrder, tess: User
) -> None:
    started(order, tess)

    response = technician.post(url(order, "field_order_finish"))

    assert response.status_code == 409
    assert "not tested yet" in response.content.decode()


def test_blocking_needs_a_reason_and_shows_it(
    technician: Client, order: CommissioningOrder, tess: User
) -> None:
    started(order, tess)

    empty = technician.post(url(order, "field_order_block"), {"reason": ""})
    technician.post(url(order, "field_order_block"), {"reason": "Nobody at home."})
    body = technician.get(url(order)).content.decode()

    assert empty.status_code == 422
    assert "what has to change" in empty.content.decode()
    assert "Nobody at home." in body
    assert "Go on with the work" in body


def test_a_tick_before_the_start_and_a_strange_line_are_refused_in_words(
    technician: Client, order: CommissioningOrder, tess: User
) -> None:
    early = technician.post(url(order, "field_order_tick"), {"key": "meter"}, follow=True)
    started(order, tess)
    strange = technician.post(url(order, "field_order_tick"), {"key": "x"}, follow=True)
    nothing = technician.post(url(order, "field_order_tick"), {}, follow=True)

    assert b"Start the work first" in early.content
    assert b"has no line x" in strange.content
    assert b"could not be read" in nothing.content


def test_blocking_an_order_that_has_not_begun_is_refused(
    technician: Client, order: CommissioningOrder
) -> None:
    response = technician.post(url(order, "field_order_block"), {"reason": "Rain."})

    assert response.status_code == 409


def test_others_may_not_look(order: CommissioningOrder, enzo: User, cem: User) -> None:
    for person in (enzo, cem):
        client = Client()
        client.force_login(person)
        assert client.get(url(order)).status_code == 403


def test_a_tariff_without_communication_asks_for_no_live_test(
    technician: Client, ben: User, ben_point: UsagePoint, enzo: User, olga: User
) -> None:
    simple = make_tariff_version("SIMPLE", required_communication="none")
    order = ordered(ben, ben_point, simple, engineer=enzo, operator=olga)

    assert b"requires no communication" in technician.get(url(order)).content
