"""The demo's provider takes what the product hands over, and tells what became of it (CS-9)."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.parse import parse_qsl

import pytest
from typing_extensions import override

from customers.channels import phone
from customers.channels.mail import Verdict
from customers.services.phoning import hand_over
from tests.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.processes


class Callbacks(HTTPServer):
    """Where the provider tells what became of a message."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Listener)
        self.told: list[tuple[str, dict[str, str]]] = []


class Listener(BaseHTTPRequestHandler):
    """One callback."""

    server: Callbacks

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.told.append((self.headers["X-Twilio-Signature"], dict(parse_qsl(body))))
        self.send_response(204)
        self.end_headers()

    @override
    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def provider(tmp_path: Path) -> Iterator[phone.Provider]:
    port = free_port()
    login = ("--account", "AC7", "--token", "secret")
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "simulators.phone_sink", "--port", str(port)),
            *("--out", tmp_path / "phone", *login),
        ],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    assert "ready" in process.stdout.readline()
    url = f"http://127.0.0.1:{port}"
    yield phone.Provider(url=url, account="AC7", token="secret", sender="+15550100")  # noqa: S106  of tests only
    process.kill()
    process.wait()


def ask(provider: phone.Provider, *, to: str, callback: str, channel: str = "text") -> phone.Post:
    text = ("We have it", "Thank you.")
    return phone.build(provider, channel=channel, to=to, text=text, name="Ada", callback=callback)


@pytest.mark.parametrize(
    ("channel", "to", "is_delivered"),
    [("text", "+1 555 0101", True), ("text", "+1 555 0199", False), ("telephone", "+155501", True)],
)
def test_what_is_handed_over_is_kept_and_told_with_a_signature(
    provider: phone.Provider, tmp_path: Path, channel: str, to: str, is_delivered: bool
) -> None:
    callbacks = Callbacks()
    thread = threading.Thread(target=callbacks.handle_request)
    thread.start()
    url = f"http://127.0.0.1:{callbacks.server_port}/api/v1/notices/7/delivery"

    taken = hand_over(ask(provider, to=to, callback=url, channel=channel), attempts=1)
    thread.join(timeout=20)
    callbacks.server_close()

    assert isinstance(taken, phone.Taken)
    ((given, form),) = callbacks.told
    assert phone.is_signed(provider, url=url, form=form.items(), given=given)
    assert phone.read_callback(form).is_delivered is is_delivered
    (kept,) = (tmp_path / "phone").glob("*.json")
    assert json.loads(kept.read_text())["sid"] == taken.provider_id


def test_strangers_and_nonsense_are_refused(provider: phone.Provider) -> None:
    stranger = phone.Provider(url=provider.url, account="AC7", token="guessed", sender="+1")  # noqa: S106

    refused = hand_over(ask(stranger, to="+1 555 0101", callback=""), attempts=1)
    wrong = hand_over(ask(provider, to="0101", callback=""), attempts=1)

    assert isinstance(refused, Verdict)
    assert isinstance(wrong, Verdict)
    assert "401" in refused.words
    assert "400: Invalid 'To'" in wrong.words
