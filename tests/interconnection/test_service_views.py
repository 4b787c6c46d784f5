"""The desk: queue by deadline, one application, search, one customer (CS-1, CS-5)."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from customers.models import Notice, TariffVersion, ThirdParty, UsagePoint
from customers.selectors.requests import working_days
from derms.accounts.models import User
from interconnection.models import InterconnectionApplication, ScreeningRun
from interconnection.screening.clock import add_business_days
from interconnection.selectors import desk, queue
from interconnection.selectors.queue import QueueRow
from interconnection.services import applications
from interconnection.statuses import ApplicationStatus
from tests.factories import make_agreement, make_der, make_representation
from tests.interconnection.applying import fill, send


@pytest.fixture
def browser(cleo: User) -> Client:
    client = Client()
    client.force_login(cleo)
    return client


@pytest.fixture
def sent(
    ada: User, ada_point: UsagePoint, tariff_version: TariffVersion, at: datetime
) -> InterconnectionApplication:
    return send(ada_point, tariff_version, ada, at)


def seen(application: InterconnectionApplication) -> int:
    return application.status_changes.latest("pk").pk


def shown(user: User, today: date) -> list[QueueRow]:
    days = working_days(today)
    found = queue.queue(queue.QueueFilter(), user=user, days=days)
    return list(queue.rows_of(found, days=days))


def do(browser: Client, name: str, application: InterconnectionApplication, **typed: Any) -> Any:
    return browser.post(
        reverse(name, args=[application.reference]), {"seen": seen(application), **typed}
    )


def test_the_queue_is_ordered_by_deadline_and_shows_the_clock(
    ada: User,
    ada_point: UsagePoint,
    ben: User,
    ben_point: UsagePoint,
    cem: User,
    cem_point: UsagePoint,
    tariff_version: TariffVersion,
    cleo: User,
    at: datetime,
) -> None:
    late = send(ada_point, tariff_version, ada, at - timedelta(days=14), serial_number="1")
    fresh = send(ben_point, tariff_version, ben, at, serial_number="2")
    draft = fill(cem_point, tariff_version, cem, at, serial_number="3")

    rows = shown(cleo, at.date())

    assert [row.reference for row in rows] == [late.reference, fresh.reference]
    assert [row.left_days for row in rows] == [0, 10]
    assert [row.clock_word for row in rows] == ["0 left", "10 left"]
    assert rows[1].due_date == add_business_days(at.date(), 10)
    assert (rows[0].power_w, rows[0].next_actor) == (8_000, "Customer service")
    assert draft.reference not in {row.reference for row in rows}


def test_a_returned_application_stands_still_in_the_queue(
    sent: InterconnectionApplication, cleo: User, at: datetime
) -> None:
    applications.return_as_incomplete(application=sent, request_text="x", at=at, by="cleo")

    (row,) = shown(cleo, at.date() + timedelta(days=30))

    assert (row.clock_word, row.due_date, row.next_actor) == ("Stands still", None, "Customer")


@pytest.mark.parametrize(
    ("query", "is_found"),
    [
        ({}, True),
        ({"show": "desk"}, True),
        ({"show": "mine"}, False),
        ({"show": "in_review"}, False),
        ({"show": "submitted", "q": "lovelace sunny"}, True),
        ({"q": "nobody"}, False),
        ({"show": "nonsense"}, True),
        ({"page": "999"}, True),
        ({"page": "x"}, True),
    ],
)
def test_filters_live_in_the_address(
    browser: Client, sent: InterconnectionApplication, query: dict[str, str], is_found: bool
) -> None:
    page = browser.get(reverse("service_queue"), query)

    assert page.status_code == 200
    assert (sent.reference in page.content.decode()) == is_found


def test_the_page_says_what_is_missing_and_prefills_the_request(
    browser: Client,
    ada: User,
    ada_point: UsagePoint,
    tariff_version: TariffVersion,
    at: datetime,
) -> None:
    sent = send(ada_point, tariff_version, ada, at, serial_number="")

    page = browser.get(reverse("service_application", args=[sent.reference]))

    text = page.content.decode()
    assert "1 of 8 points keeps it from Engineering" in text
    assert "The serial number is missing." in text
    request = page.context["return_form"]["request_text"].value()
    assert request == "Please give the serial number of Helios H8, printed on its nameplate."
    refused = do(browser, "service_forward", sent)
    assert refused.status_code == 422
    assert "is not complete. The serial number is missing." in refused.content.decode()


def test_a_complete_application_is_sent_on_and_screened(
    browser: Client, sent: InterconnectionApplication
) -> None:
    response = do(browser, "service_forward", sent)

    sent.refresh_from_db()
    assert response.status_code == 302
    assert sent.status == ApplicationStatus.IN_REVIEW
    assert ScreeningRun.objects.filter(application=sent).exists()
    assert Notice.objects.filter(template="application_in_review").exists()


def test_a_return_without_words_is_refused_and_with_words_told(
    browser: Client, sent: InterconnectionApplication
) -> None:
    refused = do(browser, "service_return", sent, request_text=" ")
    assert refused.status_code == 422
    assert "Write what the customer has to send" in refused.content.decode()

    do(browser, "service_return", sent, request_text="Please send the data sheet.")

    sent.refresh_from_db()
    assert sent.status == ApplicationStatus.INCOMPLETE
    notice = Notice.objects.get(template="application_incomplete")
    assert "Please send the data sheet." in notice.body


def test_who_comes_second_is_told_who_was_first_and_keeps_the_words(
    browser: Client, sent: InterconnectionApplication, at: datetime
) -> None:
    old = seen(sent)
    applications.forward_to_engineering(application=sent, at=at, by="dana")

    response = do(browser, "service_return", sent, request_text="Typed with care.", seen=old)

    assert response.status_code == 409
    page = response.content.decode()
    assert "dana moved it to “In engineering review”" in page
    assert "Typed with care." in page
    sent.refresh_from_db()
    assert sent.status == ApplicationStatus.IN_REVIEW


def test_withdrawing_needs_a_reason(browser: Client, sent: InterconnectionApplication) -> None:
    assert do(browser, "service_withdraw", sent, reason="").status_code == 422

    do(browser, "service_withdraw", sent, reason="Caller sold the house.")

    sent.refresh_from_db()
    assert sent.status == ApplicationStatus.WITHDRAWN
    over = do(browser, "service_withdraw", sent, reason="Again.")
    assert over.status_code == 422


def test_an_application_is_taken_and_given_back(
    browser: Client, cleo: User, sent: InterconnectionApplication
) -> None:
    do(browser, "service_assign", sent)
    sent.refresh_from_db()
    assert sent.assigned_to == cleo
    assert (
        sent.reference in browser.get(reverse("service_queue"), {"show": "mine"}).content.decode()
    )

    do(browser, "service_assign", sent)
    sent.refresh_from_db()
    assert sent.assigned_to is None


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("service_application", ["A-1999-0001"]),
        ("service_customer", [0]),
    ],
)
def test_what_does_not_exist_is_not_found(browser: Client, name: str, args: list[Any]) -> None:
    assert browser.get(reverse(name, args=args)).status_code == 404


@pytest.mark.parametrize("name", ["service_return", "service_forward", "service_withdraw"])
def test_nonsense_in_a_deed_is_refused(
    browser: Client, sent: InterconnectionApplication, name: str
) -> None:
    typed = {"request_text": "x", "reason": "x", "seen": "abc"}

    assert do(browser, name, sent, **typed).status_code == 422
    assert browser.post(reverse(name, args=["A-1999-0001"]), typed).status_code == 404

    sent.refresh_from_db()
    assert sent.status == ApplicationStatus.SUBMITTED


def test_customers_cannot_open_the_desk(ada: User, sent: InterconnectionApplication) -> None:
    client = Client()
    client.force_login(ada)

    assert client.get(reverse("service_queue")).status_code == 403
    assert do(client, "service_forward", sent).status_code == 403


@pytest.mark.parametrize(
    "asked",
    ["Lovelace", "sunny lane", "{account}", "{meter}", "{reference}", "{serial}", "{der}"],
)
def test_a_customer_is_found_by_whatever_the_caller_says(
    browser: Client,
    ada: User,
    ben_point: UsagePoint,
    sent: InterconnectionApplication,
    asked: str,
) -> None:
    agreement = sent.agreement
    assert agreement is not None
    der = make_der(sent.usage_point, agreement)
    asked = asked.format(
        account=sent.customer.account_number,
        meter=sent.usage_point.meter_number,
        reference=sent.reference,
        serial=sent.units.get().serial_number,
        der=der.serial_number,
    )

    page = browser.get(reverse("service_customers"), {"q": asked}).content.decode()

    assert "Ada Lovelace" in page
    assert ("Ben Franklin" in page) == (asked == "sunny lane")


def test_a_search_for_nothing_asks_for_words(browser: Client, ada_point: UsagePoint) -> None:
    page = browser.get(reverse("service_customers"), {"q": "  "}).content.decode()

    assert "Type what the caller gives you" in page
    assert "Ada Lovelace" not in page


def test_a_customers_page_shows_everything_of_hers_and_nothing_of_others(
    browser: Client,
    sent: InterconnectionApplication,
    ben: User,
    ben_point: UsagePoint,
    tariff_version: TariffVersion,
    at: datetime,
) -> None:
    assert sent.agreement is not None
    der = make_der(sent.usage_point, sent.agreement)
    other = make_der(ben_point, make_agreement(ben_point, tariff_version, accepted_by=ben))
    make_representation(
        third_party=ThirdParty.objects.create(name="Sunpool", email="desk@sunpool.example"),
        customer=sent.customer,
        active_from=at,
    )

    page = browser.get(reverse("service_customer", args=[sent.customer_id])).content.decode()

    for words in (
        sent.reference,
        der.serial_number,
        sent.usage_point.meter_number,
        "Sunpool",
        "We have your application",
        tariff_version.tariff.name,
    ):
        assert words in page
    assert other.serial_number not in page


def test_the_timeline_names_who_did_what_and_what_was_said(
    sent: InterconnectionApplication, at: datetime
) -> None:
    later = datetime(2026, 6, 16, 9, 0, tzinfo=UTC)
    row = applications.return_as_incomplete(
        application=sent, request_text="The data sheet, please.", at=later, by="cleo"
    )

    entries = desk.timeline(row)

    assert entries[0].at == later
    assert {(entry.who, entry.what) for entry in entries} >= {
        ("cleo", "Incomplete"),
        ("ada", "Submitted"),
    }
    assert any("The data sheet" in entry.reason for entry in entries)
