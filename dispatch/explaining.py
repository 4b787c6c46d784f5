"""Why a battery ran or a roof was held back, in words for its owner (pure)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from derms.lib.telling import Energy, Money, Power, Sentence, say
from derms.lib.telling import gettext_noop as _


class Fate(StrEnum):
    """What became of one member's part."""

    WAITING = "waiting"
    TOOK_PART = "took_part"
    NOT_REACHED = "not_reached"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFacts:
    """One dispatch of one unit as it is recorded; amounts None until it is settled.

    `value_w` is the unit's own set-point, injection positive. `day` is that of `begins_at` where
    the site is; `over_at` None while it runs; `left_out_at` when the customer left it out.
    """

    unit: str
    group: str
    reason: str
    tariff: str
    is_battery: bool
    is_limit: bool
    value_w: int
    day: date
    begins_at: datetime
    ends_at: datetime
    over_at: datetime | None
    fate: Fate
    left_out_at: datetime | None = None
    delivered_wh: float | None = None
    curtailed_wh: float | None = None
    uncertainty_wh: float | None = None
    payment: Decimal | None = None
    price_per_kwh: Decimal | None = None
    currency: str = ""


def why_dispatched(facts: EventFacts) -> tuple[Sentence, ...]:
    """One paragraph: who asked for what and why, what the unit did, what its owner earns."""
    return tuple(_why(facts))


def _why(facts: EventFacts) -> Iterator[Sentence]:
    yield say(
        _("On {day} at {begins} the utility asked the group {group} for help: {reason}."),
        day=facts.day,
        begins=facts.begins_at,
        group=facts.group,
        reason=facts.reason.rstrip(". "),
    )
    yield _asked(facts)
    if facts.fate is Fate.WITHDRAWN:
        yield say(_("The request was withdrawn before it arrived, so nothing changed for you."))
        return
    if facts.fate is Fate.NOT_REACHED:
        yield say(
            _("The request did not reach it: it ran as always, and nothing is paid or taken.")
        )
        return
    if facts.fate is Fate.WAITING:
        yield say(_("It has not confirmed this yet."))
    if facts.left_out_at is not None:
        yield say(
            _("You left this event out at {left}; from then on it ran as it likes."),
            left=facts.left_out_at,
        )
    if facts.over_at is None:
        yield say(
            _("By {ends} at the latest it runs as before; you need to do nothing."),
            ends=facts.ends_at,
        )
    else:
        yield from _result(facts)
    yield say(_("Your tariff {tariff} allows such requests."), tariff=facts.tariff)


def _asked(facts: EventFacts) -> Sentence:
    words = _("Your part: {unit} was to give no more than {power} until {ends}.")
    if facts.is_limit and facts.value_w == 0:
        words = _("Your part: {unit} was to give nothing until {ends}.")
    if not facts.is_limit:
        words = _("Your part: {unit} was to rest until {ends}.")
        if facts.value_w > 0:
            words = _("Your part: {unit} was to give {power} until {ends}.")
        if facts.value_w < 0:
            words = _("Your part: {unit} was to store {power} until {ends}.")
    return say(words, unit=facts.unit, power=Power(abs(facts.value_w)), ends=facts.ends_at)


def _result(facts: EventFacts) -> Iterator[Sentence]:
    assert facts.over_at is not None  # noqa: S101  asked by the caller
    if facts.delivered_wh is None or facts.payment is None:
        yield say(_("It ended at {over}. What it came to is being counted."), over=facts.over_at)
        return
    stored = facts.is_battery and facts.delivered_wh < 0
    words = _("It ended at {over}; until then it gave {energy}.")
    if stored:
        words = _("It ended at {over}; until then it stored {energy}.")
    yield say(words, over=facts.over_at, energy=Energy(abs(facts.delivered_wh)))
    held_wh = max(0.0, facts.curtailed_wh or 0.0)
    if round(held_wh) == 0:
        yield say(_("Nothing was held back, so nothing is paid for it."))
        return
    yield say(
        _("About {held} was held back, give or take {doubt}."),
        held=Energy(held_wh),
        doubt=Energy(facts.uncertainty_wh or 0.0),
    )
    yield say(
        _("For that you are paid {payment}: {held} at {price} for each kWh."),
        payment=Money(facts.payment, facts.currency),
        held=Energy(held_wh),
        price=Money(facts.price_per_kwh or Decimal(0), facts.currency),
    )
