"""What a run is asked for."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Options:
    """Sizes, latencies, and how long and often each variant is measured."""

    devices: list[int]
    latencies_ms: list[int]
    seconds: float
    rounds: int
    is_quick: bool = False
