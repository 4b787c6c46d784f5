"""What a statement says, as it is kept: each amount with its formula, each gap with its length."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Day:
    """One day in Wh; None where nothing was heard, or where no meter of ours reads it.

    `self_used_wh` is what was produced and neither fed in nor stored.
    """

    day: date
    produced_wh: float | None
    charged_wh: float | None
    discharged_wh: float | None
    exported_wh: float | None
    imported_wh: float | None
    missing_s: float

    @property
    def self_used_wh(self) -> float | None:
        if self.exported_wh is None:
            return None
        own_wh = (self.produced_wh or 0.0) + (self.discharged_wh or 0.0) - (self.charged_wh or 0.0)
        return max(0.0, own_wh - self.exported_wh)


@dataclass(frozen=True, slots=True)
class Line:
    """Energy at one price; a positive amount is paid to the customer."""

    what: str
    tariff: str
    price_name: str
    energy_kwh: Decimal
    price_per_kwh: Decimal
    amount: Decimal
    formula: str


@dataclass(frozen=True, slots=True)
class Part:
    """One dispatch of one unit; energies and amount are None until it is settled."""

    dispatch_id: int
    unit: str
    order: str
    begins_at: datetime
    ends_at: datetime
    took_part: bool
    reason: str
    curtailed_wh: float | None
    uncertainty_wh: float | None
    amount: Decimal | None
    formula: str

    @property
    def minutes(self) -> int:
        return round((self.ends_at - self.begins_at).total_seconds() / 60)


@dataclass(frozen=True, slots=True)
class Bonus:
    """What a programme pays for taking part in it."""

    programme: str
    amount: Decimal
    formula: str


@dataclass(frozen=True, slots=True)
class Gap:
    """Time in which a source was not heard; `is_counted` when its counters tell the energy."""

    source: str
    begins_at: datetime
    ends_at: datetime
    is_counted: bool

    @property
    def length_s(self) -> float:
        return (self.ends_at - self.begins_at).total_seconds()


@dataclass(frozen=True, slots=True)
class Content:
    """The whole statement."""

    begins_at: datetime
    ends_at: datetime
    has_meter: bool
    days: tuple[Day, ...]
    lines: tuple[Line, ...]
    parts: tuple[Part, ...]
    gaps: tuple[Gap, ...]
    bonuses: tuple[Bonus, ...] = ()

    @property
    def amount(self) -> Decimal:
        """What is paid to the customer, less what is charged."""
        settled = (part.amount for part in self.parts if part.amount is not None)
        lines = (line.amount for line in self.lines)
        rewarded = (bonus.amount for bonus in self.bonuses)
        return sum((*lines, *rewarded, *settled), Decimal("0.00"))

    @property
    def is_complete(self) -> bool:
        return all(gap.is_counted for gap in self.gaps) and all(
            part.amount is not None for part in self.parts if part.took_part
        )

    @property
    def produced_wh(self) -> float | None:
        return total(day.produced_wh for day in self.days)

    @property
    def exported_wh(self) -> float | None:
        return total(day.exported_wh for day in self.days)

    @property
    def imported_wh(self) -> float | None:
        return total(day.imported_wh for day in self.days)

    @property
    def self_used_wh(self) -> float | None:
        return total(day.self_used_wh for day in self.days)

    @property
    def curtailed_wh(self) -> float:
        return sum(part.curtailed_wh or 0.0 for part in self.parts)

    @property
    def joined(self) -> tuple[Part, ...]:
        return tuple(part for part in self.parts if part.took_part)

    @property
    def curtailed_minutes(self) -> int:
        return sum(part.minutes for part in self.joined if part.curtailed_wh)


def total(amounts: Iterable[float | None]) -> float | None:
    """The sum of what is known; None when nothing is."""
    known = [amount for amount in amounts if amount is not None]
    return sum(known) if known else None
