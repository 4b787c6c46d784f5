"""How much would pass the quick screens at a service point, before anybody applies (IC-1, IC-9)."""

from dataclasses import dataclass
from enum import StrEnum

from customers.models import UsagePoint
from interconnection.models import InterconnectionApplication
from interconnection.screening.case import Proposed
from interconnection.screening.rules import RULE_SETS
from interconnection.screening.screens import largest_for
from interconnection.selectors.network import queue_behind_all
from interconnection.selectors.screening import case_at, policy

# A size that shows every screen's largest: what it says depends on the network alone.
TRIAL_W = 1_000
# Told in steps, so that nobody reads a neighbour's nameplate from the answer.
STEP_W = 500
CEILING_W = 1_000_000


class Standing(StrEnum):
    """What can be said before an application."""

    ROOM = "room"
    STUDY = "study"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Room:
    """Up to `size_w` passes every quick screen as things stand; larger ones need a study."""

    standing: Standing
    size_w: int = 0


def room_at(usage_point: UsagePoint, *, besides: InterconnectionApplication | None = None) -> Room:
    """Behind everything connected and queued; `besides` is an application that does not count."""
    queue = queue_behind_all(besides)
    trial = Proposed(TRIAL_W, TRIAL_W, has_storage=False, is_certified=True)
    largest_w = largest_for(case_at(usage_point, trial, queue), RULE_SETS[policy().rule_set])
    if largest_w is None:  # a figure is missing
        return Room(Standing.UNKNOWN)
    size_w = min(largest_w, CEILING_W) // STEP_W * STEP_W
    return Room(Standing.ROOM, size_w) if size_w else Room(Standing.STUDY)
