"""Notices have words for every case, and every channel has its way (CS-9)."""

import smtplib
from datetime import timedelta

import pytest

from customers.channels import by_hand, mail, texts

CONTRACT = {
    "application_submitted",
    "application_incomplete",
    "application_in_review",
    "application_held",
    "application_rejected",
    "application_approved",
    "commissioning_planned",
    "permission_to_operate",
    "group_joined",
    "group_left",
    "dispatch_started",
    "dispatch_over",
}


@pytest.mark.parametrize("template", sorted(CONTRACT))
def test_every_template_renders_from_the_facts_it_names(template: str) -> None:
    facts = {name: f"<{name}>" for name in texts.fields_of(template)}

    text = texts.render(template, facts)

    assert text.subject
    assert "{" not in text.subject + text.body
    assert all(fact in text.subject + text.body for fact in facts.values())


def test_a_missing_fact_and_an_unknown_template_are_named() -> None:
    with pytest.raises(texts.WrongNotice, match="application_submitted lacks address"):
        texts.render("application_submitted", {"reference": "A-1"})
    with pytest.raises(texts.WrongNotice, match="no notice nonsense"):
        texts.render("nonsense", {})


def test_a_fact_cannot_break_the_subject_line() -> None:
    text = texts.render(
        "application_submitted", {"reference": "A-1\r\nBcc: all@example.org", "address": "x"}
    )

    assert "\n" not in text.subject


@pytest.mark.parametrize(
    ("error", "words", "is_final", "is_server_away"),
    [
        (smtplib.SMTPRecipientsRefused({"a@b.c": (550, b"no such")}), "550 no such", True, False),
        (smtplib.SMTPRecipientsRefused({"a@b.c": (450, b"greylisted")}), "450", False, False),
        (smtplib.SMTPDataError(554, b"spam"), "554 spam", True, False),
        (smtplib.SMTPDataError(451, b"later"), "451 later", False, False),
        (smtplib.SMTPServerDisconnected("gone"), mail.NOBODY_KNOWS, True, True),
        (TimeoutError("slow"), mail.NOBODY_KNOWS, True, True),
    ],
)
def test_only_a_clear_later_is_sent_again(
    error: Exception, words: str, is_final: bool, is_server_away: bool
) -> None:
    verdict = mail.judge_sending(error, attempts=1)

    assert words in verdict.words
    assert (verdict.retry_in is None) == is_final
    assert verdict.is_server_away == is_server_away


@pytest.mark.parametrize(
    "error",
    [
        ConnectionRefusedError("refused"),
        TimeoutError("slow"),
        smtplib.SMTPAuthenticationError(535, b"bad password"),
        smtplib.SMTPConnectError(554, b"no service"),
    ],
)
def test_a_server_that_does_not_open_is_tried_later_and_later_until_given_up(
    error: Exception,
) -> None:
    delays = [mail.judge_opening(error, attempts=n).retry_in for n in range(1, 9)]

    assert delays[:3] == [timedelta(seconds=30), timedelta(seconds=60), timedelta(seconds=120)]
    assert delays[-1] is None
    assert all(delay <= mail.LONGEST_DELAY for delay in delays if delay)
    assert mail.judge_opening(error, attempts=1).is_server_away


@pytest.mark.parametrize(
    ("channel", "email", "phone", "words"),
    [
        ("email", "a@b.c", "", None),
        ("portal", "", "", None),
        ("email", "", "555", "no e-mail address on the account. Telephone: 555."),
        ("text", "a@b.c", "555", "text messages, which are not sent automatically yet."),
        ("telephone", "a@b.c", "", "wants to be called. No telephone number"),
    ],
)
def test_what_no_machine_carries_becomes_a_task(
    channel: str, email: str, phone: str, words: str | None
) -> None:
    task = by_hand.hand_over(channel=channel, phone=phone, email=email)

    assert (task is None) == (words is None)
    assert task is None or (words or "") in task.words
