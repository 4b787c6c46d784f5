"""What settlement is told of one member: counters, samples, the order it was given."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from groups.aggregation import Kind


class Order(StrEnum):
    """What the member was told."""

    LIMIT = "limit"
    SET = "set"


@dataclass(frozen=True, slots=True)
class Sample:
    """One measurement: seconds since the set-point came into force (before it: negative), W."""

    t_s: float
    power_w: float


@dataclass(frozen=True, slots=True)
class Counters:
    """Net energy by the device's own counters over the event.

    In a gap between two readings the energy is known and its course is not; at the ends of the
    event, before the first and after the last reading, `missing_s`, nothing is known.
    """

    net_wh: float
    gap_s: float = 0.0
    missing_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Event:
    """How long set-points were in force."""

    duration_s: float


@dataclass(frozen=True, slots=True)
class MemberFacts:
    """One DER; `order` None for a peer that was told nothing. `counters` None when it has none."""

    der_id: int
    kind: Kind
    rated_w: int
    samples: Sequence[Sample]
    counters: Counters | None = None
    order: Order | None = None
    value_w: int = 0
