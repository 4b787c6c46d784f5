"""A study is a program of its own: it may crash, hang or grow, and we say which (IC-4)."""

import os
import signal
import subprocess
import sys
import threading

import psutil
import pytest

from derms.lib.wire import to_data
from interconnection.powerflow import ieee13
from interconnection.powerflow.child import ROOT, Bounds, Ending, TaskFailed, run_task
from interconnection.powerflow.facts import circuit_of

LONG = {
    "circuit": to_data(circuit_of(ieee13.feeder())),
    "moments": [to_data({"name": "Peak load", "load_share": 1.0, "generation_share": 1.0})],
    "load_shares": [0.5] * 2_000_000,
    "generation_shares": [0.0] * 2_000_000,
}
SNAPSHOT = {"circuit": LONG["circuit"], "load_share": 1.0}


def ending_of(name: str, payload: dict[str, object], **options: object) -> TaskFailed:
    with pytest.raises(TaskFailed) as failed:
        run_task(name, payload, **options)  # type: ignore[arg-type]
    return failed.value


def test_nothing_of_ours_loads_the_engine() -> None:
    code = (
        "import sys; from derms.celery import app; app.loader.import_default_modules(); "
        "sys.exit('dss' in sys.modules)"
    )

    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False)

    assert done.returncode == 0


def test_crash_of_the_engine_is_an_engine_error_and_the_next_task_is_answered() -> None:
    threading.Timer(1.5, _kill_child).start()

    failed = ending_of("study", LONG, bounds=Bounds(seconds=30))

    assert failed.ending is Ending.ENGINE_ERROR
    assert "SIGSEGV" in str(failed)
    assert run_task("snapshot", SNAPSHOT)["outcome"] == "solved"


def _kill_child() -> None:
    for child in runners():
        child.send_signal(signal.SIGSEGV)


def runners() -> list[psutil.Process]:
    name = "interconnection.powerflow.runner"
    return [c for c in psutil.Process(os.getpid()).children() if name in c.cmdline()]


def test_task_over_its_time_is_ended() -> None:
    failed = ending_of("study", LONG, bounds=Bounds(seconds=1.0))

    assert failed.ending is Ending.TIMED_OUT
    assert runners() == []


def test_task_over_its_memory_is_ended() -> None:
    failed = ending_of("study", LONG, bounds=Bounds(memory_bytes=300 * 1024**2))

    assert failed.ending is Ending.OUT_OF_MEMORY


def test_cancelled_task_ends_at_once_and_has_told_its_progress() -> None:
    heard: list[tuple[float, str]] = []

    failed = ending_of(
        "study",
        LONG,
        progress=lambda share, words: heard.append((share, words)),
        is_cancelled=lambda: any(words.startswith("Year") for _, words in heard),
    )

    assert failed.ending is Ending.CANCELLED
    assert heard[-1][1] == "Year without the DER"


def test_circuit_that_names_what_is_not_there_is_refused_in_words() -> None:
    circuit = circuit_of(ieee13.feeder())
    broken = to_data(circuit)
    broken["regulators"][0]["transformer"] = "T-9"

    failed = ending_of("snapshot", {"circuit": broken, "load_share": 1.0})

    assert failed.ending is Ending.REFUSED
    assert "names the transformer T-9, which is not there" in str(failed)


def test_the_same_task_gives_the_same_figures_to_the_digit() -> None:
    assert run_task("snapshot", SNAPSHOT) == run_task("snapshot", SNAPSHOT)
