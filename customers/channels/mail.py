"""A notice as a mail, and what a mail server's answer means for it."""

import smtplib
from dataclasses import dataclass
from datetime import timedelta

from derms.lib.words import say

ATTEMPTS_MAX = 8
FIRST_DELAY = timedelta(seconds=30)
LONGEST_DELAY = timedelta(hours=4)
NOBODY_KNOWS = "The attempt was interrupted: nobody knows whether the mail arrived. Ask first."


@dataclass(frozen=True, kw_only=True)
class Letter:
    """What goes into a mail, without the machinery that sends it."""

    recipient: str
    subject: str
    body: str
    message_id: str


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What an attempt's failure means: try again after `retry_in`, or never (None)."""

    words: str
    retry_in: timedelta | None
    is_server_away: bool = False


def build(*, notice_id: int, recipient: str, name: str, text: tuple[str, str], host: str) -> Letter:
    """The message id is the notice's own, so that a mail system can tell a copy from a new one."""
    subject, body = text
    return Letter(
        recipient=recipient,
        subject=subject,
        body=say("Dear {name},\n\n{body}\n\nYour utility\n", name=name, body=body),
        message_id=f"<notice-{notice_id}@{host}>",
    )


def judge_opening(error: Exception, *, attempts: int) -> Verdict:
    """Nothing has been sent yet: wait, longer each time, and give up in the end."""
    if isinstance(error, smtplib.SMTPResponseException):
        words = f"The mail server answered {error.smtp_code} {_text(error.smtp_error)}."
    else:
        words = f"The mail server did not answer ({type(error).__name__}: {error})."
    return later(words, attempts, is_server_away=True)


def judge_sending(error: Exception, *, attempts: int) -> Verdict:
    """An answer says what happened; silence after sending leaves it open, so no second copy."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, answer = next(iter(error.recipients.values()))
        words = f"The mail server refused the address: {code} {_text(answer)}."
    elif isinstance(error, smtplib.SMTPResponseException):
        code, words = error.smtp_code, f"The mail server answered {error.smtp_code} "
        words += f"{_text(error.smtp_error)}."
    else:
        return Verdict(words=NOBODY_KNOWS, retry_in=None, is_server_away=True)
    if code >= 500:
        return Verdict(words=words, retry_in=None)
    return later(words, attempts, is_server_away=False)


def later(words: str, attempts: int, *, is_server_away: bool) -> Verdict:
    if attempts >= ATTEMPTS_MAX:
        words = f"{words} Given up after {attempts} attempts."
        return Verdict(words=words, retry_in=None, is_server_away=is_server_away)
    delay = min(LONGEST_DELAY, FIRST_DELAY * 2 ** max(0, attempts - 1))
    return Verdict(words=words, retry_in=delay, is_server_away=is_server_away)


def _text(answer: bytes | str) -> str:
    return answer.decode(errors="replace") if isinstance(answer, bytes) else answer
