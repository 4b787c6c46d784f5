"""Handing one letter to the mail server, for every outbox of the product."""

import contextlib

from django.core.mail import EmailMessage, get_connection

from customers.channels import mail


def post(letter: mail.Letter, *, attempts: int) -> mail.Verdict | None:
    """Send it now; None when the server took it, else what the failure means.

    Opens first and sends then: only before anything was sent is it safe to try again.
    """
    connection = get_connection()
    try:
        connection.open()
    except OSError as error:  # SMTP's errors are OSErrors too
        return mail.judge_opening(error, attempts=attempts)
    try:
        connection.send_messages([_message(letter)])
    except OSError as error:
        return mail.judge_sending(error, attempts=attempts)
    finally:
        with contextlib.suppress(OSError):
            connection.close()
    return None


def _message(letter: mail.Letter) -> EmailMessage:
    return EmailMessage(
        subject=letter.subject,
        body=letter.body,
        to=[letter.recipient],
        headers={"Message-ID": letter.message_id},
    )
