"""Handing one text message or call to the provider over HTTP."""

import http.client
import ssl
from urllib.parse import urlsplit

from django.conf import settings

from customers.channels import phone
from customers.channels.mail import Verdict

TIMEOUT_S = 10


def provider() -> phone.Provider:
    """As the installation is configured (docs/howto/connect_a_notice_provider.md)."""
    return phone.Provider(
        url=settings.PHONE_URL,
        account=settings.PHONE_ACCOUNT,
        token=settings.PHONE_TOKEN,
        sender=settings.PHONE_SENDER,
    )


def hand_over(post: phone.Post, *, attempts: int) -> phone.Taken | Verdict:
    """Post it now. Connects first, so that only what was certainly not sent is tried again."""
    parts = urlsplit(post.url)
    connection = _connection(parts.scheme, parts.netloc)
    try:
        connection.connect()
    except OSError as error:
        words = f"{type(error).__name__}: {error}"
        return phone.judge_silence(words, was_sent=False, attempts=attempts)
    try:
        connection.request("POST", parts.path, body=post.body, headers=dict(post.headers))
        answer = connection.getresponse()
        return phone.judge(answer.status, answer.read(65_536), attempts=attempts)
    except (OSError, http.client.HTTPException) as error:
        return phone.judge_silence(str(error), was_sent=True, attempts=attempts)
    finally:
        connection.close()


def _connection(scheme: str, netloc: str) -> http.client.HTTPConnection:
    if scheme == "http":
        return http.client.HTTPConnection(netloc, timeout=TIMEOUT_S)
    context = ssl.create_default_context()
    return http.client.HTTPSConnection(netloc, timeout=TIMEOUT_S, context=context)
