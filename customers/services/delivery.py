"""Emptying the outbox, outside transactions: mail, text messages, calls; the rest to people."""

import logging
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import F
from django.urls import reverse
from django.utils import translation

from customers.channels import by_hand, mail, phone
from customers.models import Notice
from customers.selectors import notices_due, notices_without_outcome
from customers.services.phoning import hand_over, provider
from customers.services.posting import post
from customers.statuses import NoticeStatus
from derms.lib.errors import Conflict, Unavailable
from derms.lib.jobs import run_after_commit
from derms.lib.lifecycle import MovedMeanwhile

logger = logging.getLogger(__name__)
BY = "outbox"
# Few, as one run must end within a task's time even when the mail server is slow.
BATCH = 10
# Longer than a task may run: nobody can still be sending after that.
OUTCOME_WITHIN = timedelta(minutes=2)


class CarrierAway(Unavailable):
    """The mail server or the provider does not answer: no use to try its next notice now."""

    code = "carrier_away"


def send_due_notices(*, at: datetime) -> int:
    """Send what is due and return how many customers were told now.

    Every attempt claims its notice first, so two workers never send one notice twice; an attempt
    that died without saying how it ended goes to customer service instead of being repeated.
    """
    for notice in notices_without_outcome(before=at - OUTCOME_WITHIN):
        _finish(
            notice,
            NoticeStatus.FAILED,
            at=at,
            words=mail.NOBODY_KNOWS,
        )
    due = list(notices_due(at=at)[:BATCH])
    told = 0
    away: set[str] = set()
    for notice in due:
        if notice.channel in away:
            continue
        try:
            told += _deliver(notice, at=at)
        except CarrierAway as silent:
            logger.warning("carrier_away channel=%s reason=%s", notice.channel, silent.message)
            away |= {notice.channel} if notice.channel == "email" else {"text", "telephone"}
    if not away and len(due) == BATCH:
        run_after_commit("customers.tasks.send_due_notices")
    return told


def pass_on_in_person(*, notice: Notice, note: str, at: datetime, by: str) -> Notice:
    """Record that customer service has told the customer."""
    notice.move(NoticeStatus.SENT, at=at, by=by, reason=note, sent_at=at)
    return notice


def send_again(*, notice: Notice, at: datetime, by: str) -> Notice:
    """Let the machine try once more, by a person's decision."""
    notice.move(NoticeStatus.QUEUED, at=at, by=by, next_attempt_at=at, attempts=0, last_error="")
    return notice


def mark_read(*, notice: Notice, at: datetime) -> Notice:
    Notice.objects.filter(pk=notice.pk, read_at=None).update(read_at=at)
    notice.read_at = notice.read_at or at
    return notice


def _deliver(notice: Notice, *, at: datetime) -> int:
    task = by_hand.hand_over(
        channel=notice.channel,
        phone=notice.customer.phone,
        email=notice.customer.email,
        has_provider=provider().is_there,
    )
    try:
        if task is not None:
            notice.move(
                NoticeStatus.BY_HAND, at=at, by=BY, reason=task.words, last_error=task.words
            )
            return 0
        if notice.channel == "portal":
            notice.move(NoticeStatus.SENT, at=at, by=BY, sent_at=at)
            return 1
        notice.move(
            NoticeStatus.SENDING, at=at, by=BY, attempts=F("attempts") + 1, next_attempt_at=at
        )
    except MovedMeanwhile:
        return 0  # another worker has it
    notice.refresh_from_db(fields=["attempts", "next_attempt_at"])
    return _mail(notice, at=at) if notice.channel == "email" else _phone(notice, at=at)


def _mail(notice: Notice, *, at: datetime) -> int:
    verdict = post(_letter(notice), attempts=notice.attempts)
    if verdict is not None:
        _give_up_or_wait(notice, verdict, at=at)
        return 0
    _finish(notice, NoticeStatus.SENT, at=at, words="", sent_at=at)
    return 1


def _phone(notice: Notice, *, at: datetime) -> int:
    """Taken is not delivered yet: the provider tells that at the notice's own address."""
    with translation.override(notice.language):
        form = phone.build(
            provider(),
            channel=notice.channel,
            to=notice.customer.phone,
            text=(notice.subject, notice.body),
            name=notice.customer.name,
            callback=callback_address(notice.pk),
            language=notice.language,
        )
    came = hand_over(form, attempts=notice.attempts)
    if isinstance(came, mail.Verdict):
        _give_up_or_wait(notice, came, at=at)
        return 0
    taken: dict[str, Any] = {"sent_at": at, "provider_id": came.provider_id}
    _finish(notice, NoticeStatus.SENT, at=at, words="", **taken)
    return 1


def callback_address(notice_id: int) -> str:
    """Where the provider tells what became of a notice; its signature covers this address."""
    return f"{settings.SITE_URL}{reverse('api_notice_delivery', args=[notice_id])}"


def _give_up_or_wait(notice: Notice, verdict: mail.Verdict, *, at: datetime) -> None:
    to = NoticeStatus.FAILED if verdict.retry_in is None else NoticeStatus.QUEUED
    retry_at = at + (verdict.retry_in or timedelta(0))
    _finish(notice, to, at=at, words=verdict.words, next_attempt_at=retry_at)
    if verdict.is_server_away:
        raise CarrierAway(verdict.words)


def _finish(notice: Notice, to: NoticeStatus, *, at: datetime, words: str, **fields: Any) -> None:
    try:
        notice.move(to, at=at, by=BY, reason=words, last_error=words, **fields)
    except Conflict:
        logger.exception("notice_moved_while_sending notice=%s", notice.pk)


def _letter(notice: Notice) -> mail.Letter:
    with translation.override(notice.language):
        return mail.build(
            notice_id=notice.pk,
            recipient=notice.customer.email,
            name=notice.customer.name,
            text=(notice.subject, notice.body),
            host=settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].strip(">"),
        )
