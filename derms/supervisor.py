"""Run a set of programs as one: started in order, watched, and all stopped when one ends."""

import contextlib
import os
import re
import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Self

from derms import embedded, processes, progress

POLL_S = 0.1
STOP_PATIENCE_S = 8.0
READY_PATIENCE_S = 120.0
_LOUD = re.compile(r"(?<!%)\b(WARNING|ERROR|CRITICAL)\b|^Traceback \(most recent call last\)")
_QUIET = re.compile(r"\b(DEBUG|INFO|NOTICE)\b")
_MOST_LINES = 20  # of one program on the terminal, in this many seconds
_LINES_PERIOD_S = 10.0


class StoppedError(Exception):
    """Somebody asked us to stop."""


class ProgramError(Exception):
    """A program failed; the message has the end of its log."""


@dataclass(frozen=True)
class Program:
    """One process that is to stay: what runs, and how to see that it is up."""

    name: str
    arguments: Sequence[str]
    is_ready: Callable[[], bool]
    environment: Mapping[str, str] = field(default_factory=dict)
    stops_last: bool = False  # others would notice its end


class Supervisor:
    """Owns the processes of one state folder. Use it as a context, in the main thread."""

    def __init__(self, state: Path, *, folder: Path, environment: Mapping[str, str]) -> None:
        self.state = state
        self.folder = folder
        self.environment = dict(environment)
        self.children: list[processes.Child] = []
        self._last: set[str] = set()
        self._services: embedded.Services | None = None
        self._guardian: processes.Guardian | None = None
        self._tails: list[LogTail] = []
        self._signals = 0

    def __enter__(self) -> Self:
        self._guardian = processes.Guardian(self.state, patience_s=STOP_PATIENCE_S / 2)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)
        return self

    def __exit__(self, *_: object) -> None:
        last = [child for child in self.children if child.name in self._last]
        first = [child for child in self.children if child.name not in self._last]
        killed = [
            name
            for group in (first, last)
            for name in processes.stop(group, patience_s=STOP_PATIENCE_S)
        ]
        self.children.clear()
        if self._services is not None:
            self._services.stop()
        if self._guardian is not None:
            self._guardian.dismiss()
        if killed:
            progress.note(f"Did not stop by themselves and were killed: {', '.join(killed)}.")

    def start_services(self) -> embedded.Services:
        """Start the embedded servers, which stop after everything else."""
        self._services = embedded.Services(self.state, while_waiting=self._stop_if_asked)
        self._services.start()
        self.check()
        return self._services

    def run(self, name: str, arguments: Sequence[str]) -> None:
        """Run a program to its end; raises ProgramError when it fails."""
        child = self._spawn(name, arguments)
        try:
            while child.ended() is None:
                self.check()
                time.sleep(POLL_S / 5)
        finally:
            processes.stop([child], patience_s=STOP_PATIENCE_S)
        if child.ended():
            raise ProgramError(_obituary(child))

    def start(self, *programs: Program) -> None:
        """Start these together; `wait_for` them when they must be ready."""
        for program in programs:
            child = self._spawn(program.name, program.arguments, program.environment)
            self.children.append(child)
            self._tails.append(LogTail(program.name, child.log))
            if program.stops_last:
                self._last.add(program.name)

    def wait_for(self, *programs: Program) -> None:
        deadline = time.monotonic() + READY_PATIENCE_S
        for program in programs:
            while not program.is_ready():
                self.check()
                if time.monotonic() > deadline:
                    raise ProgramError(
                        f"`{program.name}` is not ready after {READY_PATIENCE_S:.0f} s. "
                        f"The logs are in {self.state / 'log'}."
                    )
                time.sleep(POLL_S)

    def watch(self) -> None:
        """Stay until somebody asks to stop (StoppedError) or a program ends (ProgramError)."""
        while True:
            self.check()
            time.sleep(POLL_S)

    def check(self) -> None:
        """Show new warnings and errors; raise when it is time to stop."""
        for tail in self._tails:
            tail.show(time.monotonic())
        self._stop_if_asked()
        servers = self._services.children if self._services else []
        for child in (*self.children, *servers):
            if child.ended() is not None:
                raise ProgramError(_obituary(child))

    def has_logged(self, name: str, words: str) -> bool:
        log = self.state / "log" / f"{name}.log"
        return log.exists() and words in log.read_text(errors="replace")

    def _stop_if_asked(self) -> None:
        if self._signals:
            raise StoppedError

    def _spawn(
        self, name: str, arguments: Sequence[str], environment: Mapping[str, str] | None = None
    ) -> processes.Child:
        return processes.spawn(
            name,
            arguments,
            state=self.state,
            environment={**self.environment, **(environment or {})},
            folder=self.folder,
        )

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self._signals += 1
        if self._signals > 1:  # the second time somebody is in a hurry
            for child in self.children:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(child.process.pid, signal.SIGKILL)


class LogTail:
    """Prints a log's new warnings and errors, with what belongs to them, on the terminal."""

    def __init__(self, name: str, log: Path) -> None:
        self.name = name
        self.log = log
        self._offset = 0
        self._is_loud = False
        self._period_began_at = 0.0
        self._shown = 0

    def show(self, now_s: float) -> None:
        if now_s - self._period_began_at > _LINES_PERIOD_S:
            self._period_began_at, self._shown = now_s, 0
        for line in self.loud_lines():
            self._shown += 1
            if self._shown < _MOST_LINES:
                progress.note(f"{self.name}: {line}")
            elif self._shown == _MOST_LINES:
                progress.note(f"{self.name}: there is more in {self.log}")

    def loud_lines(self) -> Iterator[str]:
        """Yield what was added since the last call and is, or follows, a warning or an error."""
        for line in self._new_lines():
            if _LOUD.search(line):
                self._is_loud = True
            elif not line.strip() or _QUIET.search(line):
                self._is_loud = False
            if self._is_loud:
                yield line

    def _new_lines(self) -> list[str]:
        try:
            with self.log.open("rb") as file:
                file.seek(self._offset)
                added = file.read()
        except OSError:
            return []
        whole = added[: added.rfind(b"\n") + 1]
        self._offset += len(whole)
        return whole.decode(errors="replace").splitlines()


def _obituary(child: processes.Child) -> str:
    said = processes.last_lines(child.log, 20)
    status = child.ended()
    how = f"with status {status}" if status is not None and status >= 0 else f"by signal {status}"
    return f"`{child.name}` ended {how}. The end of {child.log}:\n{said}"
