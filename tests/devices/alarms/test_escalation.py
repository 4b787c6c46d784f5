"""What nobody acknowledges in time goes to the operators by mail: once, and told on the alarm."""

import threading
from datetime import timedelta
from email import message_from_bytes
from email.message import Message
from typing import Any

import pytest
from django.db import connections
from pytest_django.fixtures import Settings

from derms.accounts.models import User
from derms.accounts.roles import Role
from devices.alarming.letters import MOST_ALARMS, AlarmInWords, write_letter
from devices.models import Alarm, AlarmMail, Device, Escalation
from devices.selectors.alarm_timeline import timeline_of
from devices.services import acknowledge_alarm, record_alarm, send_alarm_mails, shelve_alarm
from devices.services.escalation import escalate
from devices.statuses import AlarmMailStatus
from tests.devices.alarms.scenes import NOW, after, all_served, hear_all, look, make_meters
from tests.factories import make_feeder, make_person
from tests.mail_server import Sink
from tests.ports import free_port


@pytest.fixture
def alarm(inverter: Device) -> Alarm:
    raised = record_alarm(
        kind="protection_trip", device=inverter, priority=1, message="Ground fault", at=NOW
    )
    assert raised is not None
    return raised


def letters(sink: Sink) -> list[Message]:
    return [message_from_bytes(letter) for letter in sink.letters]


def test_an_unacknowledged_critical_alarm_is_mailed_after_five_minutes(
    sink: Sink, alarm: Alarm, olga: User, inverter: Device
) -> None:
    assert escalate(at=after(299)) is None
    escalate(at=after(300))

    assert send_alarm_mails(at=after(300)) == 1
    (letter,) = letters(sink)
    body = letter.get_payload()
    assert letter["To"] == "olga@example.org"
    assert "Critical: Protection tripped" in letter["Subject"]
    assert isinstance(body, str)
    for said in (
        "What:   Ground fault",
        f"Where:  F12, {inverter.serial_number}, 1 Sunny Lane",
        "Since:  2026-06-15 18:05:00 UTC",
        "Do:     ",
        f"http://localhost:8000/operations/alarms/{alarm.pk}",
    ):
        assert said in body.replace("=\n", "").replace("=3D", "=")


def test_it_is_mailed_once_however_often_the_clock_looks(
    sink: Sink, alarm: Alarm, olga: User
) -> None:
    for minutes in (5, 6, 60, 600):
        escalate(at=after(minutes=minutes))
        send_alarm_mails(at=after(minutes=minutes))

    assert len(sink.letters) == 1
    assert Escalation.objects.count() == 1


def test_high_waits_longer_and_low_is_never_mailed(
    inverter: Device, olga: User, settings: Settings
) -> None:
    for kind, priority in (("overload", 2), ("charge_low", 3), ("clock_off", 4)):
        record_alarm(kind=kind, device=inverter, priority=priority, message="x", at=NOW)

    assert escalate(at=after(minutes=14)) is None
    escalate(at=after(minutes=15))
    assert [one.kind for one in Alarm.objects.filter(escalation__isnull=False)] == ["overload"]
    assert escalate(at=after(hours=24)) is None

    settings.ALARM_POLICY = settings.ALARM_POLICY | {"escalate_after_min": {4: 1.0}}
    escalate(at=after(hours=24))
    assert Alarm.objects.get(kind="clock_off").escalation is not None


@pytest.mark.parametrize("deed", ["acknowledged", "shelved"])
def test_what_somebody_looks_after_is_not_mailed(alarm: Alarm, olga: User, deed: str) -> None:
    if deed == "acknowledged":
        acknowledge_alarm(alarm_id=alarm.pk, at=NOW, by="olga")
    else:
        until = after(hours=1)
        shelve_alarm(alarm_id=alarm.pk, until=until, reason="known", at=NOW, by="olga")

    assert escalate(at=after(minutes=30)) is None


def test_only_operators_with_an_address_are_told_and_each_address_once(
    alarm: Alarm, olga: User, otto: User, enzo: User
) -> None:
    User.objects.filter(pk=otto.pk).update(email="")
    twin = make_person("oscar", Role.OPERATOR)
    User.objects.filter(pk=twin.pk).update(email="OLGA@example.org")
    gone = make_person("odo", Role.OPERATOR)
    User.objects.filter(pk=gone.pk).update(is_active=False)

    escalate(at=after(minutes=5))

    assert [mail.email.lower() for mail in AlarmMail.objects.all()] == ["olga@example.org"]


def test_with_nobody_to_tell_the_alarm_says_so(alarm: Alarm) -> None:
    escalate(at=after(minutes=5))

    alarm.refresh_from_db()
    entry = timeline_of(alarm)[0]
    assert entry.what == "Not acknowledged in time"
    assert "no operator has an e-mail address" in entry.reason


def test_the_timeline_says_to_whom_it_went(sink: Sink, alarm: Alarm, olga: User) -> None:
    escalate(at=after(minutes=5))
    send_alarm_mails(at=after(minutes=6))

    alarm.refresh_from_db()
    told = [(entry.at, entry.what) for entry in timeline_of(alarm)[:2]]
    assert told == [
        (after(minutes=6), "Mail sent to Olga"),
        (after(minutes=5), "Not acknowledged in time"),
    ]


