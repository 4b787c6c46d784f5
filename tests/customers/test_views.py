"""Inbox, agreements and the desk's list of messages to pass on (CS-3, CS-9)."""

from datetime import datetime

import pytest
from django.test import Client
from django.urls import reverse

from customers import services
from customers.models import Customer, Notice, TariffVersion, UsagePoint
from customers.statuses import NoticeStatus
from derms.accounts.models import User
from tests.factories import make_agreement


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def queue(customer: Customer, at: datetime) -> Notice:
    return services.queue_notice(
        customer=customer,
        template="application_submitted",
        about="A-1/1",
        context={"reference": "A-1", "address": "1 Sunny Lane"},
        at=at,
    )


def test_the_inbox_shows_own_messages_and_marks_them_read(
    ada: User, ada_customer: Customer, cem: User, cem_customer: Customer, at: datetime
) -> None:
    notice = queue(ada_customer, at)
    ada_browser, cem_browser = signed_in(ada), signed_in(cem)
    read_url = reverse("portal_message_read", args=[notice.pk])

    assert (
        "We have your application A-1"
        in ada_browser.get(reverse("portal_messages")).content.decode()
    )
    assert "No messages yet" in cem_browser.get(reverse("portal_messages")).content.decode()
    assert cem_browser.post(read_url).status_code == 404
    ada_browser.post(read_url)
    notice.refresh_from_db()
    assert notice.read_at is not None
    assert ada_browser.get(read_url).status_code == 405


def test_an_agreement_is_shown_to_its_customer_only(
    ada: User,
    ada_point: UsagePoint,
    cem: User,
    cem_customer: Customer,
    tariff_version: TariffVersion,
) -> None:
    agreement = make_agreement(ada_point, tariff_version, accepted_by=ada)
    url = reverse("portal_agreement", args=[agreement.pk])

    page = signed_in(ada).get(url).content.decode()

    assert tariff_version.text in page
    assert tariff_version.text_sha256 in page
    assert signed_in(cem).get(url).status_code == 404


@pytest.fixture
def to_pass_on(ada_customer: Customer, at: datetime) -> Notice:
    ada_customer.preferred_channel, ada_customer.phone = "telephone", "555 0134"
    ada_customer.save(update_fields=["preferred_channel", "phone"])
    notice = queue(ada_customer, at)
    services.send_due_notices(at=at)
    notice.refresh_from_db()
    return notice


def test_customer_service_tells_and_records_how(cleo: User, to_pass_on: Notice) -> None:
    browser = signed_in(cleo)
    page = browser.get(reverse("service_notices")).content.decode()
    assert "The customer wants to be called. Telephone: 555 0134." in page

    browser.post(reverse("service_notice_told", args=[to_pass_on.pk]), {"note": "Called at noon."})

    to_pass_on.refresh_from_db()
    last = to_pass_on.status_changes.latest("pk")
    assert (to_pass_on.status, last.by, last.reason) == ("sent", "cleo", "Called at noon.")
    assert "Nobody is waiting" in browser.get(reverse("service_notices")).content.decode()


def test_a_second_person_is_told_that_it_was_done(cleo: User, to_pass_on: Notice) -> None:
    browser = signed_in(cleo)
    url = reverse("service_notice_told", args=[to_pass_on.pk])
    browser.post(url)

    again = browser.post(url, follow=True)

    assert "is sent and cannot become sent" in again.content.decode()


def test_only_a_failed_message_is_sent_again(cleo: User, to_pass_on: Notice) -> None:
    browser = signed_in(cleo)
    url = reverse("service_notice_told", args=[to_pass_on.pk])

    browser.post(url, {"again": "1"})

    to_pass_on.refresh_from_db()
    assert to_pass_on.status == NoticeStatus.BY_HAND
    assert browser.post(reverse("service_notice_told", args=[0])).status_code == 404


def test_customers_do_not_open_the_desks_list(ada: User) -> None:
    assert signed_in(ada).get(reverse("service_notices")).status_code == 403
