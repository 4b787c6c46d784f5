"""Notices go out once, through a real SMTP dialogue, and say what became of them (CS-9)."""

import threading
from datetime import datetime, timedelta
from email import message_from_bytes

import pytest
from django.db import connections, transaction
from pytest_django.fixtures import Settings

from customers import services
from customers.models import Customer, Notice
from customers.selectors import notices_to_pass_on
from customers.statuses import NoticeStatus
from tests.factories import make_customer
from tests.mail_server import Sink
from tests.ports import free_port


def queue(customer: Customer, at: datetime, about: str = "A-2026-0001") -> Notice:
    return services.queue_notice(
        customer=customer,
        template="application_submitted",
        about=about,
        context={"reference": about, "address": "1 Sunny Lane"},
        at=at,
    )


@pytest.mark.django_db
def test_a_notice_is_mailed_once(sink: Sink, at: datetime) -> None:
    notice = queue(make_customer("Ada Lovelace"), at)

    assert services.send_due_notices(at=at) == 1
    assert services.send_due_notices(at=at) == 0

    notice.refresh_from_db()
    (letter,) = map(message_from_bytes, sink.letters)
    assert (notice.status, notice.sent_at, notice.attempts) == (NoticeStatus.SENT, at, 1)
    assert letter["To"] == "ada@example.org"
    assert letter["Subject"] == "We have your application A-2026-0001"
    assert letter["Message-ID"] == f"<notice-{notice.pk}@utility.example>"
    assert b"Dear Ada Lovelace" in sink.letters[0]


@pytest.mark.django_db
def test_the_same_matter_is_told_once(at: datetime) -> None:
    customer = make_customer("Ada Lovelace")

    first, second = queue(customer, at), queue(customer, at + timedelta(days=1))

    assert first == second
    assert Notice.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_notice_vanishes_with_the_change_that_caused_it(at: datetime) -> None:
    customer = make_customer("Ada Lovelace")

    with transaction.atomic():
        queue(customer, at)
        transaction.set_rollback(True)

    assert not Notice.objects.exists()


@pytest.mark.django_db
def test_a_refused_address_becomes_a_task_with_the_servers_words(sink: Sink, at: datetime) -> None:
    notice = queue(make_customer("Ada Lovelace"), at)
    sink.answer_to_recipient = "550 5.1.1 no such mailbox"

    services.send_due_notices(at=at)

    notice.refresh_from_db()
    assert notice.status == NoticeStatus.FAILED
    assert "550 5.1.1 no such mailbox" in notice.last_error
    assert [task.last_error for task in notices_to_pass_on()] == [notice.last_error]


@pytest.mark.django_db
def test_a_busy_server_is_tried_again_later_and_then_succeeds(sink: Sink, at: datetime) -> None:
    notice = queue(make_customer("Ada Lovelace"), at)
    sink.answer_to_recipient = "450 4.2.0 try later"

    services.send_due_notices(at=at)

    notice.refresh_from_db()
    assert notice.status == NoticeStatus.QUEUED
    assert notice.next_attempt_at == at + timedelta(seconds=30)
    assert "450" in notice.last_error

    sink.answer_to_recipient = "250 OK"
    assert services.send_due_notices(at=at + timedelta(seconds=29)) == 0
    assert services.send_due_notices(at=at + timedelta(seconds=30)) == 1
    assert len(sink.letters) == 1


@pytest.mark.django_db
def test_a_server_that_is_away_costs_one_attempt_a_run(settings: Settings, at: datetime) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", free_port()
    first = queue(make_customer("Ada Lovelace"), at)
    second = queue(make_customer("Ben Franklin"), at)

    assert services.send_due_notices(at=at) == 0

    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.status, first.attempts) == (NoticeStatus.QUEUED, 1)
    assert "did not answer" in first.last_error
    assert (second.status, second.attempts) == (NoticeStatus.QUEUED, 0)


@pytest.mark.django_db
def test_a_line_that_breaks_after_sending_makes_no_second_copy(sink: Sink, at: datetime) -> None:
    notice = queue(make_customer("Ada Lovelace"), at)
    sink.hangs_up = True

    services.send_due_notices(at=at)

    notice.refresh_from_db()
    assert notice.status == NoticeStatus.FAILED
    assert "nobody knows whether the mail arrived" in notice.last_error
    assert services.send_due_notices(at=at + timedelta(days=1)) == 0
    assert len(sink.letters) == 1


@pytest.mark.django_db
def test_an_attempt_that_never_ended_is_not_repeated_by_a_machine(sink: Sink, at: datetime) -> None:
    notice = queue(make_customer("Ada Lovelace"), at)
    notice.move(NoticeStatus.SENDING, at=at, by="outbox", next_attempt_at=at)

    services.send_due_notices(at=at + timedelta(minutes=1))
    notice.refresh_from_db()
    assert notice.status == NoticeStatus.SENDING

    services.send_due_notices(at=at + timedelta(minutes=3))
    notice.refresh_from_db()
    assert notice.status == NoticeStatus.FAILED
    assert "nobody knows whether the mail arrived" in notice.last_error
    assert sink.letters == []

    services.send_again(notice=notice, at=at + timedelta(minutes=4), by="cleo")
    assert services.send_due_notices(at=at + timedelta(minutes=4)) == 1


@pytest.mark.django_db(transaction=True)
def test_many_workers_send_each_notice_once(sink: Sink, at: datetime) -> None:
    for n in range(8):
        queue(make_customer(f"Person{n} Test"), at, about=f"A-{n}")

    def work() -> None:
        services.send_due_notices(at=at)
        connections.close_all()

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    recipients = [message_from_bytes(letter)["To"] for letter in sink.letters]
    assert len(recipients) == len(set(recipients)) == 8
    assert set(Notice.objects.values_list("status", flat=True)) == {NoticeStatus.SENT}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("channel", "status", "why"),
    [
        ("portal", NoticeStatus.SENT, ""),
        ("telephone", NoticeStatus.BY_HAND, "wants to be called"),
        ("text", NoticeStatus.BY_HAND, "text messages"),
    ],
)
def test_the_preferred_channel_decides(
    sink: Sink, at: datetime, channel: str, status: str, why: str
) -> None:
    customer = make_customer("Ada Lovelace")
    customer.preferred_channel = channel
    customer.save(update_fields=["preferred_channel"])
    notice = queue(customer, at)

    services.send_due_notices(at=at)

    notice.refresh_from_db()
    last = notice.status_changes.latest("pk")
    assert notice.status == status
    assert why in last.reason
    assert sink.letters == []


@pytest.mark.django_db
def test_customer_service_passes_a_message_on(at: datetime) -> None:
    customer = make_customer("Ada Lovelace")
    customer.preferred_channel = "telephone"
    customer.save(update_fields=["preferred_channel"])
    notice = queue(customer, at)
    services.send_due_notices(at=at)
    notice.refresh_from_db()

    services.pass_on_in_person(notice=notice, note="Told by telephone.", at=at, by="cleo")

    last = notice.status_changes.latest("pk")
    assert (notice.status, last.by, last.reason) == ("sent", "cleo", "Told by telephone.")
    assert not notices_to_pass_on().exists()
