"""What a tariff pays for energy fed in and held back, and charges for energy used, to the cent."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from itertools import islice
from typing import NamedTuple
from zoneinfo import ZoneInfo

from customers.tariffs.calendar import Price, PriceSchedule, changes_within, price_at

CENT = Decimal("0.01")
WH_PER_KWH = Decimal(1000)


@dataclass(frozen=True, kw_only=True)
class Payment:
    """An amount with the formula it came from; positive is paid to the customer."""

    amount: Decimal
    energy_kwh: Decimal
    price_per_kwh: Decimal
    formula: str


@dataclass(frozen=True, kw_only=True)
class PricedInterval:
    """A stretch of time with one price; begins inclusive, ends exclusive, both in UTC."""

    begins_at: datetime
    ends_at: datetime
    price: Price


class MeteredEnergy(NamedTuple):
    """What a meter counted in a stretch of time; neither is negative."""

    begins_at: datetime
    ends_at: datetime
    exported_wh: Decimal = Decimal(0)
    imported_wh: Decimal = Decimal(0)


@dataclass(frozen=True, kw_only=True)
class PricedEnergy:
    """The energy of a period at one price, with what is paid and charged for it."""

    price: Price
    exported: Payment
    imported: Payment | None


def price_intervals(
    schedule: PriceSchedule, begins_at: datetime, ends_at: datetime, zone: ZoneInfo
) -> tuple[PricedInterval, ...]:
    """The period cut where the price changes, without gaps, neighbours of one price joined."""
    # Moments of one zone are compared and subtracted by their clock; those of UTC by time.
    begins_at, ends_at = begins_at.astimezone(UTC), ends_at.astimezone(UTC)
    if ends_at <= begins_at:
        return ()
    cuts = [begins_at, *changes_within(schedule, begins_at, ends_at, zone)]
    found: list[PricedInterval] = []
    for cut in cuts:
        price = price_at(schedule, cut, zone)
        if found and found[-1].price == price:
            continue
        if found:
            found[-1] = replace(found[-1], ends_at=cut)
        found.append(PricedInterval(begins_at=cut, ends_at=ends_at, price=price))
    return tuple(found)


def energy_by_price(
    schedule: PriceSchedule, metered: Sequence[MeteredEnergy], zone: ZoneInfo
) -> tuple[PricedEnergy, ...]:
    """Metered energy added up at each price, in order of first use, each rounded once.

    `metered` is in order of time. What was counted across a change of price is shared out by time.
    """
    if not metered:
        return ()
    last = max(one.ends_at.astimezone(UTC) for one in metered)
    prices = list(price_intervals(schedule, metered[0].begins_at, last, zone))
    sums: dict[Price, list[Decimal]] = {}
    first = 0
    for one in metered:
        begins, ends = one.begins_at.astimezone(UTC), one.ends_at.astimezone(UTC)
        while prices[first].ends_at <= begins:
            first += 1
        for share, price in _shares(begins, ends, islice(prices, first, None)):
            held = sums.setdefault(price, [Decimal(0), Decimal(0)])
            held[0] += one.exported_wh * share
            held[1] += one.imported_wh * share
    return tuple(
        PricedEnergy(
            price=price,
            exported=export_payment(exported_wh=exported, price_per_kwh=price.export_per_kwh),
            imported=_import(imported, price.import_per_kwh),
        )
        for price, (exported, imported) in sums.items()
    )


def export_payment(*, exported_wh: float | Decimal, price_per_kwh: Decimal) -> Payment:
    return _payment(exported_wh, price_per_kwh, "exported")


def import_charge(*, imported_wh: float | Decimal, price_per_kwh: Decimal) -> Payment:
    """Negative where the customer pays."""
    return _payment(imported_wh, -price_per_kwh, "used")


def curtailment_payment(*, curtailed_wh: float | Decimal, price_per_kwh: Decimal) -> Payment:
    return _payment(curtailed_wh, price_per_kwh, "held back")


def _shares(
    begins_at: datetime, ends_at: datetime, prices: Iterable[PricedInterval]
) -> Iterable[tuple[Decimal, Price]]:
    """How much of a stretch, in UTC, lies at each price from the one it begins in."""
    if ends_at <= begins_at:
        raise ValueError(f"Energy from {begins_at} must end later, not at {ends_at}.")
    length_s = None
    for interval in prices:
        if interval.begins_at <= begins_at and ends_at <= interval.ends_at:
            yield Decimal(1), interval.price
            return
        begins, ends = max(begins_at, interval.begins_at), min(ends_at, interval.ends_at)
        if begins >= ends:
            return
        length_s = length_s or _seconds(begins_at, ends_at)
        yield _seconds(begins, ends) / length_s, interval.price


def _seconds(begins: datetime, ends: datetime) -> Decimal:
    return Decimal(repr((ends - begins).total_seconds()))


def _import(imported_wh: Decimal, price_per_kwh: Decimal | None) -> Payment | None:
    if price_per_kwh is None:
        return None
    return import_charge(imported_wh=imported_wh, price_per_kwh=price_per_kwh)


def _payment(energy_wh: float | Decimal, price_per_kwh: Decimal, what: str) -> Payment:
    exact_wh = energy_wh if isinstance(energy_wh, Decimal) else Decimal(repr(energy_wh))
    if not exact_wh.is_finite() or exact_wh < 0:
        raise ValueError(f"Energy {what} must be a number of Wh not below zero, not {energy_wh}.")
    energy_kwh = exact_wh / WH_PER_KWH
    amount = (energy_kwh * price_per_kwh).quantize(CENT, rounding=ROUND_HALF_UP)
    return Payment(
        amount=amount,
        energy_kwh=energy_kwh,
        price_per_kwh=price_per_kwh,
        formula=f"{energy_kwh.normalize():f} kWh {what} at {price_per_kwh} per kWh = {amount}",
    )
