"""The question put to the disaggregation and its answer, in W, injection positive."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Ask(StrEnum):
    """What is asked of the group as a whole."""

    LIMIT_ACTIVE_POWER = "limit_active_power"
    SET_ACTIVE_POWER = "set_active_power"


class Function(StrEnum):
    """What a member is told: the most it may inject, or what to inject exactly."""

    LIMIT_ACTIVE_POWER = "limit_active_power"
    SET_ACTIVE_POWER = "set_active_power"


@dataclass(frozen=True, slots=True)
class Storage:
    """What a battery can hold for the whole interval, after its state of charge."""

    discharge_max_w: int
    charge_max_w: int


@dataclass(frozen=True, slots=True)
class Member:
    """One DER. `available_w` is what it would inject if nothing held it back.

    A member that cannot be reached keeps doing `present_w`; the others make up for it.
    """

    der_id: int
    rated_w: int
    present_w: int
    available_w: int
    storage: Storage | None = None
    is_reachable: bool = True


@dataclass(frozen=True, slots=True)
class Problem:
    """One group, one interval; for a limit `target_w` must not be negative."""

    ask: Ask
    target_w: int
    members: Sequence[Member]


@dataclass(frozen=True, slots=True)
class Share:
    """What one member is told, and what it is expected to inject then."""

    der_id: int
    function: Function
    value_w: int
    expected_w: int


@dataclass(frozen=True, slots=True)
class Allocation:
    """The split. `requested_w == committed_w + shortfall_w` always holds, to the watt.

    `committed_w` is what the group can be held to, `expected_w` what it will inject at the present
    sun. `uncontrolled_w` is the part of members that are told nothing.
    """

    requested_w: int
    committed_w: int
    expected_w: int
    uncontrolled_w: int
    shares: tuple[Share, ...]
    policy: str
    reason: str

    @property
    def shortfall_w(self) -> int:
        return self.requested_w - self.committed_w
