"""Orphans of an earlier run are found by their records, and strangers are left alone."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from derms import processes

SLEEP = [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(600)"]
DEAF = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
    "print('up', flush=True); time.sleep(600)",
]
# A run with one child, and the record of an ended one whose number a stranger has by now.
GUARDED = """
import sys, time
from pathlib import Path
from derms import processes
state = Path(sys.argv[1])
processes.Guardian(state, patience_s=0.3)
child = processes.spawn("own", ["sleep", "600"], state=state)
record = (state / "run" / "own.pid").read_text()
ended = record.replace(str(child.process.pid), sys.argv[2], 1).rpartition(" ")[0] + " long-ago"
(state / "run" / "ended-own.pid").write_text(ended)
print("up", flush=True)
time.sleep(600)
"""


@pytest.fixture
def orphan(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process recorded by a run that is gone."""
    started = _started(DEAF)
    _write_record(tmp_path, started.pid, processes.birth_of(started.pid) or "")
    yield started
    started.kill()
    started.wait()


def test_orphan_that_does_not_listen_is_killed(
    tmp_path: Path, orphan: subprocess.Popen[bytes]
) -> None:
    stopped = processes.stop_orphans(tmp_path, patience_s=0.3)

    assert stopped == ["web"]
    assert orphan.wait(2) == -signal.SIGKILL
    assert list((tmp_path / "run").iterdir()) == []


def test_stranger_with_the_number_of_an_orphan_is_left_alone(
    tmp_path: Path, orphan: subprocess.Popen[bytes]
) -> None:
    _write_record(tmp_path, orphan.pid, "another-boot-12345")

    stopped = processes.stop_orphans(tmp_path, patience_s=0.3)

    assert stopped == []
    assert orphan.poll() is None
    assert list((tmp_path / "run").iterdir()) == []


def test_guardian_ends_its_own_and_leaves_strangers_and_the_next_run_alone(
    tmp_path: Path,
) -> None:
    # Each leads a group of its own, as `timeout` and every job of a shell does.
    stranger, of_next_run = _started(DEAF), _started(DEAF)
    supervisor = _started([sys.executable, "-c", GUARDED, str(tmp_path), str(stranger.pid)])
    own_pid = int((tmp_path / "run" / "own.pid").read_text().split()[0])
    born = processes.birth_of(of_next_run.pid) or ""
    _write_record(tmp_path, of_next_run.pid, born, run="next-run")

    supervisor.kill()
    supervisor.wait()

    deadline = time.monotonic() + 5
    while processes.birth_of(own_pid) or list((tmp_path / "run").glob("*own.pid")):
        assert time.monotonic() < deadline, "the guardian has not done its work"
        time.sleep(0.02)
    time.sleep(0.3)
    assert [stranger.poll(), of_next_run.poll()] == [None, None]
    assert (tmp_path / "run" / "web.pid").exists()
    for process in (stranger, of_next_run):
        process.kill()
        process.wait()


def test_descendant_of_an_orphan_is_found_by_what_it_inherited(tmp_path: Path) -> None:
    grandchild = _started(SLEEP, {processes.MARK: f"{tmp_path} earlier-run"})
    stranger = _started(SLEEP, {processes.MARK: f"{tmp_path}-2 earlier-run"})

    processes.stop_orphans(tmp_path, patience_s=0.3)

    assert grandchild.wait(2) == -signal.SIGKILL
    assert stranger.poll() is None
    stranger.kill()
    stranger.wait()


def test_stop_ends_the_children_of_a_child(tmp_path: Path) -> None:
    code = f"import subprocess; print(subprocess.Popen({SLEEP!r}).pid, flush=True); {SLEEP[2]}"
    child = processes.spawn("parent", [sys.executable, "-c", code], state=tmp_path)
    while "up" not in child.log.read_text() or child.log.read_text().count("\n") < 3:
        time.sleep(0.02)
    grandchild = next(int(word) for word in child.log.read_text().split() if word.isdigit())

    killed = processes.stop([child], patience_s=5)

    assert killed == []
    deadline = time.monotonic() + 2
    while processes.birth_of(grandchild):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_stop_names_those_it_had_to_kill(tmp_path: Path) -> None:
    deaf = processes.spawn("deaf", DEAF, state=tmp_path)
    listening = processes.spawn("listening", SLEEP, state=tmp_path)
    while not (deaf.log.read_text() and listening.log.read_text()):
        time.sleep(0.02)

    assert processes.stop([deaf, listening], patience_s=0.3) == ["deaf"]


def test_last_run_keeps_its_log_when_the_next_begins(tmp_path: Path) -> None:
    for word in ("first", "second"):
        child = processes.spawn("web", [sys.executable, "-c", f"print('{word}')"], state=tmp_path)
        child.process.wait(10)

    assert (tmp_path / "log" / "web.log").read_text() == "second\n"
    assert (tmp_path / "log" / "web.previous.log").read_text() == "first\n"


def test_last_lines_of_a_log(tmp_path: Path) -> None:
    log = tmp_path / "x.log"
    log.write_text("".join(f"line {number}\n" for number in range(1000)))

    assert processes.last_lines(log, 2) == "line 998\nline 999"
    assert processes.last_lines(tmp_path / "none.log", 2) == ""


def test_birth_tells_a_living_process_from_a_gone_one() -> None:
    sleeper = _started(SLEEP)
    born = processes.birth_of(sleeper.pid)
    sleeper.kill()
    sleeper.wait()

    assert born
    assert processes.birth_of(sleeper.pid) is None
    assert processes.birth_of(os.getpid()) == processes.birth_of(os.getpid())


def _started(
    command: list[str], environment: dict[str, str] | None = None
) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        start_new_session=True,
        env={**os.environ, **(environment or {})},
    )
    assert process.stdout
    assert process.stdout.readline() == b"up\n"
    return process


def _write_record(state: Path, pid: int, born: str, *, run: str = "earlier-run") -> None:
    (state / "run").mkdir(exist_ok=True)
    (state / "run" / "web.pid").write_text(f"{pid} {int(signal.SIGTERM)} {run} {born}\n")
