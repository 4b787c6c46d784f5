"""What a person sees while the two commands set things up: one line a step, with its seconds."""

import contextlib
import os
import sys
import time
from collections.abc import Iterator

STARTED_AT = "DERMS_STARTED_AT"  # survives the change to the virtual environment's Python
_WIDTH = 44


@contextlib.contextmanager
def step(name: str) -> Iterator[None]:
    """Print the step's name, run it, print how long it took."""
    began_at = time.monotonic()
    print(f"  {name} ".ljust(_WIDTH, "."), end=" ", flush=True)
    try:
        yield
    except BaseException:
        print("not done", flush=True)
        raise
    print(f"{time.monotonic() - began_at:4.1f} s", flush=True)


def note(text: str) -> None:
    print(f"  {text}", flush=True)


def mark_start() -> None:
    os.environ.setdefault(STARTED_AT, str(time.time()))


def seconds_since_start() -> float:
    return time.time() - float(os.environ.get(STARTED_AT, time.time()))


def fail(message: str, status: int = 1) -> None:
    """Say what went wrong and what to do, and end."""
    print(f"\n{message}", file=sys.stderr, flush=True)
    raise SystemExit(status)