def test_a_busy_server_is_tried_again(sink: Sink, alarm: Alarm, olga: User) -> None:
    escalate(at=after(minutes=5))
    sink.answer_to_recipient = "450 4.2.0 try later"
    assert send_alarm_mails(at=after(minutes=5)) == 0

    sink.answer_to_recipient = "250 OK"
    assert send_alarm_mails(at=after(minutes=5, seconds=29)) == 0
    assert send_alarm_mails(at=after(minutes=5, seconds=30)) == 1
    assert len(sink.letters) == 1


def test_a_server_that_is_away_costs_one_attempt_a_run(
    settings: Settings, alarm: Alarm, olga: User, otto: User
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", free_port()
    escalate(at=after(minutes=5))

    assert send_alarm_mails(at=after(minutes=5)) == 0

    assert sorted(AlarmMail.objects.values_list("attempts", flat=True)) == [0, 1]
    alarm.refresh_from_db()
    assert any("did not answer" in entry.reason for entry in timeline_of(alarm))


def test_a_refused_address_is_told_on_the_alarm(sink: Sink, alarm: Alarm, olga: User) -> None:
    escalate(at=after(minutes=5))
    sink.answer_to_recipient = "550 5.1.1 no such mailbox"
    send_alarm_mails(at=after(minutes=5))

    alarm.refresh_from_db()
    assert any("550 5.1.1" in entry.reason for entry in timeline_of(alarm))


@pytest.mark.parametrize("is_broken", [True, False])
def test_when_nobody_knows_whether_it_arrived_it_is_not_sent_again(
    sink: Sink, alarm: Alarm, olga: User, is_broken: bool
) -> None:
    escalate(at=after(minutes=5))
    mail = AlarmMail.objects.get()
    if is_broken:
        sink.hangs_up = True
        send_alarm_mails(at=after(minutes=5))
    else:  # a worker that died while it sent
        at = after(minutes=5)
        mail.move(AlarmMailStatus.SENDING, at=at, by="alarm mail", next_attempt_at=at)

    assert send_alarm_mails(at=after(minutes=9)) == 0
    mail.refresh_from_db()
    assert mail.status == AlarmMailStatus.FAILED
    assert "nobody knows whether the mail arrived" in mail.last_error


def test_a_flood_is_one_mail(sink: Sink, olga: User) -> None:
    make_feeder("F12")
    devices = make_meters(40)
    Device.objects.update(discovery={"models": [{"id": 203}]})
    hear_all(devices, NOW, alarm_bits=1 << 2)
    look(NOW)

    all_served(after(minutes=5))
    look(after(minutes=5))
    send_alarm_mails(at=after(minutes=5))

    (letter,) = letters(sink)
    assert "40 times" in str(letter.get_payload())


@pytest.mark.django_db(transaction=True)
def test_two_workers_and_two_clocks_tell_each_operator_once(sink: Sink) -> None:
    for name in ("olga", "otto", "oscar"):
        make_person(name, Role.OPERATOR)
    for meter in make_meters(5):
        record_alarm(kind="overload", device=meter, priority=1, message="x", at=NOW)

    def work() -> None:
        escalate(at=after(minutes=5))
        for _ in range(3):
            send_alarm_mails(at=after(minutes=5))
        connections.close_all()

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    send_alarm_mails(at=after(minutes=6))

    told = [letter["To"] for letter in letters(sink)]
    assert len(told) == len(set(told)) == 3
    assert Escalation.objects.count() == 1


# The letter -------------------------------------------------------------------------------------
def in_words(number: int = 1, **facts: Any) -> AlarmInWords:
    words = {
        "kind": "voltage_high", "priority": "High", "label": "Voltage above limit",
        "message": f"Message {number}", "place": f"Place {number}", "since": "12:00",
        "url": f"https://derms.example/{number}",
    }  # fmt: skip
    return AlarmInWords(**(words | facts))


def test_a_letter_about_many_names_the_most_urgent_and_counts_the_rest() -> None:
    letter = write_letter([in_words(n) for n in range(30)], site="North", list_url="https://l")

    assert letter.subject == "[North] High: Voltage above limit, Place 0, and 29 more"
    assert letter.body.count("Open:") == MOST_ALARMS
    assert "And 10 more: https://l" in letter.body


def test_no_line_of_a_place_gets_into_the_subject() -> None:
    letter = write_letter([in_words(place="A\r\nBcc: all@example.org")], site="N", list_url="")

    assert "\n" not in letter.subject
    assert len(write_letter([in_words(place="x" * 500)], site="N", list_url="").subject) <= 200


def test_a_letter_about_nothing_is_not_written() -> None:
    with pytest.raises(ValueError, match="no alarm"):
        write_letter([], site="N", list_url="")


def test_a_mail_waits_for_its_time(sink: Sink, alarm: Alarm, olga: User) -> None:
    escalate(at=after(minutes=5))

    assert send_alarm_mails(at=after(minutes=5) - timedelta(seconds=1)) == 0
