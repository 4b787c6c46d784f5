"""Running a power-flow task in a process of its own, with limits (IC-4).

The engine's library crashes on some inputs and keeps state between circuits, so nothing of ours
loads it: a study is a spawned program that answers and ends. Four ends are told apart, and none of
them is a pass: refused, engine error, out of time or memory, cancelled.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
MEMORY_BYTES = 4 * 1024**3
LOOK_S = 0.05
LAST_WORDS = 500


class Ending(StrEnum):
    """How a task ended without an answer."""

    REFUSED = "refused"
    ENGINE_ERROR = "engine_error"
    TIMED_OUT = "timed_out"
    OUT_OF_MEMORY = "out_of_memory"
    CANCELLED = "cancelled"


class TaskFailed(RuntimeError):
    """There is no answer; `ending` says which way, the message in words."""

    def __init__(self, message: str, ending: Ending) -> None:
        super().__init__(message)
        self.ending = ending


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one task may use."""

    seconds: float = 600.0
    memory_bytes: int = MEMORY_BYTES


def run_task(
    name: str,
    payload: Mapping[str, Any],
    *,
    bounds: Bounds = Bounds(),
    progress: Callable[[float, str], None] = lambda _share, _words: None,
    is_cancelled: Callable[[], bool] = lambda: False,
) -> Any:
    """The task's answer as plain data; raises TaskFailed.

    `is_cancelled` is asked about twenty times a second and may look into a database.
    """
    with tempfile.TemporaryDirectory(prefix="derms-study-") as folder:
        process = subprocess.Popen(
            [sys.executable, "-m", "interconnection.powerflow.runner"],
            cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env={"PATH": os.environ.get("PATH", ""), "PYTHONPATH": str(ROOT), "HOME": folder,
                 "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
            start_new_session=True,
        )  # fmt: skip
        try:
            return _Conversation(process, bounds, progress, is_cancelled).hold(name, payload)
        finally:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            for stream in (process.stdin, process.stdout, process.stderr):
                if stream is not None:
                    stream.close()


class _Conversation:
    """One task's lines, read on a thread of their own so that the clock is always watched."""

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        bounds: Bounds,
        progress: Callable[[float, str], None],
        is_cancelled: Callable[[], bool],
    ) -> None:
        self._process = process
        self._bounds = bounds
        self._progress = progress
        self._is_cancelled = is_cancelled
        self._answer: dict[str, Any] | None = None
        self._news: list[tuple[float, str]] = []
        self._errors = b""

    def hold(self, name: str, payload: Mapping[str, Any]) -> Any:
        task = {"name": name, "payload": payload, "memory_bytes": self._bounds.memory_bytes}
        threads = [
            threading.Thread(target=target, args=args, daemon=True)
            for target, args in (
                (self._send, (json.dumps(task).encode(),)),
                (self._listen, ()),
                (self._keep_errors, ()),
            )
        ]
        for thread in threads:
            thread.start()
        deadline = time.monotonic() + self._bounds.seconds
        while threads[1].is_alive():
            threads[1].join(LOOK_S)
            self._tell()
            if self._is_cancelled():
                raise TaskFailed("Cancelled.", Ending.CANCELLED)
            if time.monotonic() > deadline:
                words = f"Not ready after {self._bounds.seconds:g} s."
                raise TaskFailed(words, Ending.TIMED_OUT)
        return self._result()

    def _tell(self) -> None:
        news, self._news = self._news, []
        if news:
            self._progress(*news[-1])

    def _send(self, task: bytes) -> None:
        if self._process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.write(task)
                self._process.stdin.close()

    def _listen(self) -> None:
        for line in self._process.stdout or ():
            with contextlib.suppress(ValueError):
                said = json.loads(line)
                if "progress" in said:
                    self._news.append((float(said["progress"]), str(said["words"])))
                else:
                    self._answer = said

    def _keep_errors(self) -> None:
        for line in self._process.stderr or ():
            self._errors = (self._errors + line)[-LAST_WORDS * 4 :]

    def _result(self) -> Any:
        status = self._process.wait()
        if self._answer is None:
            raise self._crash(status)
        if "fault" in self._answer:
            raise TaskFailed(str(self._answer["fault"]), Ending(self._answer["kind"]))
        return self._answer["result"]

    def _crash(self, status: int) -> TaskFailed:
        said = self._errors.decode(errors="replace").strip()[-LAST_WORDS:]
        if "MemoryError" in said or "std::bad_alloc" in said or "ArrayMemoryError" in said:
            return TaskFailed("It needs more memory than a study is given.", Ending.OUT_OF_MEMORY)
        if status < 0:
            name = signal.Signals(-status).name
            return TaskFailed(f"The engine crashed ({name}).", Ending.ENGINE_ERROR)
        return TaskFailed(f"The engine ended with status {status}: {said}", Ending.ENGINE_ERROR)
