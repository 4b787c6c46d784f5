"""From counted energy, contracts and dispatches to a statement (pure)."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from itertools import pairwise
from zoneinfo import ZoneInfo

from customers.tariffs.pricing import (
    MeteredEnergy,
    Payment,
    curtailment_payment,
    energy_by_price,
    price_intervals,
)
from derms.lib.words import mark
from dispatch.statements.bonuses import bonuses
from dispatch.statements.content import Content, Day, Gap, Line, Part, total
from dispatch.statements.facts import Contract, Energy, Participation, Source, StatementFacts
from groups.aggregation import Kind

QUARTER = timedelta(minutes=15)
# Readings a few seconds apart leave that much of a quarter unheard: no customer calls it a gap.
HEARD_SHARE = 0.9
FED_IN, USED = mark("Fed in"), mark("Taken from the grid")


def compose(facts: StatementFacts) -> Content:
    """The period day by day, each price and dispatch with its money, and what was not heard."""
    meter = next((source for source in facts.sources if source.kind is None), None)
    gaps = tuple(gap for source in facts.sources for gap in _gaps(source, facts))
    return Content(
        begins_at=facts.begins_at.astimezone(UTC),
        ends_at=facts.ends_at.astimezone(UTC),
        has_meter=meter is not None,
        days=_days(facts, meter, gaps),
        lines=tuple(_lines(facts, meter)) if meter else (),
        parts=tuple(map(_part, facts.participations)),
        gaps=gaps,
        bonuses=bonuses(
            facts.rewards, facts.participations, facts.begins_at, facts.ends_at, facts.zone
        ),
    )


# Days ---------------------------------------------------------------------------------------------
def _days(facts: StatementFacts, meter: Source | None, gaps: Sequence[Gap]) -> tuple[Day, ...]:
    midnights = list(_midnights(facts))
    sums = [_by_day(source, midnights) for source in facts.sources]
    of = {
        kind: [
            both for source, both in zip(facts.sources, sums, strict=True) if source.kind is kind
        ]
        for kind in (Kind.PHOTOVOLTAIC, Kind.BATTERY, None)
    }
    return tuple(
        Day(
            day=begins.astimezone(facts.zone).date(),
            produced_wh=total(injected[n] for injected, _ in of[Kind.PHOTOVOLTAIC]),
            charged_wh=total(absorbed[n] for _, absorbed in of[Kind.BATTERY]),
            discharged_wh=total(injected[n] for injected, _ in of[Kind.BATTERY]),
            exported_wh=total(injected[n] for injected, _ in of[None]) if meter else None,
            imported_wh=total(absorbed[n] for _, absorbed in of[None]) if meter else None,
            missing_s=sum(_overlap_s(gap.begins_at, gap.ends_at, begins, ends) for gap in gaps),
        )
        for n, (begins, ends) in enumerate(pairwise(midnights))
    )


def _midnights(facts: StatementFacts) -> Iterator[datetime]:
    """The ends of the period and every midnight between, in UTC."""
    begins_at, ends_at = facts.begins_at.astimezone(UTC), facts.ends_at.astimezone(UTC)
    yield begins_at
    day = begins_at.astimezone(facts.zone).date() + timedelta(days=1)
    while (midnight := datetime.combine(day, time(), tzinfo=facts.zone).astimezone(UTC)) < ends_at:
        yield midnight
        day += timedelta(days=1)
    yield ends_at


Sums = list[float | None]


def _by_day(source: Source, midnights: Sequence[datetime]) -> tuple[Sums, Sums]:
    """What was injected and absorbed each day; a stretch over midnight is shared out by time."""
    injected: Sums = [None] * (len(midnights) - 1)
    absorbed: Sums = [None] * (len(midnights) - 1)
    first = 0
    last = len(injected) - 1
    for one in source.energy:
        while first < last and midnights[first + 1] <= one.begins_at:
            first += 1
        if midnights[first] <= one.begins_at and one.ends_at <= midnights[first + 1]:
            # Nearly all: within one day, so there is nothing to share out.
            injected[first] = _add(injected[first], one.injected_wh, 1.0)
            absorbed[first] = _add(absorbed[first], one.absorbed_wh, 1.0)
            continue
        for n in range(first, last + 1):
            share = _share(one, midnights[n], midnights[n + 1])
            if not share:
                break
            injected[n] = _add(injected[n], one.injected_wh, share)
            absorbed[n] = _add(absorbed[n], one.absorbed_wh, share)
    return injected, absorbed


def _add(so_far: float | None, more: float | None, share: float) -> float | None:
    return so_far if more is None else (so_far or 0.0) + more * share


def _share(one: Energy, begins: datetime, ends: datetime) -> float:
    if begins <= one.begins_at and one.ends_at <= ends:
        return 1.0
    length_s = (one.ends_at - one.begins_at).total_seconds()
    return _overlap_s(one.begins_at, one.ends_at, begins, ends) / length_s if length_s else 0.0


def _overlap_s(begins: datetime, ends: datetime, low: datetime, high: datetime) -> float:
    return max(0.0, (min(ends, high) - max(begins, low)).total_seconds())


# Money --------------------------------------------------------------------------------------------
def _lines(facts: StatementFacts, meter: Source) -> Iterator[Line]:
    for contract in facts.contracts:
        metered = list(_metered(meter, contract, facts.zone))
        for priced in energy_by_price(contract.schedule, metered, facts.zone):
            name = ", ".join(part for part in (priced.price.season, priced.price.name) if part)
            yield _line(FED_IN, contract, name, priced.exported)
            if priced.imported is not None:
                yield _line(USED, contract, name, priced.imported)


def _metered(meter: Source, contract: Contract, zone: ZoneInfo) -> Iterator[MeteredEnergy]:
    """What was metered under a contract; stretches that lie at one price are added up first.

    They are added as whole milliwatt-hours, so that the sum is that of the single ones.
    """
    begins_at, ends_at = contract.begins_at.astimezone(UTC), contract.ends_at.astimezone(UTC)
    prices = price_intervals(contract.schedule, begins_at, ends_at, zone)
    changes = iter([one.ends_at for one in prices])
    change, held = next(changes, ends_at), list[Energy]()
    for one in meter.energy:
        while change <= one.begins_at < ends_at:
            yield from _summed(held)
            change, held = next(changes, ends_at), []
        if begins_at <= one.begins_at and one.ends_at <= change:
            held.append(one)
        elif share := _share(one, begins_at, ends_at):
            yield from _summed(held)
            held = []
            yield MeteredEnergy(
                begins_at=max(one.begins_at, begins_at),
                ends_at=min(one.ends_at, ends_at),
                exported_wh=_exact(one.injected_wh, share),
                imported_wh=_exact(one.absorbed_wh, share),
            )
    yield from _summed(held)


def _summed(held: Sequence[Energy]) -> Iterator[MeteredEnergy]:
    if held:
        exported_mwh = sum(round((one.injected_wh or 0.0) * 1000) for one in held)
        imported_mwh = sum(round((one.absorbed_wh or 0.0) * 1000) for one in held)
        yield MeteredEnergy(
            begins_at=held[0].begins_at,
            ends_at=held[-1].ends_at,
            exported_wh=Decimal(exported_mwh) / 1000,
            imported_wh=Decimal(imported_mwh) / 1000,
        )


def _exact(energy_wh: float | None, share: float = 1.0) -> Decimal:
    """Whole milliwatt-hours: what adding up floats in another order cannot change."""
    return Decimal(round((energy_wh or 0.0) * share * 1000)) / 1000


def _line(what: str, contract: Contract, name: str, payment: Payment) -> Line:
    return Line(
        what=what,
        tariff=contract.tariff,
        price_name=name,
        energy_kwh=payment.energy_kwh,
        price_per_kwh=abs(payment.price_per_kwh),
        amount=payment.amount,
        formula=payment.formula,
    )


def _part(one: Participation) -> Part:
    formula = ""
    if one.curtailed_wh is not None and one.price_per_kwh is not None:
        curtailed_wh = Decimal(max(0, round(one.curtailed_wh)))
        formula = curtailment_payment(
            curtailed_wh=curtailed_wh, price_per_kwh=one.price_per_kwh
        ).formula
    return Part(
        dispatch_id=one.dispatch_id,
        unit=one.unit,
        order=one.order,
        begins_at=one.begins_at,
        ends_at=one.ends_at,
        took_part=one.took_part,
        reason=one.reason,
        curtailed_wh=one.curtailed_wh,
        uncertainty_wh=one.uncertainty_wh,
        amount=one.payment,
        formula=formula,
    )


# Gaps ---------------------------------------------------------------------------------------------
def _gaps(source: Source, facts: StatementFacts) -> Iterator[Gap]:
    """Stretches without readings, each as long as it lasted."""
    reached = max(source.since, facts.begins_at).astimezone(UTC)
    counted = [one for one in source.energy if one.heard_s == 0 and one.injected_wh is not None]
    enough_s = HEARD_SHARE * QUARTER.total_seconds()
    heard = [one for one in source.energy if one.heard_s >= enough_s]
    for begins, ends in [*((one.begins_at, one.ends_at) for one in heard), (facts.ends_at,) * 2]:
        if begins == reached:  # nearly all
            reached = max(begins, ends).astimezone(UTC)
            continue
        until = begins.astimezone(UTC)
        if until > reached:
            whole = sum(_overlap_s(c.begins_at, c.ends_at, reached, until) for c in counted)
            # The silence began within a quarter that was heard in part, and ended in another.
            is_counted = whole >= (until - reached - 2 * QUARTER).total_seconds() and whole > 0
            yield Gap(source.name, reached, until, is_counted)
        reached = max(reached, ends.astimezone(UTC))
