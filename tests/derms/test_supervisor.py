"""Programs run as one: in order, watched, stopped together, and never left behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from derms.supervisor import LogTail
from tests.journeys.product import leftovers

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.processes


class Toy:
    """A toy supervisor and what it says."""

    def __init__(self, state: Path, scenario: str) -> None:
        self.state = state
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.derms.toy_supervisor", str(state), scenario],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            env={k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "REDIS_URL")}
            | {"DERMS_VAR": str(state)},
        )

    def wait_for_line(self, line: str) -> list[str]:
        assert self.process.stdout
        lines = []
        for said in self.process.stdout:
            lines.append(said.rstrip())
            if said.strip() == line:
                return lines
        raise AssertionError(f"no line {line!r} in {lines}")

    def rest(self) -> str:
        return self.process.communicate(timeout=30)[0]


StartToy = Callable[[str], Toy]


@pytest.fixture
def start_toy(tmp_path: Path, request: pytest.FixtureRequest) -> StartToy:
    def start(scenario: str) -> Toy:
        toy = Toy(tmp_path / "state", scenario)
        request.addfinalizer(toy.process.kill)
        return toy

    return start


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signal_stops_every_program_and_its_children(
    start_toy: StartToy, number: signal.Signals
) -> None:
    toy = start_toy("calm")
    toy.wait_for_line("ready")
    assert len(_children(toy)) == 4, "two programs, a grandchild, the guardian"

    asked_at = time.monotonic()
    toy.process.send_signal(number)
    said = toy.rest()

    assert time.monotonic() - asked_at < 5
    assert toy.process.returncode == 0
    assert said.strip() == "stopped"
    assert leftovers(toy.state) == {}


@pytest.mark.parametrize(("scenario", "fewest"), [("services", 6), ("calm", 3), ("stubborn", 1)])
def test_kill_of_the_supervisor_leaves_no_process(
    start_toy: StartToy, scenario: str, fewest: int
) -> None:
    toy = start_toy(scenario)
    toy.wait_for_line("ready")
    assert len(_children(toy)) >= fewest

    toy.process.kill()
    toy.process.wait()

    assert _gone_within(toy.state, 8)


def test_next_run_begins_at_once_after_a_kill(start_toy: StartToy) -> None:
    first = start_toy("services")
    first.wait_for_line("ready")
    first.process.kill()
    first.process.wait()

    second = start_toy("services")
    second.wait_for_line("ready")
    second.process.terminate()

    assert second.rest().strip() == "stopped"
    assert _gone_within(first.state, 8)


def test_crash_of_one_program_stops_all_and_shows_the_end_of_its_log(start_toy: StartToy) -> None:
    toy = start_toy("crash")

    said = toy.rest()

    assert toy.process.returncode == 1
    assert "crasher: WARNING it is getting warm" in said
    assert "`crasher` ended with status 1. The end of" in said
    assert said.rstrip().endswith("no oil")
    assert leftovers(toy.state) == {}


def test_stop_during_a_step_ends_the_step(start_toy: StartToy) -> None:
    toy = start_toy("long step")
    toy.wait_for_line("in the step")
    time.sleep(0.3)

    toy.process.send_signal(signal.SIGINT)
    said = toy.rest()

    assert toy.process.returncode == 0
    assert said.strip() == "stopped"
    assert leftovers(toy.state) == {}


def test_second_signal_kills_what_does_not_stop(start_toy: StartToy) -> None:
    toy = start_toy("stubborn")
    toy.wait_for_line("ready")

    asked_at = time.monotonic()
    toy.process.send_signal(signal.SIGINT)
    time.sleep(0.5)
    toy.process.send_signal(signal.SIGINT)
    toy.rest()

    assert time.monotonic() - asked_at < 4
    assert leftovers(toy.state) == {}


def test_only_warnings_errors_and_what_follows_them_reach_the_terminal(tmp_path: Path) -> None:
    log = tmp_path / "web.log"
    log.write_text(
        "INFO: started\n"
        "2026-11-22 12:00:00 ERROR devices it broke\n"
        "Traceback (most recent call last):\n"
        '  File "x.py", line 1\n'
        "ValueError: bad\n"
        "2026-11-22 12:00:01 INFO devices WARN\n"
        "a banner\n"
        "half a WARNING li"
    )
    tail = LogTail("web", log)

    first = list(tail.loud_lines())
    with log.open("a") as file:
        file.write("ne\n")
    second = list(tail.loud_lines())

    assert first == [
        "2026-11-22 12:00:00 ERROR devices it broke",
        "Traceback (most recent call last):",
        '  File "x.py", line 1',
        "ValueError: bad",
    ]
    assert second == ["half a WARNING line"]


def test_flood_of_warnings_is_cut_with_the_place_to_read_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "web.log"
    log.write_text("WARNING again\n" * 500)

    LogTail("web", log).show(now_s=100.0)

    shown = capsys.readouterr().out.splitlines()
    assert len(shown) == 20
    assert shown[-1] == f"  web: there is more in {log}"


def _children(toy: Toy) -> dict[int, str]:
    return {pid: line for pid, line in leftovers(toy.state).items() if pid != toy.process.pid}


def _gone_within(state: Path, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while leftovers(state):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True
