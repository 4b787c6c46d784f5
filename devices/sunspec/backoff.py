"""When a silent device may be tried again: jittered back-off and a circuit breaker."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

FIRST_S = 1.0
CEILING_S = 300.0
TIMEOUTS_TO_OPEN = 3


class Circuit(StrEnum):
    """Whether requests go through (closed), none do (open), or one probe is under way."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


class Backoff:
    """One device's or endpoint's patience; times are seconds on the caller's monotonic clock.

    Only a good reply resets it: a device that accepts connections and never answers is not well.
    `random` gives numbers in [0, 1): pass a seeded source where runs must repeat.
    """

    __slots__ = ("_ceiling_s", "_first_s", "_random", "circuit", "failures", "retry_at", "timeouts")

    def __init__(
        self,
        *,
        random: Callable[[], float],
        first_s: float = FIRST_S,
        ceiling_s: float = CEILING_S,
    ) -> None:
        self._random = random
        self._first_s = first_s
        self._ceiling_s = ceiling_s
        self.circuit = Circuit.CLOSED
        self.failures = 0
        self.timeouts = 0
        self.retry_at = 0.0

    def may_try(self, at: float) -> bool:
        """Tell whether to try now; with an open circuit the first yes is the one probe."""
        if at < self.retry_at or self.circuit is Circuit.HALF_OPEN:
            return False
        if self.circuit is Circuit.OPEN:
            self.circuit = Circuit.HALF_OPEN
        return True

    def probe_now(self) -> None:
        """Let a command ask at once, without waiting for the back-off to end."""
        self.retry_at = 0.0
        if self.circuit is Circuit.HALF_OPEN:
            self.circuit = Circuit.OPEN

    def failed(self, at: float, *, timed_out: bool) -> None:
        """Note a failure; the wait is anywhere up to a limit that doubles each time."""
        limit_s = min(self._ceiling_s, self._first_s * 2.0 ** min(self.failures, 20))
        self.failures += 1
        self.timeouts = self.timeouts + 1 if timed_out else 0
        # Full jitter, but never at once: a tenth keeps a refusing device from spinning.
        self.retry_at = at + limit_s * (0.1 + 0.9 * self._random())
        if self.circuit is Circuit.HALF_OPEN or self.timeouts >= TIMEOUTS_TO_OPEN:
            self.circuit = Circuit.OPEN

    def replied(self) -> None:
        """Note a good reply: the device is back."""
        self.circuit = Circuit.CLOSED
        self.failures = 0
        self.timeouts = 0
        self.retry_at = 0.0
