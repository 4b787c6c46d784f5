"""What programmes and kept dates pay in one period (CS-8, CS-10, IC-8; pure)."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

from dispatch.statements.content import Bonus
from dispatch.statements.facts import PaidFor, Participation, Reward

CENT = Decimal("0.01")
W_PER_KW = 1000


def bonuses(
    rewards: Sequence[Reward],
    participations: Sequence[Participation],
    begins_at: datetime,
    ends_at: datetime,
    zone: ZoneInfo,
) -> tuple[Bonus, ...]:
    """Each reward that falls into the period, rounded to the cent once, with its formula."""
    return tuple(
        Bonus(one.programme, amount.quantize(CENT, ROUND_HALF_UP), formula)
        for one in rewards
        for amount, formula in _of(one, participations, begins_at, ends_at, zone)
    )


def _of(
    one: Reward,
    participations: Sequence[Participation],
    begins_at: datetime,
    ends_at: datetime,
    zone: ZoneInfo,
) -> Iterator[tuple[Decimal, str]]:
    joined_now = begins_at <= one.begins_at < ends_at
    joined = f"joined on {one.begins_at.astimezone(zone):%-d %B}"
    if one.paid_for is PaidFor.ONCE and joined_now:
        yield one.amount, f"once, {joined} = {_cents(one.amount)}"
    if one.paid_for is PaidFor.PER_KW and joined_now:
        power_kw = Decimal(one.rated_w) / W_PER_KW
        amount = power_kw * one.amount
        yield amount, f"{power_kw.normalize():f} kW at {one.amount}, {joined} = {_cents(amount)}"
    if one.paid_for is PaidFor.DATE_KEPT and joined_now and one.keep_by is not None:
        permitted = f"permission on {one.begins_at.astimezone(zone):%-d %B %Y}"
        yield one.amount, f"{permitted}, kept by {one.keep_by:%-d %B %Y} = {_cents(one.amount)}"
    if one.paid_for is PaidFor.MONTHLY:
        yield from _monthly(one, begins_at, ends_at, zone)
    if one.paid_for is PaidFor.PER_EVENT:
        events = _events(one, participations)
        if events:
            amount = events * one.amount
            yield amount, f"{events} events at {one.amount} = {_cents(amount)}"


def _events(one: Reward, participations: Sequence[Participation]) -> int:
    """Events, not units; one that was left out is none."""
    return len(
        {
            part.dispatch_id
            for part in participations
            if part.took_part
            and not part.reason
            and one.begins_at <= part.begins_at
            and (one.ends_at is None or part.begins_at < one.ends_at)
        }
    )


def _monthly(
    one: Reward, begins_at: datetime, ends_at: datetime, zone: ZoneInfo
) -> Iterator[tuple[Decimal, str]]:
    """By days of each month: the day of joining counts, that of leaving does not."""
    first = max(begins_at, one.begins_at).astimezone(zone).date()
    until = min(ends_at, one.ends_at or ends_at).astimezone(zone).date()
    while first < until:
        following = (first.replace(day=1) + timedelta(days=32)).replace(day=1)
        days = (min(until, following) - first).days
        whole = (following - first.replace(day=1)).days
        amount = one.amount * days / whole
        share = "" if days == whole else f"{days} of {whole} days of "
        yield amount, f"{first:%B}: {share}{one.amount} = {_cents(amount)}"
        first = following


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, ROUND_HALF_UP)
