"""`manage.py demo` as a person uses it: start, look, stop, start again, and things going wrong."""

import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from derms import embedded
from tests.journeys.product import ROOT, Product, leftovers
from tests.ports import free_port

pytestmark = pytest.mark.processes
DEVICES = "24"


class DemoRun:
    """One run of the command."""

    def __init__(self, environment: Mapping[str, str], *options: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, ROOT / "manage.py", "demo", *options],
            env={**_without_given_servers(), **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.lines: list[str] = []

    def wait_for(self, beginning: str) -> str:
        assert self.process.stdout
        for line in self.process.stdout:
            self.lines.append(line.rstrip())
            if line.strip().startswith(beginning):
                return line.strip()
        raise AssertionError("\n".join(self.lines))

    def rest(self) -> str:
        return self.process.communicate(timeout=60)[0]


@pytest.fixture
def given(tmp_path: Path) -> Iterator[dict[str, str]]:
    """The environment of a demo of its own; whatever is left of it is an error."""
    state = tmp_path / "state"
    yield {"DERMS_VAR": str(state), "PORT": str(free_port())}
    left = leftovers(state)
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    assert left == {}


def test_start_stop_start_kill_and_reset(given: dict[str, str]) -> None:
    state = Path(given["DERMS_VAR"])
    first = DemoRun(given, "--devices", DEVICES)
    ready = first.wait_for("Ready in")
    assert f"http://localhost:{given['PORT']}/ - sign in as " in ready
    for role in ("Customer", "Customer service", "Engineer", "Operator", "Field technician"):
        assert f"({role})" in ready
    with urllib.request.urlopen(f"http://127.0.0.1:{given['PORT']}/health/ready") as answer:
        assert answer.status == 200

    asked_at = time.monotonic()
    first.process.send_signal(signal.SIGINT)
    said = first.rest()
    assert first.process.returncode == 0
    assert "Everything was stopped." in said
    assert time.monotonic() - asked_at < 10
    assert leftovers(state) == {}

    second = DemoRun(given)
    ready = second.wait_for("Ready in")
    assert float(re.findall(r"Ready in ([\d.]+) s", ready)[0]) < 15
    assert not any("Database tables" in line for line in second.lines), "that was done before"

    second.process.kill()
    second.process.wait()
    deadline = time.monotonic() + 15
    while leftovers(state):
        assert time.monotonic() < deadline, leftovers(state)
        time.sleep(0.1)

    third = DemoRun(given, "--reset", "--devices", DEVICES)
    assert third.wait_for("Removed") == f"Removed {state}"
    third.wait_for("PostgreSQL and Valkey")
    third.process.send_signal(signal.SIGINT)
    third.rest()
    assert third.process.returncode == 130, "it was not ready yet"


def test_second_demo_on_the_same_state_is_refused(product: Product) -> None:
    second = DemoRun({**product.environment, "DERMS_VAR": str(product.state)})

    said = second.rest()

    assert second.process.returncode == 2
    assert f"This already runs (process {_owner(product)})" in said
    assert "DERMS_VAR" in said


def test_taken_port_is_refused_with_a_way_out(product: Product, given: dict[str, str]) -> None:
    taken = product.url.rstrip("/").rpartition(":")[2]

    run = DemoRun(given | {"PORT": taken})
    said = run.rest()

    assert run.process.returncode == 2
    assert f"Port {taken} on 127.0.0.1 cannot be used: another program uses it." in said
    assert re.search(r"PORT=\d+ python3 manage.py demo", said)


def test_terminal_that_goes_away_stops_everything_in_order(given: dict[str, str]) -> None:
    run = DemoRun(given, "--devices", DEVICES)
    run.wait_for("PostgreSQL and Valkey")
    assert run.process.stdout
    run.process.stdout.close()

    run.process.send_signal(signal.SIGHUP)

    run.process.wait(30)
    embedded.StateLock(Path(given["DERMS_VAR"])).release()


def _without_given_servers() -> dict[str, str]:
    """The demo brings its own: that is what is tested here."""
    given = ("DATABASE_URL", "REDIS_URL")
    return {name: value for name, value in os.environ.items() if name not in given}


def _owner(product: Product) -> str:
    return (product.state / "lock").read_text().strip()
