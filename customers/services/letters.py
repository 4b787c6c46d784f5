"""Mails to companies and to people who are invited: an outbox of its own (TP-1)."""

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import F

from customers.channels import mail
from customers.models import Letter
from customers.services.posting import post
from customers.statuses import LetterStatus
from derms.lib.errors import Conflict
from derms.lib.jobs import run_after_commit
from derms.lib.lifecycle import MovedMeanwhile

logger = logging.getLogger(__name__)
BY = "letters"
# Few, as one run must end within a task's time even when the mail server is slow.
BATCH = 10
# Longer than a task may run: nobody can still be sending after that.
OUTCOME_WITHIN = timedelta(minutes=2)
GONE = {LetterStatus.SENT, LetterStatus.FAILED}


def queue_letter(
    *,
    name: str,
    email: str,
    about: str,
    text: tuple[str, str],
    at: datetime,
    is_secret: bool = False,
) -> Letter:
    """Put a mail into the outbox, in the caller's transaction; `text` is subject and body."""
    subject, body = text
    letter = Letter.objects.create(
        name=name,
        email=email,
        about=about[:80],
        subject=subject[:200],
        body=body,
        is_secret=is_secret,
        created_at=at,
        next_attempt_at=at,
    )
    run_after_commit("customers.tasks.send_letters")
    return letter


def send_letters(*, at: datetime) -> int:
    """Send what is due and return how many went out now.

    Every attempt claims its letter first, so two workers never send one twice; an attempt that
    died without saying how it ended is not repeated, as the letter may have arrived.
    """
    interrupted = Letter.objects.filter(
        status=LetterStatus.SENDING, next_attempt_at__lt=at - OUTCOME_WITHIN
    )
    for letter in interrupted:
        _finish(letter, LetterStatus.FAILED, at=at, words=mail.NOBODY_KNOWS)
    due = list(
        Letter.objects.filter(status=LetterStatus.QUEUED, next_attempt_at__lte=at).order_by(
            "next_attempt_at", "pk"
        )[:BATCH]
    )
    sent = 0
    for letter in due:
        verdict = _send(letter, at=at)
        if verdict is not None and verdict.is_server_away:
            logger.warning("mail_server_away reason=%s", verdict.words)
            return sent
        sent += letter.status == LetterStatus.SENT
    if len(due) == BATCH:
        run_after_commit("customers.tasks.send_letters")
    return sent


def _send(letter: Letter, *, at: datetime) -> mail.Verdict | None:
    try:
        letter.move(
            LetterStatus.SENDING, at=at, by=BY, attempts=F("attempts") + 1, next_attempt_at=at
        )
    except MovedMeanwhile:
        return None  # another worker has it
    letter.refresh_from_db(fields=["attempts", "next_attempt_at"])
    verdict = post(_mail(letter), attempts=letter.attempts)
    if verdict is None:
        _finish(letter, LetterStatus.SENT, at=at, words="", sent_at=at)
    elif verdict.retry_in is None:
        _finish(letter, LetterStatus.FAILED, at=at, words=verdict.words)
    else:
        retry_at = at + verdict.retry_in
        _finish(letter, LetterStatus.QUEUED, at=at, words=verdict.words, next_attempt_at=retry_at)
    return verdict


def _finish(
    letter: Letter, to: LetterStatus, *, at: datetime, words: str, **fields: datetime
) -> None:
    forgotten = {"body": ""} if letter.is_secret and to in GONE else {}
    try:
        letter.move(to, at=at, by=BY, reason=words, last_error=words, **fields, **forgotten)
    except Conflict:
        logger.exception("letter_moved_while_sending letter=%s", letter.pk)


def _mail(letter: Letter) -> mail.Letter:
    host = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].strip(">")
    return mail.Letter(
        recipient=letter.email,
        subject=letter.subject,
        body=f"Dear {letter.name},\n\n{letter.body}\n\nYour utility\n",
        message_id=f"<letter-{letter.pk}@{host}>",
    )
