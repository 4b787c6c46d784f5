"""Text messages and calls over a provider's interface, and what comes back (CS-9)."""

import base64
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import Client
from pytest_django.fixtures import Settings

from customers import services
from customers.channels import bounces, phone
from customers.models import Customer, Notice
from customers.selectors import notices_to_pass_on
from customers.statuses import NoticeStatus
from derms.accounts.models import User
from tests.factories import make_customer
from tests.phone_provider import Provider


def ask(customer: Customer, channel: str, at: datetime, number: str = "+1 (555) 01-34") -> Notice:
    customer.preferred_channel, customer.phone = channel, number
    customer.save()
    return services.queue_notice(
        customer=customer,
        template="application_submitted",
        about="A-1/1",
        context={"reference": "A-1", "address": "1 Sunny Lane"},
        at=at,
    )


def fresh(notice: Notice) -> Notice:
    return Notice.objects.get(pk=notice.pk)


@pytest.fixture
def ada_customer(db: None) -> Customer:
    return make_customer("Ada Lovelace")


def tell(notice: Notice, form: dict[str, str], *, token: str = "secret") -> int:  # noqa: S107  of tests only
    path = f"/api/v1/notices/{notice.pk}/delivery"
    signed = phone.signature(token, f"https://der.example{path}", form.items())
    client = Client(enforce_csrf_checks=True)
    return client.post(path, form, headers={"X-Twilio-Signature": signed}).status_code


def test_a_text_message_is_handed_over_once_and_delivered_when_the_provider_says_so(
    provider: Provider, ada_customer: Customer, at: datetime
) -> None:
    notice = ask(ada_customer, "text", at)

    assert services.send_due_notices(at=at) == 1
    assert services.send_due_notices(at=at) == 0

    ((path, login, form),) = provider.forms
    assert path == "/2010-04-01/Accounts/AC7/Messages.json"
    assert base64.b64decode(login.removeprefix("Basic ")) == b"AC7:secret"
    assert (form["To"], form["From"]) == ("+15550134", "+15550100")
    assert form["Body"].startswith("We have your application A-1. Your application A-1 for 1 Sunny")
    assert form["StatusCallback"] == f"https://der.example/api/v1/notices/{notice.pk}/delivery"
    assert (fresh(notice).status, fresh(notice).provider_id) == (NoticeStatus.SENT, "SM1")

    assert tell(notice, {"MessageSid": "SM1", "MessageStatus": "sent"}) == 204
    assert fresh(notice).status == NoticeStatus.SENT
    assert tell(notice, {"MessageSid": "SM1", "MessageStatus": "delivered"}) == 204
    assert tell(notice, {"MessageSid": "SM1", "MessageStatus": "delivered"}) == 204
    assert fresh(notice).status == NoticeStatus.DELIVERED
    assert fresh(notice).delivered_at is not None


def test_a_call_speaks_the_words_twice_and_nobody_answering_is_a_task(
    provider: Provider, ada_customer: Customer, at: datetime
) -> None:
    notice = ask(ada_customer, "telephone", at)
    services.send_due_notices(at=at)

    ((path, _, form),) = provider.forms
    assert path.endswith("/Calls.json")
    assert form["Twiml"].count("<Say>Hello Ada Lovelace. This is your utility.") == 2

    assert tell(notice, {"CallSid": "SM1", "CallStatus": "no-answer"}) == 204
    (task,) = notices_to_pass_on()
    assert (task.status, task.last_error) == (NoticeStatus.RETURNED, "Nobody answered the call.")


def test_what_is_not_signed_or_not_for_this_message_changes_nothing(
    provider: Provider, ada_customer: Customer, at: datetime, settings: Settings
) -> None:
    notice = ask(ada_customer, "text", at)
    services.send_due_notices(at=at)
    form = {"MessageSid": "SM1", "MessageStatus": "undelivered"}

    assert tell(notice, form, token="guessed") == 403  # noqa: S106  of tests only
    assert tell(notice, {**form, "MessageSid": "SM9"}) == 204
    assert tell(Notice(pk=0), form) == 404
    assert fresh(notice).status == NoticeStatus.SENT
    settings.PHONE_TOKEN = ""
    assert tell(notice, form, token="") == 403


