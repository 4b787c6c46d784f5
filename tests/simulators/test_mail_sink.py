"""The demo's mail server takes real SMTP and keeps every message as a file."""

import smtplib
import subprocess
import sys
import time
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.processes


class Sink:
    """A running mail sink."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.folder = folder
        self.process = subprocess.Popen(
            [sys.executable, "-m", "simulators.mail_sink", f"--port={self.port}", "--out", folder],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert "ready" in self.line()

    def line(self) -> str:
        assert self.process.stdout
        return self.process.stdout.readline()


@pytest.fixture
def sink(tmp_path: Path) -> Iterator[Sink]:
    running = Sink(tmp_path / "mail")
    yield running
    running.process.kill()
    running.process.wait()


def _message(subject: str) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = (
        "der@utility.example",
        "ada@x.test",
        subject,
    )
    message.set_content("Grüße: your application was received.")
    return message


def test_sent_mail_is_a_file_and_a_line(sink: Sink) -> None:
    with smtplib.SMTP("127.0.0.1", sink.port, timeout=5) as connection:
        connection.send_message(_message("Application received"))

    (file,) = sink.folder.glob("*.eml")
    kept = message_from_bytes(file.read_bytes(), policy=policy.default)
    assert kept["Subject"] == "Application received"
    assert "Grüße" in kept.get_content()
    assert "mail to ada@x.test: Application received" in sink.line()


def test_address_cannot_lead_out_of_the_folder(sink: Sink) -> None:
    with smtplib.SMTP("127.0.0.1", sink.port, timeout=5) as connection:
        connection.sendmail("a@x.test", ['"../../../escaped"@x.test'], "Subject: x\r\n\r\nx")

    (file,) = sink.folder.glob("*.eml")
    assert "/" not in file.name
    assert not list(sink.folder.parent.parent.glob("*escaped*"))


def test_every_message_of_many_connections_is_kept(sink: Sink) -> None:
    for number in range(30):
        with smtplib.SMTP("127.0.0.1", sink.port, timeout=5) as connection:
            connection.send_message(_message(f"number {number}"))

    assert len(list(sink.folder.glob("*.eml"))) == 30


def test_sigterm_ends_it_at_once(sink: Sink) -> None:
    asked_at = time.monotonic()
    sink.process.terminate()

    assert sink.process.wait(5) == 0
    assert time.monotonic() - asked_at < 3
