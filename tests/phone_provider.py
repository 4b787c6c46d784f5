"""A provider of text messages and calls of our own, for tests that send by HTTP."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qsl

import pytest
from pytest_django.fixtures import Settings
from typing_extensions import override


class Provider(HTTPServer):
    """Takes every form, answers as told."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Taker)
        self.forms: list[tuple[str, str, dict[str, str]]] = []
        self.answer: tuple[int, bytes] | None = (201, b'{"sid": "SM1", "status": "queued"}')


class Taker(BaseHTTPRequestHandler):
    """One form."""

    server: Provider

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        form = dict(parse_qsl(body))
        self.server.forms.append((self.path, self.headers["Authorization"], form))
        if self.server.answer is None:
            self.close_connection = True
            self.connection.close()
            return
        status, content = self.server.answer
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    @override
    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def provider(settings: Settings) -> Iterator[Provider]:
    running = Provider()
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    settings.PHONE_URL = f"http://127.0.0.1:{running.server_port}"
    settings.PHONE_ACCOUNT, settings.PHONE_TOKEN = "AC7", "secret"
    settings.PHONE_SENDER, settings.SITE_URL = "+15550100", "https://der.example"
    yield running
    running.shutdown()
    thread.join()
    running.server_close()
