"""A notice as a mail, and what a mail server's answer means for it."""

import smtplib
from dataclasses import dataclass
from datetime import timedelta

ATTEMPTS_MAX = 8
FIRST_DELAY = timedelta(seconds=30)
LONGEST_DELAY = timedelta(hours=4)


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
        body=f"Dear {name},\n\n{body}\n\nYour utility\n",
        message_id=f"<notice-{notice_id}@{host}>",
    )


def judge(error: Exception, *, attempts: int) -> Verdict:
    """Refusals of this message are final; anything else is tried again, later and later."""
    words, is_final, is_server_away = _read(error)
    if is_final:
        return Verdict(words=words, retry_in=None)
    if attempts >= ATTEMPTS_MAX:
        words = f"{words} Given up after {attempts} attempts."
        return Verdict(words=words, retry_in=None, is_server_away=is_server_away)
    delay = min(LONGEST_DELAY, FIRST_DELAY * 2 ** max(0, attempts - 1))
    return Verdict(words=words, retry_in=delay, is_server_away=is_server_away)


def _read(error: Exception) -> tuple[str, bool, bool]:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, answer = next(iter(error.recipients.values()))
        words = f"The mail server refused the address: {code} {_text(answer)}."
        return words, code >= 500, False
    if isinstance(error, smtplib.SMTPResponseException):
        code = error.smtp_code
        # A refused greeting or sign-in is our own fault and is mended by us.
        is_ours = isinstance(error, smtplib.SMTPAuthenticationError | smtplib.SMTPConnectError)
        words = f"The mail server answered {code} {_text(error.smtp_error)}."
        return words, code >= 500 and not is_ours, is_ours
    return f"The mail server did not answer ({type(error).__name__}: {error}).", False, True


def _text(answer: bytes | str) -> str:
    return answer.decode(errors="replace") if isinstance(answer, bytes) else answer
