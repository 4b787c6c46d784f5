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
# How long a killed process may take to go: one that hangs in the kernel must not hang us.
KILL_PATIENCE_S = 5.0
# Every descendant of a child inherits it: numbers of processes are used again, this is not.
MARK = "DERMS_CHILD_OF"
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
        """Return its status once it has ended; its number stays its own until it is stopped."""
        if self.process.returncode is not None or not hasattr(os, "waitid"):
            return self.process.poll()
        options = os.WEXITED | os.WNOHANG | os.WNOWAIT
        end = os.waitid(os.P_PID, self.process.pid, options)
        if end is None:
            return None
        return end.si_status if end.si_code == os.CLD_EXITED else -end.si_status


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
            env={
                **(os.environ if environment is None else environment),
                MARK: f"{state.resolve()} {_this_run()}",
            },
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
        while child.ended() is None and time.monotonic() < deadline:
            time.sleep(0.01)
        if child.ended() is None:
            killed.append(child.name)
        if child.process.returncode is None:  # not yet reaped: the group is certainly its own
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(child.process.pid, signal.SIGKILL)
        child.process.wait()
    return killed


def stop_orphans(state: Path, *, patience_s: float = 10, run: str = "") -> list[str]:
    """Stop what a run left behind; return the names of what still ran.

    Without a run the caller holds the state's lock, so whatever is there is of earlier ones.
    """
    deadline = time.monotonic() + patience_s
    alive = {}
    looked_at = {}
    for record in _records(state):
        said = record.read_text()
        # Cut off by a full disk, or of an older release: the marks below still find its processes.
        number, stop_signal, owner, born = (said.split(maxsplit=3) + [""] * 4)[:4]
        if born and run not in {"", owner}:
            continue
        looked_at[record] = said
        if born and birth_of(int(number)) == born.strip():
            alive[record.stem] = int(number)
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(number), int(stop_signal))
    for pid in alive.values():
        _await_end(pid, deadline)
    _kill_marked(f"{state.resolve()} {run}")
    for record, said in looked_at.items():
        # Only now, so that a run which begins meanwhile waits as well; its own records stay.
        with contextlib.suppress(FileNotFoundError):
            if record.read_text() == said:
                record.unlink()
    return list(alive)


class Guardian:
    """A fork of this process that outlives it to stop what is left when it was killed.

    The kernel tells only our children of our end, and asks them just once; this one sees to
    grandchildren and to those that do not listen.
    """

    def __init__(self, state: Path, *, patience_s: float) -> None:
        waiting, self._held = os.pipe()
        run = _this_run()
        self._pid = os.fork()
        if self._pid == 0:
            try:
                os.close(self._held)
                self._keep_watch(waiting)
                # Another run may begin meanwhile: only this one's processes are its business.
                stop_orphans(state, patience_s=patience_s, run=run)
            finally:
                os._exit(0)
        os.close(waiting)

    def dismiss(self) -> None:
        """Let it go, after everything was stopped in order."""
        os.kill(self._pid, signal.SIGKILL)
        os.close(self._held)
        os.waitpid(self._pid, 0)

    @staticmethod
    def _keep_watch(waiting: int) -> None:
        os.setsid()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        nowhere = os.open(os.devnull, os.O_RDWR)
        for stream in range(3):
            os.dup2(nowhere, stream)
        os.read(waiting, 1)  # returns when the other end closes with its process


def end(pid: int, stop_signal: signal.Signals, *, patience_s: float) -> None:
    """Stop a process that is not our child: ask, wait, then kill."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, stop_signal)
    _await_end(pid, time.monotonic() + patience_s)


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
    words = (child.process.pid, int(child.stop_signal), _this_run(), born)
    attempt.write_text(" ".join(str(word) for word in words) + "\n")
    attempt.replace(record)


def _records(state: Path) -> list[Path]:
    return sorted((state / "run").glob("*.pid"))


def _await_end(pid: int, deadline: float) -> None:
    """Wait until this very process is gone; kill it when it takes too long."""
    born = birth_of(pid)
    while born is not None and birth_of(pid) == born:
        if time.monotonic() > deadline + KILL_PATIENCE_S:
            return
        if time.monotonic() > deadline:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.02)


def _kill_marked(beginning: str) -> None:
    give_up_at = time.monotonic() + KILL_PATIENCE_S
    while (left := _marked(beginning)) and time.monotonic() < give_up_at:
        for pid in left:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.02)


def _this_run() -> str:
    """Return what tells the children of this process from those of another run."""
    return f"{os.getpid()}-{birth_of(os.getpid())}".replace(" ", "_")


def _marked(beginning: str) -> list[int]:
    """Return the descendants whose mark begins so, where the system tells (Linux)."""
    mark = f"{MARK}={beginning}".encode()
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            variables = (process / "environ").read_bytes().split(b"\0")
            if any(variable.startswith(mark) for variable in variables):
                found.append(int(process.name))
    return [pid for pid in found if pid != os.getpid() and birth_of(pid)]


def _boot() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def _birth_by_ps(pid: int) -> str | None:
    return _ps(pid, "lstart=") or None


def _ps(pid: int, column: str) -> str:
    found = subprocess.run(
        ["ps", "-o", column, "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return found.stdout.strip()
