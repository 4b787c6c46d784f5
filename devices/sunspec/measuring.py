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


def counted(count: Value, power: Value) -> float | None:
    """A counter at 0 counts only if the device gives its power: else it gives nothing at all."""
    return count if count or power is not None else None


@dataclass(slots=True)
class Counters:
    """Whether one device's counters ever counted.

    After a restart or an update some give zero until they have their count again: taken for a
    value, the step back to the true count would be energy that never flowed.
    """

    has_injected: bool = False
    has_absorbed: bool = False

    def checked(self, measurement: Measurement) -> Measurement:
        """The measurement without counters that have fallen to exactly zero."""
        injected, absorbed = measurement.energy_injected_wh, measurement.energy_absorbed_wh
        if injected:
            self.has_injected = True
        elif injected == 0 and self.has_injected:
            measurement = measurement._replace(energy_injected_wh=None)
        if absorbed:
            self.has_absorbed = True
        elif absorbed == 0 and self.has_absorbed:
            measurement = measurement._replace(energy_absorbed_wh=None)
        return measurement


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
