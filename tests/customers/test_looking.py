"""Customer service sees exactly the portal of a customer, and can do nothing there (CS-1, OP-1)."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.db import InternalError
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse

from customers import services
from customers.models import Customer, CustomerLook, Notice, UsagePoint
from customers.views.looking import KEY, LooksAsCustomer
from derms.accounts.models import User
from derms.accounts.roles import Role

LOOKING = "You see the portal as Ada Lovelace sees it."


@pytest.fixture
def browser(cleo: User) -> Client:
    client = Client()
    client.force_login(cleo)
    return client


@pytest.fixture
def notice(ada_customer: Customer, at: datetime) -> Notice:
    return services.queue_notice(
        customer=ada_customer,
        template="application_submitted",
        about="A-1/1",
        context={"reference": "A-1", "address": "1 Sunny Lane"},
        at=at,
    )


def look(browser: Client, customer: Customer) -> Any:
    return browser.post(reverse("service_look", args=[customer.pk]), follow=True)


def test_the_portal_is_shown_as_the_customer_sees_it_and_each_page_is_written_down(
    browser: Client, ada_point: UsagePoint, ben_point: UsagePoint, notice: Notice
) -> None:
    home = look(browser, ada_point.customer)
    inbox = browser.get(reverse("portal_messages")).content.decode()

    assert LOOKING in home.content.decode()
    assert "We have your application A-1" in inbox
    looked = CustomerLook.objects.order_by("pk")
    assert [(one.by, one.customer, one.path) for one in looked] == [
        ("cleo", ada_point.customer, "/portal/"),
        ("cleo", ada_point.customer, "/portal/messages"),
    ]


def test_nothing_can_be_done_while_looking(
    browser: Client, ada_customer: Customer, notice: Notice
) -> None:
    look(browser, ada_customer)

    refused = browser.post(reverse("portal_message_read", args=[notice.pk]))

    notice.refresh_from_db()
    assert refused.status_code == 403
    assert "nothing was done" in refused.content.decode()
    assert notice.read_at is None


def test_the_database_itself_refuses_a_page_that_would_write(
    cleo: User, ada_customer: Customer, notice: Notice, at: datetime
) -> None:
    def writes(_request: HttpRequest) -> HttpResponse:
        services.mark_read(notice=notice, at=at)
        return HttpResponse()

    request = RequestFactory().get("/portal/messages")
    request.user = cleo
    request.session = SessionStore()
    request.session[KEY] = {"customer": ada_customer.pk, "until": 9e9}

    with pytest.raises(InternalError, match="read-only transaction"):
        LooksAsCustomer(writes)(request)

    assert Notice.objects.get().read_at is None
    assert request.user.roles == {Role.CUSTOMER}
    refusal = LooksAsCustomer(writes).process_exception(request, InternalError())
    assert refusal is not None
    assert refusal.status_code == 403


def test_staff_pages_stay_staff_pages_and_looking_ends(
    browser: Client, ada_customer: Customer
) -> None:
    look(browser, ada_customer)

    assert LOOKING not in browser.get(reverse("service_queue")).content.decode()
    assert browser.post(reverse("service_look_end")).status_code == 302
    assert browser.get(reverse("portal_home")).status_code == 403


def test_looking_ends_by_itself_and_with_the_role(
    browser: Client, cleo: User, ada_customer: Customer, at: datetime
) -> None:
    look(browser, ada_customer)
    session = browser.session
    session[KEY] = {**session[KEY], "until": (at - timedelta(days=3650)).timestamp()}
    session.save()

    assert browser.get(reverse("portal_home")).status_code == 403
    assert KEY not in browser.session
    look(browser, ada_customer)
    cleo.role_grants.all().delete()
    assert browser.get(reverse("portal_home")).status_code == 403


def test_customers_do_not_look_at_each_other(ada: User, cem_customer: Customer) -> None:
    client = Client()
    client.force_login(ada)

    assert client.post(reverse("service_look", args=[cem_customer.pk])).status_code == 403
    assert LOOKING not in client.get(reverse("portal_home")).content.decode()