@pytest.mark.parametrize(
    ("answer", "status", "words"),
    [
        ((400, b'{"message": "Invalid To."}'), NoticeStatus.FAILED, "answered 400: Invalid To"),
        ((503, b"busy"), NoticeStatus.QUEUED, "answered 503"),
        ((429, b"{}"), NoticeStatus.QUEUED, "answered 429"),
        ((200, b"[]"), NoticeStatus.FAILED, "nobody knows"),
        (None, NoticeStatus.FAILED, "nobody knows"),
    ],
)
def test_only_a_clear_later_is_tried_again(
    provider: Provider,
    ada_customer: Customer,
    at: datetime,
    answer: tuple[int, bytes] | None,
    status: str,
    words: str,
) -> None:
    notice = ask(ada_customer, "text", at)
    provider.answer = answer

    services.send_due_notices(at=at)

    assert (fresh(notice).status, len(provider.forms)) == (status, 1)
    assert words in fresh(notice).last_error
    again = at + timedelta(seconds=30)
    services.send_due_notices(at=again)
    assert len(provider.forms) == (2 if status == NoticeStatus.QUEUED else 1)


def test_a_provider_that_is_away_keeps_nobody_elses_message_waiting(
    ada_customer: Customer, at: datetime, settings: Settings
) -> None:
    settings.PHONE_URL, settings.PHONE_TOKEN = "http://127.0.0.1:9", "secret"
    first = ask(ada_customer, "text", at)
    second = ask(make_customer("Ben Franklin"), "telephone", at)
    third = ask(make_customer("Cem Yilmaz"), "portal", at)

    assert services.send_due_notices(at=at) == 1

    assert [fresh(one).attempts for one in (first, second)] == [1, 0]
    assert "did not answer" in fresh(first).last_error
    assert fresh(third).status == NoticeStatus.SENT


def test_without_a_number_customer_service_tells(
    provider: Provider, ada_customer: Customer, at: datetime
) -> None:
    notice = ask(ada_customer, "text", at, number="")

    services.send_due_notices(at=at)

    assert fresh(notice).status == NoticeStatus.BY_HAND
    assert "No telephone number on the account" in fresh(notice).last_error


def test_the_signature_is_the_documented_one() -> None:
    """HMAC-SHA1 over the address and the sorted fields, as an independent computation gives it."""
    form = [("To", "+18005551212"), ("CallSid", "CA1234"), ("Digits", "1234")]

    assert phone.signature("12345", "https://mycompany.com/myapp.php?foo=1", form) == (
        "AQ3tjjMt2hXeHk01XoYsg4mFTPM="
    )


def test_a_long_text_is_cut_at_a_word() -> None:
    text = phone.short_text("Subject", "word " * 200)

    assert len(text) <= phone.TEXT_LENGTH_MAX
    assert text.endswith("word … The rest is in your portal.")


REPORT = b"""\
From: MAILER-DAEMON@mail.example
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

I am sorry.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.example

Final-Recipient: rfc822; ada@example.org
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 no such mailbox

--b
Content-Type: message/rfc822

Message-ID: <notice-%d@utility.example>
Subject: We have your application

Dear Ada
--b--
"""


def test_a_mail_that_comes_back_becomes_a_task(
    ada_customer: Customer, at: datetime, tmp_path: Path
) -> None:
    notice = ask(ada_customer, "email", at)
    notice.move(NoticeStatus.SENT, at=at, by="outbox", sent_at=at)
    file = tmp_path / "returned.eml"
    file.write_bytes(REPORT % notice.pk)

    call_command("receive_bounce", str(file))
    call_command("receive_bounce", str(file))

    (task,) = notices_to_pass_on()
    assert task.status == NoticeStatus.RETURNED
    assert task.last_error == "The mail came back: 550 5.1.1 no such mailbox."
    services.send_again(notice=task, at=at, by="cleo")
    assert fresh(notice).status == NoticeStatus.QUEUED


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\x00 nonsense",
        b"Subject: I am on holiday\n\nBack on Monday.",
        (REPORT % 7).replace(b"Action: failed", b"Action: delayed"),
        (REPORT % 7).replace(b"notice-7@", b"other-7@"),
    ],
)
def test_other_mail_is_no_bounce(content: bytes) -> None:
    assert bounces.read_bounce(content) is None


def test_headers_alone_name_the_notice_too() -> None:
    content = (REPORT % 7).replace(b"message/rfc822", b"text/rfc822-headers")

    bounce = bounces.read_bounce(content)

    assert bounce is not None
    assert bounce.notice_id == 7


def test_customers_cannot_open_the_words_of_notices(ada: User) -> None:
    client = Client()
    client.force_login(ada)

    assert client.get("/service/wordings/").status_code == 403
