"""A mail server of our own, for every test that sends mail by SMTP."""

from collections.abc import Iterator
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from pytest_django.fixtures import Settings

from tests.ports import free_port


class Sink:
    """A mail server's other end: keeps what it gets, refuses whom it does not know."""

    def __init__(self) -> None:
        self.letters: list[bytes] = []
        self.answer_to_recipient = "250 OK"
        self.hangs_up = False

    async def handle_RCPT(  # noqa: N802  the library's name
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: list[str]
    ) -> str:
        if self.answer_to_recipient.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.answer_to_recipient

    async def handle_DATA(self, server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        self.letters.append(envelope.content)
        if self.hangs_up:
            server.transport.abort()
        return "250 kept"


@pytest.fixture
def sink(settings: Settings) -> Iterator[Sink]:
    sink = Sink()
    controller = Controller(sink, hostname="127.0.0.1", port=free_port())
    controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", controller.port
    yield sink
    controller.stop()
