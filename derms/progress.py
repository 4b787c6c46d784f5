"""What a person sees while the two commands set things up: one line a step, with its seconds."""

import contextlib
import os
import sys
import time
from collections.abc import Iterator
from typing import NoReturn

STARTED_AT = "DERMS_STARTED_AT"  # survives the change to the virtual environment's Python
_WIDTH = 46
_open_lines: list[str] = []  # the step that waits for its seconds


@contextlib.contextmanager
def step(name: str) -> Iterator[None]:
    """Print the step's name, do it, print how long it took."""
    began_at = time.monotonic()
    line = f"  {name} ".ljust(_WIDTH, ".")
    _write(line + " ")
    _open_lines.append(line)
    try:
        yield
    except BaseException:
        _close(line, "not done")
        raise
    _close(line, f"{time.monotonic() - began_at:4.1f} s")


def note(text: str) -> None:
    if _open_lines:
        _open_lines.clear()
        _write("\n")
    _write(f"  {text}\n")


def mark_start() -> None:
    if _marked_start() is None:
        os.environ[STARTED_AT] = f"{os.getpid()} {time.time()}"


def seconds_since_start() -> float:
    return time.time() - (_marked_start() or time.time())


def _marked_start() -> float | None:
    """Return when this process began, unless the mark was inherited from another one."""
    process, _, began_at = os.environ.get(STARTED_AT, "").partition(" ")
    return float(began_at) if process == str(os.getpid()) else None


def fail(message: str, status: int = 1) -> NoReturn:
    """Say what went wrong and what to do, and end."""
    _write(f"\n{message}\n", to_errors=True)
    raise SystemExit(status)


def _close(line: str, result: str) -> None:
    if _open_lines:
        _open_lines.clear()
        _write(f"{result}\n")
    else:  # something was said meanwhile
        _write(f"{line} {result}\n")


def _write(text: str, *, to_errors: bool = False) -> None:
    """Write at once; a terminal that is gone must not keep us from stopping in order."""
    with contextlib.suppress(OSError):
        print(text, end="", flush=True, file=sys.stderr if to_errors else sys.stdout)
