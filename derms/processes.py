"""Child processes that never outlive us: the kernel ends them with us, a record finds orphans."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

PR_SET_PDEATHSIG = 1
# Loaded here because the code that runs between fork and exec must not load anything.
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


@dataclass(frozen=True)
class Child:
    """A process of ours, with the signal that asks it to end and the file it writes to."""

    name: str
    process: subprocess.Popen[bytes]
    stop_signal: signal.Signals
    log: Path

    def ended(self) -> int | None:
        return self.process.poll()


def spawn(
    name: str,
    arguments: Sequence[str | Path],
    *,
    state: Path,
    stop_signal: signal.Signals = signal.SIGTERM,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
    user: str | None = None,
) -> Child:
    """Start a child that logs to `state`/log/NAME.log and is recorded in `state`/run.

    Must be called from the main thread: the kernel counts the end of the calling thread as the
    end of the parent.
    """
    log = state / "log" / f"{name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    if log.exists():
        log.replace(log.with_name(f"{name}.previous.log"))
    with log.open("ab") as output:
        process = subprocess.Popen(
            [os.fspath(argument) for argument in arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment,
            cwd=folder or "/",
            user=user,
            start_new_session=True,  # the terminal's Ctrl-C reaches only us
            preexec_fn=_end_with_parent(stop_signal),  # noqa: PLW1509 - it only makes two system calls
        )
    child = Child(name, process, stop_signal, log)
    _record(child, state)
    return child


def stop(children: Sequence[Child], *, patience_s: float) -> list[str]:
    """End these children and all they started; return the names of those that had to be killed."""
    deadline = time.monotonic() + patience_s
    for child in children:
        if child.ended() is None:
            child.process.send_signal(child.stop_signal)
    killed = []
    for child in children:
        try:
            child.process.wait(max(0.05, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            killed.append(child.name)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.process.pid, signal.SIGKILL)
        child.process.wait()
    return killed


def stop_orphans(state: Path, *, patience_s: float = 10) -> list[str]:
    """Stop what an earlier run left behind, by its records; the caller holds the state's lock."""
    deadline = time.monotonic() + patience_s
    alive = {}
    for record in _records(state):
        number, stop_signal, born = record.read_text().split(maxsplit=2)
        pid = int(number)
        if birth_of(pid) == born.strip():
            alive[record.stem] = pid
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, int(stop_signal))
    for pid in alive.values():
        _await_end(pid, deadline)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)
    for record in _records(state):
        record.unlink(missing_ok=True)
    return list(alive)


class Guardian:
    """A fork of this process that outlives it to stop what is left when it was killed.

    The kernel tells only our children of our end, and asks them just once; this one sees to
    grandchildren and to those that do not listen.
    """

    def __init__(self, state: Path, *, patience_s: float) -> None:
        waiting, self._held = os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            try:
                os.close(self._held)
                self._keep_watch(waiting, state, patience_s)
            finally:
                os._exit(0)
        os.close(waiting)

    def dismiss(self) -> None:
        """Let it go, after everything was stopped in order."""
        os.kill(self._pid, signal.SIGKILL)
        os.close(self._held)
        os.waitpid(self._pid, 0)

    @staticmethod
    def _keep_watch(waiting: int, state: Path, patience_s: float) -> None:
        os.setsid()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        nowhere = os.open(os.devnull, os.O_RDWR)
        for stream in range(3):
            os.dup2(nowhere, stream)
        os.read(waiting, 1)  # returns when the other end closes with its process
        groups = [int(record.read_text().split()[0]) for record in _records(state)]
        stop_orphans(state, patience_s=patience_s)
        for group in groups:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(group, signal.SIGKILL)


def end(pid: int, stop_signal: signal.Signals, *, patience_s: float) -> None:
    """Stop a process that is not our child: ask, wait, then kill."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, stop_signal)
        _await_end(pid, time.monotonic() + patience_s)
        os.kill(pid, signal.SIGKILL)


def birth_of(pid: int) -> str | None:
    """Return what tells a process from a later one with its number, None when it is gone."""
    try:
        # The command's name may hold spaces and brackets: count from the last bracket.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None if sys.platform == "linux" else _birth_by_ps(pid)
    return None if fields[0] == "Z" else f"{_boot()}-{fields[19]}"


def command_line(pid: int) -> str:
    """Return the command line of a process, empty when it is gone."""
    try:
        return (
            Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        )
    except OSError:
        return "" if sys.platform == "linux" else _ps(pid, "args=")


def last_lines(log: Path, count: int) -> str:
    """Return the last lines of a log, empty when there is none."""
    try:
        with log.open("rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - 300 * count))
            return "\n".join(file.read().decode(errors="replace").splitlines()[-count:])
    except OSError:
        return ""


def _end_with_parent(stop_signal: signal.Signals) -> Callable[[], None]:
    parent = os.getpid()

    def in_child() -> None:
        if _LIBC is not None:
            _LIBC.prctl(PR_SET_PDEATHSIG, int(stop_signal))
        if os.getppid() != parent:
            os._exit(1)

    return in_child


def _record(child: Child, state: Path) -> None:
    record = state / "run" / f"{child.name}.pid"
    record.parent.mkdir(parents=True, exist_ok=True)
    attempt = record.with_suffix(".new")
    born = birth_of(child.process.pid)
    attempt.write_text(f"{child.process.pid} {int(child.stop_signal)} {born}\n")
    attempt.replace(record)


def _records(state: Path) -> list[Path]:
    return sorted((state / "run").glob("*.pid"))


def _await_end(pid: int, deadline: float) -> None:
    born = birth_of(pid)
    while born is not None and birth_of(pid) == born and time.monotonic() < deadline:
        time.sleep(0.02)


def _boot() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def _birth_by_ps(pid: int) -> str | None:
    return _ps(pid, "lstart=") or None


def _ps(pid: int, column: str) -> str:
    found = subprocess.run(
        ["ps", "-o", column, "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return found.stdout.strip()
