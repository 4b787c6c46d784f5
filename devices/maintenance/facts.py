"""What is known of a PV system and of its days."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Mask(StrEnum):
    """Why a day says nothing about the system."""

    HELD = "held"
    GAP = "gap"
    DARK = "dark"
    CLOCK = "clock"
    DECLARED = "declared"


class Level(StrEnum):
    """How far below what is explained a system lies."""

    UNKNOWN = "unknown"
    NORMAL = "normal"
    BETWEEN = "between"
    WATCH = "watch"
    MAINTENANCE = "maintenance"


class Method(StrEnum):
    """What a system is compared with."""

    PEERS = "peers"
    CLEAR_SKY = "clear_sky"
    FIRST_DAYS = "first_days"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a system stands, in degrees."""

    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class OutputDay:
    """One day of one system, of those quarters of an hour that count.

    `clear_wh` is what a clear sky would give in the same quarters; `counted_share` how much of the
    day's clear-sky energy lies in them. `shift_h` is how much later than the sun's the middle of
    the output lies.
    """

    day: date
    energy_wh: float
    clear_wh: float
    counted_share: float
    shift_h: float | None = None
    mask: Mask | None = None

    @property
    def index(self) -> float | None:
        """Output over clear-sky output; None where the day does not count."""
        return None if self.mask or self.clear_wh <= 0 else self.energy_wh / self.clear_wh


@dataclass(frozen=True, slots=True)
class System:
    """A PV system with its days by date."""

    key: int
    place: Place
    days: Mapping[date, OutputDay]
