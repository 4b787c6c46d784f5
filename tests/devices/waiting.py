"""Waiting for what processes do."""

import time
from collections.abc import Callable
from typing import Any

PATIENCE_S = 60.0


def wait_until(is_so: Callable[[], Any], what: str, *, patience_s: float = PATIENCE_S) -> Any:
    """Wait for a true answer and return it."""
    deadline = time.monotonic() + patience_s
    while True:
        answer = is_so()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {patience_s:g} s: {what}")
        time.sleep(0.03)
