"""What a customer's DER produced, and when it was dispatched (CS-10)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from customers.models import Customer
from derms.lib.days import midnight
from derms.lib.telling import Sentence
from derms.lib.words import mark, say
from devices.selectors import bucket_for, energy_of_day
from dispatch.models import Delivery, Setpoint
from dispatch.selectors.dispatches import participation
from dispatch.selectors.panels import order_of
from dispatch.selectors.trends import columns, power_sums, series
from dispatch.selectors.why import why_point
from dispatch.statuses import DISPATCH_KINDS
from groups.aggregation import Kind
from groups.selectors import Fleet, FleetMember, fleet, membership_history
from interconnection.models import DER

HOUR = timedelta(hours=1)
CHART_BUCKET = timedelta(minutes=5)


# What a customer would call a gap: the interval of a revenue meter. Counters go on meanwhile.
METERING_INTERVAL_S = 900.0


@dataclass(frozen=True, slots=True)
class Day:
    """One day where the site is; `ends_at` never lies after the moment it was asked."""

    day: date
    begins_at: datetime
    ends_at: datetime
    is_today: bool


@dataclass(frozen=True, slots=True)
class Event:
    """One time a DER was given a set-point, with its settled result once there is one."""

    point: Setpoint
    order: str
    kind: str
    delivery: Delivery | None

    @property
    def ask(self) -> str:
        """The order inside a sentence; units keep their letters."""
        return self.order[:1].lower() + self.order[1:]

    @property
    def why(self) -> tuple[Sentence, ...]:
        return why_point(self.point, self.delivery)

    @property
    def begins_at(self) -> datetime | None:
        return self.point.dispatch.executed_at

    @property
    def ends_at(self) -> datetime:
        return self.point.dispatch.ended_at or self.point.dispatch.ends_at


@dataclass(frozen=True, slots=True)
class DERDay:
    """One DER on one day, by its own counters; None where it was not heard."""

    member: FleetMember
    power_w: float | None
    measured_at: datetime | None
    charge_pct: float | None
    produced_wh: float | None
    absorbed_wh: float | None
    missing_s: float


@dataclass(frozen=True, slots=True)
class Hour:
    """Mean output of all PV in an hour, and the energy that makes."""

    begins_at: datetime
    produced_wh: float | None


@dataclass(frozen=True, slots=True)
class Production:
    """One customer's day."""

    day: Day
    ders: Sequence[DERDay]
    hours: Sequence[Hour]
    events: Sequence[Event]

    @property
    def produced_wh(self) -> float | None:
        known = [
            one.produced_wh
            for one in self.ders
            if one.produced_wh is not None and one.member.kind is Kind.PHOTOVOLTAIC
        ]
        return sum(known) if known else None

    @property
    def curtailed_wh(self) -> float:
        return sum(max(0.0, e.delivery.curtailed_wh) for e in self.events if e.delivery)

    @property
    def paid(self) -> Decimal:
        return sum((e.delivery.payment for e in self.events if e.delivery), Decimal(0))


def day_of(day: date, at: datetime) -> Day:
    begins_at, ends_at = midnight(day), midnight(day + timedelta(days=1))
    return Day(day, begins_at, min(at, ends_at), is_today=begins_at <= at < ends_at)


def ders_of(customers: QuerySet[Customer]) -> QuerySet[DER]:
    return DER.objects.filter(usage_point__customer__in=customers, retired_at=None)


def production(customers: QuerySet[Customer], day: Day, at: datetime) -> Production:
    everybody = fleet(at, ders_of(customers).values_list("pk", flat=True))
    spans = energy_of_day(
        [member.device_id for member in everybody.members.values()],
        day.begins_at,
        day.ends_at,
        gap_after_s=METERING_INTERVAL_S,
    )
    ders = []
    for member in everybody.members.values():
        latest, span = everybody.latest[member.der_id], spans.get(member.device_id)
        whole_s = (day.ends_at - day.begins_at).total_seconds()
        ders.append(
            DERDay(
                member=member,
                power_w=latest.power_w,
                measured_at=latest.measured_at,
                charge_pct=latest.charge_pct,
                produced_wh=span.injected_wh if span else None,
                absorbed_wh=span.absorbed_wh if span else None,
                missing_s=span.missing_s if span else whole_s,
            )
        )
    return Production(
        day=day,
        ders=ders,
        hours=_hours(everybody, day),
        events=[
            event
            for event in events_of(customers)
            if event.begins_at and day.begins_at <= event.begins_at < day.begins_at + 24 * HOUR
        ],
    )


def _hours(everybody: Fleet, day: Day) -> list[Hour]:
    devices = _devices(everybody, Kind.PHOTOVOLTAIC)
    of = bucket_for(len(devices), day.begins_at, day.ends_at, HOUR)
    sums = power_sums(devices, day.begins_at, day.ends_at, *of)
    return [
        Hour(
            point.at,
            None
            if point.power_w is None
            else point.power_w * min(1.0, (day.ends_at - point.at) / HOUR),
        )
        for point in sums
    ]


def production_columns(customers: QuerySet[Customer], day: Day, at: datetime) -> dict[str, Any]:
    """The day's curve: PV, and batteries where there are any."""
    everybody = fleet(at, ders_of(customers).values_list("pk", flat=True))
    of = bucket_for(len(everybody.members), day.begins_at, day.ends_at, CHART_BUCKET)
    parts = []
    pv: list[Any] = []
    for kind, label, role in (
        (Kind.PHOTOVOLTAIC, mark("Production"), "actual"),
        (Kind.BATTERY, mark("Battery"), "second"),
    ):
        devices = _devices(everybody, kind)
        if not devices:
            continue
        points = power_sums(devices, day.begins_at, day.ends_at, *of)
        pv = pv or points
        parts.append(series(kind.value, say(label), role, points))
    return columns(pv, parts, day.ends_at)


def _devices(everybody: Fleet, kind: Kind) -> list[int]:
    return [member.device_id for member in everybody.members.values() if member.kind is kind]


def events_of(customers: Iterable[Customer]) -> list[Event]:
    """Newest first."""
    return [
        Event(
            point=point,
            order=order_of(point.dispatch),
            kind=DISPATCH_KINDS[point.dispatch.status],
            delivery=_delivery(point),
        )
        for point in participation([customer.pk for customer in customers])
    ]


def _delivery(point: Setpoint) -> Delivery | None:
    """The newest version; the deliveries came with the dispatch."""
    mine = [row for row in point.dispatch.deliveries.all() if row.der_id == point.der_id]
    return mine[-1] if mine else None


@dataclass(frozen=True, slots=True)
class Participation:
    """A customer as customer service sees the use of its DER."""

    customer: Customer
    memberships: Sequence[Any]
    events: Sequence[Event]
    delivered_wh: float
    curtailed_wh: float
    paid: Decimal


def participation_of(customer: Customer) -> Participation:
    events = events_of([customer])
    settled = [event.delivery for event in events if event.delivery]
    return Participation(
        customer=customer,
        memberships=list(membership_history().filter(der__usage_point__customer=customer)),
        events=events,
        delivered_wh=sum(row.delivered_wh for row in settled),
        curtailed_wh=sum(max(0.0, row.curtailed_wh) for row in settled),
        paid=sum((row.payment for row in settled), Decimal(0)),
    )
