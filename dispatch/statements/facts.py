"""What a statement is made from: counted energy, contracts, dispatches."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple
from zoneinfo import ZoneInfo

from customers.tariffs.calendar import PriceSchedule
from groups.aggregation import Kind


class Energy(NamedTuple):
    """What a device injected and absorbed in a stretch of time; None where nobody knows.

    `heard_s` of it there were readings close together; over a silence the counters went on.
    """

    begins_at: datetime
    ends_at: datetime
    injected_wh: float | None
    absorbed_wh: float | None
    heard_s: float


@dataclass(frozen=True, slots=True)
class Source:
    """A DER, or the meter of the service point (`kind` None), with its energy in order of time.

    `since` is when it was first to be heard; before that nothing is missing.
    """

    name: str
    kind: Kind | None
    since: datetime
    energy: Sequence[Energy]


@dataclass(frozen=True, slots=True)
class Contract:
    """A tariff version that holds from `begins_at` to before `ends_at`."""

    tariff: str
    begins_at: datetime
    ends_at: datetime
    schedule: PriceSchedule


@dataclass(frozen=True, slots=True)
class Participation:
    """One dispatch of one DER: what was asked, whether it took part, and what was settled.

    `reason` says why it did not take part; energies are None until it is settled.
    """

    dispatch_id: int
    unit: str
    order: str
    begins_at: datetime
    ends_at: datetime
    took_part: bool
    reason: str = ""
    delivered_wh: float | None = None
    curtailed_wh: float | None = None
    uncertainty_wh: float | None = None
    price_per_kwh: Decimal | None = None
    payment: Decimal | None = None


class PaidFor(StrEnum):
    """For what, as customers.models.programme keeps it."""

    ONCE = "once"
    MONTHLY = "monthly"
    PER_KW = "per_kw"
    PER_EVENT = "per_event"
    DATE_KEPT = "date_kept"  # an offer of interconnection.models.DateOffer


@dataclass(frozen=True, slots=True)
class Reward:
    """One enrolment: from when until when (None: still), and what its version pays.

    `rated_w` is the rating of the equipment that the programme is for. A date kept is paid for
    once, with the permission (`begins_at`) that was to come by `keep_by`.
    """

    programme: str
    paid_for: PaidFor
    amount: Decimal
    begins_at: datetime
    ends_at: datetime | None
    rated_w: int
    keep_by: date | None = None


@dataclass(frozen=True, slots=True)
class StatementFacts:
    """Everything known of one service point from `begins_at` to before `ends_at`."""

    begins_at: datetime
    ends_at: datetime
    zone: ZoneInfo
    sources: Sequence[Source]
    contracts: Sequence[Contract]
    participations: Sequence[Participation]
    rewards: Sequence[Reward] = ()
