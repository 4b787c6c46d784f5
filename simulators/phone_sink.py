"""A provider of text messages and calls for the demo: keeps each one, sends none on.

It takes the forms that Twilio documents, and tells the status callback what became of them, signed
with the account's token. A number that ends with 99 is never reached.
"""

import argparse
import base64
import hashlib
import hmac
import json
import re
import signal
import threading
import time
import urllib.request
import uuid
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, urlencode

from typing_extensions import override

HOST = "127.0.0.1"
KINDS = {"Messages": "SM", "Calls": "CA"}
UNREACHED = "99"


class Sink(ThreadingHTTPServer):
    """Where messages and calls are kept, and who may hand them over."""

    daemon_threads = True

    def __init__(self, port: int, folder: Path, account: str, token: str) -> None:
        super().__init__((HOST, port), Taker)
        self.folder, self.account, self.token = folder, account, token

    def keep(self, kind: str, form: dict[str, str]) -> str:
        sid = KINDS[kind] + uuid.uuid4().hex
        moment = datetime.now(UTC)
        number = re.sub(r"[^0-9+]", "", form.get("To", ""))[:20]
        name = f"{moment:%Y%m%dT%H%M%S.%f}Z-{kind.lower()}-{number}.json"
        attempt = self.folder / f".{name}"
        attempt.write_text(json.dumps({"sid": sid, "kind": kind, **form}, indent=1) + "\n")
        attempt.replace(self.folder / name)
        print(f"{moment:%H:%M:%S} INFO {kind.lower()} to {number} -> {name}", flush=True)
        return sid

    def tell(self, kind: str, sid: str, form: dict[str, str]) -> None:
        """As a provider does, a moment later and in another connection."""
        time.sleep(0.3)
        is_reached = not form.get("To", "").endswith(UNREACHED)
        said = {"AccountSid": self.account, "To": form["To"], "From": form.get("From", "")}
        if kind == "Messages":
            said |= {
                "MessageSid": sid,
                "MessageStatus": "delivered" if is_reached else "undelivered",
            }
        else:
            said |= {"CallSid": sid, "CallStatus": "completed" if is_reached else "no-answer"}
        if kind == "Messages" and not is_reached:
            said["ErrorCode"] = "30003"
        url = form["StatusCallback"]
        signed = url + "".join(f"{name}{said[name]}" for name in sorted(said))
        digest = hmac.new(self.token.encode(), signed.encode(), hashlib.sha1).digest()
        request = urllib.request.Request(  # noqa: S310  the demo's own address
            url,
            data=urlencode(said).encode(),
            headers={"X-Twilio-Signature": base64.b64encode(digest).decode()},
        )
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            direct.open(request, timeout=5).close()
        except OSError as error:
            print(f"WARNING callback of {sid} failed: {error}", flush=True)


class Taker(BaseHTTPRequestHandler):
    """One request to hand something over."""

    server: Sink

    def do_POST(self) -> None:
        body = self.rfile.read(min(int(self.headers.get("Content-Length") or 0), 65_536))
        sink = self.server
        found = re.fullmatch(r"/2010-04-01/Accounts/([^/]+)/(Messages|Calls)\.json", self.path)
        login = base64.b64encode(f"{sink.account}:{sink.token}".encode()).decode()
        if found is None:
            return self._answer(404, {"code": 20404, "message": "There is nothing here."})
        if self.headers.get("Authorization") != f"Basic {login}" or found[1] != sink.account:
            return self._answer(401, {"code": 20003, "message": "Authenticate"})
        form = dict(parse_qsl(body.decode(errors="replace")))
        if not re.fullmatch(r"\+[0-9]{6,15}", form.get("To", "")):
            return self._answer(400, {"code": 21211, "message": "Invalid 'To' phone number."})
        sid = sink.keep(found[2], form)
        if form.get("StatusCallback"):
            threading.Thread(target=sink.tell, args=(found[2], sid, form), daemon=True).start()
        return self._answer(201, {"sid": sid, "status": "queued", "to": form["To"]})

    def _answer(self, status: int, facts: dict[str, object]) -> None:
        content = json.dumps(facts).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Kept ones are told by the sink; the rest is nobody's interest."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m simulators.phone_sink", description=__doc__)
    parser.add_argument("--port", type=int, required=True, help="TCP port on 127.0.0.1")
    parser.add_argument("--out", type=Path, required=True, help="folder for what was handed over")
    parser.add_argument("--account", required=True)
    parser.add_argument("--token", required=True)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    sink = Sink(options.port, options.out, options.account, options.token)
    threading.Thread(target=sink.serve_forever, daemon=True).start()
    print(f"INFO phone sink ready on {HOST}:{sink.server_port}", flush=True)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    stop.wait()
    sink.shutdown()


if __name__ == "__main__":
    main()
