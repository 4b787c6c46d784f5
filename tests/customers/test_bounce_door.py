"""Where a mail system posts what came back: only what it signed just now counts (CS-9)."""

from datetime import datetime

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from customers import services
from customers.channels.signing import is_signed, signature_of
from customers.models import Customer, Notice

SECRET = "between us and the mail system"  # noqa: S105  of the tests
URL = "/api/v1/notices/bounces"


def bounce(notice_id: int) -> bytes:
    return (
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n"
        "--b\r\nContent-Type: text/plain\r\n\r\nSorry.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\n"
        "Reporting-MTA: dns; mx.example\r\n\r\n"
        "Final-Recipient: rfc822; ada@example.org\r\nAction: failed\r\nStatus: 5.1.1\r\n"
        "Diagnostic-Code: smtp; 550 no such user\r\n\r\n"
        "--b\r\nContent-Type: text/rfc822-headers\r\n\r\n"
        f"Message-ID: <notice-{notice_id}@derms.example>\r\n\r\n--b--\r\n"
    ).encode()


@pytest.fixture
def sent(ada_customer: Customer, at: datetime, settings: Settings) -> Notice:
    settings.BOUNCE_SECRET = SECRET
    notice = services.queue_notice(
        customer=ada_customer, template="application_submitted", about="A-1/1",
        context={"reference": "A-1", "address": "1 Sunny Lane"}, at=at,
    )  # fmt: skip
    notice.move("sending", at=at, by="outbox")
    return notice.move("sent", at=at, by="outbox", sent_at=at)


def post(body: bytes, signature: str) -> int:
    answer = Client().post(
        URL, body, content_type="message/rfc822", headers={"X-Signature": signature}
    )
    return answer.status_code


def now_s() -> int:
    return int(timezone.now().timestamp())


def test_a_signed_report_becomes_a_task(sent: Notice) -> None:
    body = bounce(sent.pk)

    assert post(body, signature_of(SECRET, body, now_s())) == 204
    assert post(body, signature_of(SECRET, body, now_s())) == 204, "told twice it is one task"

    sent.refresh_from_db()
    assert sent.status == "returned"
    assert "no such user" in sent.last_error


@pytest.mark.parametrize("signature", ["", "t=,v1=", "t=1,v1=00", "v1", "t=²,v1=0", "x" * 500])
def test_what_is_not_signed_is_refused(sent: Notice, signature: str) -> None:
    assert post(bounce(sent.pk), signature) == 403

    sent.refresh_from_db()
    assert sent.status == "sent"


def test_another_body_and_an_old_one_are_refused(sent: Notice) -> None:
    body = bounce(sent.pk)

    assert post(body + b" ", signature_of(SECRET, body, now_s())) == 403
    assert post(body, signature_of(SECRET, body, now_s() - 600)) == 403


def test_without_a_secret_the_door_is_shut(sent: Notice, settings: Settings) -> None:
    settings.BOUNCE_SECRET = ""
    body = bounce(sent.pk)

    assert post(body, signature_of("", body, now_s())) == 403
    assert not is_signed("", body=body, given=signature_of("", body, 1), now_s=1)


def test_what_is_no_report_of_ours_changes_nothing(sent: Notice) -> None:
    for body in (b"hello", b"\xff\x00", bounce(999_999)):
        assert post(body, signature_of(SECRET, body, now_s())) == 204

    sent.refresh_from_db()
    assert sent.status == "sent"


def test_a_mail_that_is_too_long_is_refused(sent: Notice) -> None:
    body = b"x" * 1_100_000

    assert post(body, signature_of(SECRET, body, now_s())) == 413
