"""When something is said, to whom: levels with a dead band, days in a row, no change unheard."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import pairwise
from typing import ClassVar

from devices.maintenance.facts import Level

OFFLINE_SHARE = 0.01
PRODUCING_SHARE = 0.05
PEERS_PRODUCING = 3


class Stage(StrEnum):
    """How far a finding has come."""

    NONE = "none"
    WATCH = "watch"
    OPEN = "open"
    TOLD = "told"
    WELL = "well"


@dataclass(frozen=True, slots=True)
class Policy:
    """The utility's rules; ratios are shares of what is explained.

    `tell_days` None: a customer is told only when somebody at the desk says so.
    """

    LOW: ClassVar[frozenset[Level]] = frozenset({Level.WATCH, Level.MAINTENANCE})

    watch_ratio: float = 0.90
    maintenance_ratio: float = 0.85
    well_ratio: float = 0.95
    # A new system has no past: only what is far below its neighbours is said of it.
    first_days_ratio: float = 0.60
    open_days: int = 3
    tell_days: int | None = 5
    well_days: int = 3
    # A system that gives nothing while its neighbours produce: seen, and told.
    off_hours: float = 2.0
    off_tell_hours: float = 4.0

    def __post_init__(self) -> None:
        """Raises ValueError for levels that contradict each other."""
        ratios = (0.0, self.maintenance_ratio, self.watch_ratio, self.well_ratio)
        if not all(low < high for low, high in pairwise(ratios)):
            raise ValueError("Care: 0 < maintenance ratio < watch ratio < well ratio.")
        if not 0 < self.first_days_ratio <= self.maintenance_ratio:
            raise ValueError("Care: the ratio of first days lies above 0, not above maintenance.")
        days = (self.open_days, self.well_days, self.tell_days or self.open_days)
        if min(days) < 1 or (self.tell_days or self.open_days) < self.open_days:
            raise ValueError("Care: days are at least 1, and nobody is told before it is open.")
        if not 0 < self.off_hours <= self.off_tell_hours:
            raise ValueError("Care: nobody is told that a system is off before it counts as off.")

    def level(self, ratio: float) -> Level:
        if ratio <= self.maintenance_ratio:
            return Level.MAINTENANCE
        if ratio <= self.watch_ratio:
            return Level.WATCH
        return Level.NORMAL if ratio >= self.well_ratio else Level.BETWEEN

    def first_level(self, ratio: float) -> Level:
        return Level.MAINTENANCE if ratio <= self.first_days_ratio else Level.NORMAL


@dataclass(frozen=True, slots=True)
class Course:
    """Where a finding stands, and for how many assessed days it has been low or well."""

    stage: Stage = Stage.NONE
    low_days: int = 0
    well_days: int = 0


def next_course(course: Course, level: Level, policy: Policy) -> Course:
    """One more assessed day. A day of which nothing is known changes nothing."""
    if level is Level.UNKNOWN:
        return course
    low_days = course.low_days + 1 if level is Level.MAINTENANCE else 0
    well_days = course.well_days + 1 if level is Level.NORMAL else 0
    counted = replace(course, low_days=low_days, well_days=well_days)
    if course.stage is Stage.NONE:
        return replace(counted, stage=Stage.WATCH) if level in policy.LOW else Course()
    if well_days >= policy.well_days:
        return replace(counted, stage=Stage.WELL)
    if course.stage is Stage.WATCH and low_days >= policy.open_days:
        counted = replace(counted, stage=Stage.OPEN)
    if (
        counted.stage is Stage.OPEN
        and policy.tell_days is not None
        and low_days >= policy.tell_days
    ):
        return replace(counted, stage=Stage.TOLD)
    return counted


@dataclass(frozen=True, slots=True)
class OfflineNow:
    """A system over the last hours: `quarters` of an hour heard, least and most mean power in W.

    `is_held` when any command held it meanwhile.
    """

    key: int
    rated_w: float
    quarters: int
    least_w: float
    most_w: float
    is_held: bool


def offline(
    systems: Iterable[OfflineNow], peers: Mapping[int, Sequence[int]], *, quarters: int
) -> list[int]:
    """Systems that gave nothing in all `quarters` while three neighbours produced all the time."""
    by_key = {one.key: one for one in systems}
    heard = {key: one for key, one in by_key.items() if one.quarters >= quarters}
    producing = {
        key
        for key, one in heard.items()
        if one.least_w > PRODUCING_SHARE * one.rated_w and not one.is_held
    }
    return [
        key
        for key, one in heard.items()
        if one.most_w < OFFLINE_SHARE * one.rated_w
        and not one.is_held
        and sum(peer in producing for peer in peers.get(key, ())) >= PEERS_PRODUCING
    ]
