"""A mail server for the demo: takes each message over SMTP and keeps it, sends none on."""

import argparse
import re
import signal
import threading
from datetime import UTC, datetime
from email import message_from_bytes, policy
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

HOST = "127.0.0.1"


class Keeper:
    """Writes each message as one .eml file, whole or not at all, and says so in one line."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._received = 0

    async def handle_DATA(  # noqa: N802 - the name that aiosmtpd calls
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        content = envelope.original_content or b""
        self._received += 1
        moment = datetime.now(UTC)
        recipients = ", ".join(envelope.rcpt_tos)
        safe = re.sub(r"[^A-Za-z0-9@.+-]", "_", envelope.rcpt_tos[0])[:80]
        name = f"{moment:%Y%m%dT%H%M%S.%f}Z-{self._received:04d}-{safe}.eml"
        attempt = self.folder / f".{name}"
        attempt.write_bytes(content)
        attempt.replace(self.folder / name)
        subject = message_from_bytes(content, policy=policy.default)["subject"] or "(no subject)"
        print(f"{moment:%H:%M:%S} INFO mail to {recipients}: {subject} -> {name}", flush=True)
        return "250 OK kept"


def serve(*, port: int, folder: Path) -> None:
    """Receive mail until SIGTERM or SIGINT."""
    folder.mkdir(parents=True, exist_ok=True)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    controller = Controller(Keeper(folder), hostname=HOST, port=port)
    controller.start()
    print(f"INFO mail sink ready on {HOST}:{controller.port}, keeps mail in {folder}", flush=True)
    stop.wait()
    controller.stop()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m simulators.mail_sink", description=__doc__)
    parser.add_argument("--port", type=int, required=True, help="TCP port on 127.0.0.1")
    parser.add_argument("--out", type=Path, required=True, help="folder for the received mail")
    options = parser.parse_args()
    serve(port=options.port, folder=options.out)


if __name__ == "__main__":
    main()
