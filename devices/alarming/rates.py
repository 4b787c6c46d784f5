"""How many alarms an operator gets, against the figures of EEMUA 191 (a guide, not a law)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

# EEMUA publication 191, average alarm rate in steady operation, for one operator.
ACCEPTABLE_PER_H = 6.0  # one in ten minutes: very likely acceptable
MANAGEABLE_PER_H = 12.0  # one in five minutes: manageable
DEMANDING_PER_H = 30.0  # one in two minutes: likely over-demanding; more than one a minute is not
FLOOD_PER_10_MIN = 10.0
# Share of each priority that lets the urgent stand out (with four levels, the lowest two together).
SHARES_PCT = {1: 1.0, 2: 5.0, 3: 15.0, 4: 79.0}


@dataclass(frozen=True, slots=True)
class Verdict:
    """`kind` is a status kind of the pages."""

    words: str
    kind: str


def judge_rate(per_operator_hour: float) -> Verdict:
    if per_operator_hour <= ACCEPTABLE_PER_H:
        return Verdict("very likely acceptable", "active")
    if per_operator_hour <= MANAGEABLE_PER_H:
        return Verdict("manageable", "active")
    if per_operator_hour <= DEMANDING_PER_H:
        return Verdict("likely over-demanding", "warn")
    return Verdict("very likely unacceptable", "bad")


@dataclass(frozen=True, slots=True)
class Rates:
    """Alarms announced in consecutive ten minutes, for one operator."""

    per_10_min: tuple[float, ...]

    @property
    def per_hour(self) -> float:
        return 6 * sum(self.per_10_min) / len(self.per_10_min) if self.per_10_min else 0.0

    @property
    def peak_per_10_min(self) -> float:
        return max(self.per_10_min, default=0.0)

    @property
    def flood_pct(self) -> float:
        """Share of the time in which alarms came faster than a person can take them up."""
        if not self.per_10_min:
            return 0.0
        floods = sum(count > FLOOD_PER_10_MIN for count in self.per_10_min)
        return 100 * floods / len(self.per_10_min)

    @property
    def hours(self) -> tuple[float, ...]:
        """The same by the hour, for the picture."""
        return tuple(
            sum(self.per_10_min[first : first + 6]) for first in range(0, len(self.per_10_min), 6)
        )


def rates(counts_per_10_min: Sequence[int], *, operators: int) -> Rates:
    """Raises ValueError when nobody is on duty: a rate for nobody says nothing."""
    if operators < 1:
        raise ValueError("At least one operator is on duty.")
    return Rates(tuple(count / operators for count in counts_per_10_min))
