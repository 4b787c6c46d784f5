"""From decoded points to one measurement: states, signs and quality, for every kind of model."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from devices.capabilities import Measurement, OperatingState, Quality
from devices.sunspec.codec import ScaleFault, Value

QUIET = frozenset({OperatingState.OFF, OperatingState.SLEEPING})
LINE_TO_NEUTRAL = 1.0 / math.sqrt(3.0)
# SunSpec: the highest bit of a bitfield says that none of the others means anything.
BITFIELD_INVALID = 0x80000000
LARGEST_POWER_W = 1e10


@dataclass(frozen=True, slots=True)
class Reader:
    """How one kind of model becomes a measurement."""

    models: tuple[int, ...]
    wanted: tuple[str, ...]
    to_measurement: Callable[
        [tuple[Value, ...], tuple[ScaleFault, ...], datetime, float | None], Measurement
    ]


def bits(raw: Value) -> int:
    if raw is None or int(raw) & BITFIELD_INVALID:
        return 0
    return int(raw)


def mean(*values: Value) -> float | None:
    given = [value for value in values if value]
    return sum(given) / len(given) if given else None


def grade(
    power: Value, faults: tuple[ScaleFault, ...], state: OperatingState
) -> tuple[float | None, Quality, str]:
    """Active power with the quality of the whole reading and the reason for it."""
    if power is not None and abs(power) > LARGEST_POWER_W:
        return None, Quality.BAD, f"gives {power:.3g} W, more than any device has"
    if power is not None and not faults:
        return power, Quality.GOOD, ""
    words = "; ".join(fault.words() for fault in faults)
    if any(fault.out_of_range for fault in faults):
        return power, Quality.BAD, words
    if power is not None:
        return power, Quality.GOOD, words
    if state in QUIET and not faults:
        return 0.0, Quality.SUBSTITUTED, f"{state}: gives no power, taken as 0 W"
    return None, Quality.BAD, words or "gives no active power"
