"""A line that many units share: how a silent one is looked for without holding up the others."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol

# A unit in doubt gets so many round trips of the others, but each fourth time the usual wait.
ROUND_TRIPS, SHORTEST_S, PATIENT_EACH = 4.0, 0.25, 4
# The share of the line's time that looking for silent units may take.
PROBE_SHARE = 0.03


class Talks(Protocol):
    """What is known of talking to one unit."""

    device_id: int
    failures_in_row: int
    round_trip_s: float


@dataclass(slots=True)
class Doubt:
    """Who has not answered since the last time-out on a shared line, and when to look again.

    Times are the loop's. `probes_from` is when the next silent unit may be tried.
    """

    doubted: set[int] = field(default_factory=set)
    probes_from: float = 0.0

    def timed_out(self, unit: Talks, units: Iterable[int], now: float, took_s: float) -> None:
        """A request cost the others `took_s`: after it, nobody is sure until it has answered."""
        self.doubted = set(units)
        if unit.failures_in_row:
            self.probes_from = now + took_s / PROBE_SHARE

    def patience_s(self, unit: Talks, others: Iterable[Talks], longest_s: float) -> float:
        """How long to wait for a unit; 0 is the usual time-out."""
        failures = unit.failures_in_row
        if unit.device_id not in self.doubted or failures % PATIENT_EACH == PATIENT_EACH - 1:
            return 0.0
        slowest_s = max(
            (other.round_trip_s for other in others if not other.failures_in_row), default=0.0
        )
        if not slowest_s:
            return 0.0
        return min(max(SHORTEST_S, ROUND_TRIPS * slowest_s), longest_s)
