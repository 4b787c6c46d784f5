"""What may differ between makers under one and the same information model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from devices.capabilities import Identity

WRITE_ONE = 6
WRITE_MANY = 16


@dataclass(frozen=True, slots=True)
class Quirks:
    """How one maker's devices want to be treated; the defaults are SunSpec's.

    `min_gap_s`: pause between a reply and the next request.
    `single_write_function`: 6 as SunSpec's device information model demands, or 16.
    `toggle_enable`: a new set-point is ignored until its enable register goes 1, 0, 1.
    `meter_positive_is_export`: the meter counts export as positive, against SunSpec.
    `longest_read`: fewer registers in one request than the protocol's 125.
    `adoption_patience_s`: how long it may take to check and take over a curve.
    """

    name: str
    min_gap_s: float = 0.0
    single_write_function: int = WRITE_ONE
    toggle_enable: bool = False
    meter_positive_is_export: bool = False
    longest_read: int = 125
    adoption_patience_s: float = 10.0


@dataclass(frozen=True, slots=True)
class Maker:
    """One maker's file: whom it is for, and what holds for them."""

    matches: Callable[[Identity], bool]
    quirks: Quirks
