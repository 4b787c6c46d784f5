"""Emptying the operators' outbox: by SMTP, outside of transactions, never the same mail twice."""

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import F

from customers.channels import mail
from customers.services.posting import post
from derms.lib.errors import Conflict
from derms.lib.jobs import run_after_commit
from derms.lib.lifecycle import MovedMeanwhile
from devices.models import AlarmMail
from devices.statuses import AlarmMailStatus

logger = logging.getLogger(__name__)
BY = "alarm mail"
# Few, as one run must end within a task's time even when the mail server is slow.
BATCH = 10
# Longer than a task may run: nobody can still be sending after that.
OUTCOME_WITHIN = timedelta(minutes=2)


def send_alarm_mails(*, at: datetime) -> int:
    """Send what is due and return how many were sent now.

    Every attempt claims its mail first, so two workers never send one twice; an attempt that died
    without saying how it ended is not repeated, as the operator may have the mail.
    """
    for interrupted in AlarmMail.objects.filter(
        status=AlarmMailStatus.SENDING, next_attempt_at__lt=at - OUTCOME_WITHIN
    ):
        _finish(interrupted, AlarmMailStatus.FAILED, at=at, words=mail.NOBODY_KNOWS)
    due = list(
        AlarmMail.objects.filter(status=AlarmMailStatus.QUEUED, next_attempt_at__lte=at).order_by(
            "next_attempt_at", "pk"
        )[:BATCH]
    )
    sent = 0
    for letter in due:
        outcome = _send(letter, at=at)
        if outcome is not None and outcome.is_server_away:
            logger.warning("mail_server_away reason=%s", outcome.words)
            return sent
        sent += outcome is None and letter.status == AlarmMailStatus.SENT
    if len(due) == BATCH:
        run_after_commit("devices.tasks.send_alarm_mails")
    return sent


def _send(row: AlarmMail, *, at: datetime) -> mail.Verdict | None:
    try:
        row.move(
            AlarmMailStatus.SENDING, at=at, by=BY, attempts=F("attempts") + 1, next_attempt_at=at
        )
    except MovedMeanwhile:
        return None  # another worker has it
    row.refresh_from_db(fields=["attempts", "next_attempt_at"])
    verdict = post(_letter(row), attempts=row.attempts)
    if verdict is None:
        _finish(row, AlarmMailStatus.SENT, at=at, words="", sent_at=at)
    elif verdict.retry_in is None:
        _finish(row, AlarmMailStatus.FAILED, at=at, words=verdict.words)
    else:
        retry_at = at + verdict.retry_in
        _finish(row, AlarmMailStatus.QUEUED, at=at, words=verdict.words, next_attempt_at=retry_at)
    return verdict


def _finish(
    row: AlarmMail, to: AlarmMailStatus, *, at: datetime, words: str, **fields: datetime
) -> None:
    try:
        row.move(to, at=at, by=BY, reason=words, last_error=words, **fields)
    except Conflict:
        logger.exception("alarm_mail_moved_while_sending mail=%s", row.pk)


def _letter(row: AlarmMail) -> mail.Letter:
    host = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].strip(">")
    return mail.Letter(
        recipient=row.email,
        subject=row.subject,
        body=row.body,
        message_id=f"<alarm-mail-{row.pk}@{host}>",
    )
