"""Incentives to keep a date: offered, answered, settled with the permission (IC-8)."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from customers.services import queue_notice
from derms.accounts.models import User
from derms.lib.errors import Conflict, InvalidInput, NotFound, Refused
from derms.lib.words import Later, day, number, say
from interconnection.models import DateOffer, InterconnectionApplication
from interconnection.selectors.construction import open_offer_of, outcome_words
from interconnection.services.construction import NotBeingBuilt
from interconnection.services.turns import lock
from interconnection.statuses import APPLICATION_COMING, DateOfferStatus
from interconnection.statuses import DateOfferOutcome as Outcome

CLOCK = "clock"
MOST = Decimal(1_000_000)
CENT = Decimal("0.01")


class OfferOver(Refused):
    """The offer was answered already, or its time is over."""

    code = "offer_over"


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What is paid for permission to operate on `keep_by` or before; answered by `valid_until`."""

    amount: Decimal
    keep_by: date
    valid_until: date


def offer_incentive(
    *, application: InterconnectionApplication, terms: Terms, at: datetime, by: User
) -> DateOffer:
    """Offer money for a date; the customer is told. One offer at a time is open."""
    with transaction.atomic():
        row = lock(application, seen=None)
        if row.status not in APPLICATION_COMING:
            raise NotBeingBuilt(
                f"{row} is {row.get_status_display().lower()}: an incentive to keep a date is "
                "offered once it is approved and until it may operate."
            )
        other = open_offer_of(row)
        if other is not None:
            raise Conflict(
                f"An offer of {other.amount} for {other.keep_by:%-d %B %Y} is open already "
                f"({other.get_status_display().lower()})."
            )
        _check(terms, today=timezone.localdate(at))
        offer = DateOffer.objects.create(
            application=row,
            keep_by=terms.keep_by,
            amount=terms.amount,
            valid_until=terms.valid_until,
            offered_at=at,
            offered_by=by,
        )
        offer.status_changes.create(
            old_status="", new_status=offer.status, at=at, by=by.get_username()
        )
        _tell(offer, "date_offer_made", at)
    return offer


def answer_offer(*, offer: DateOffer, is_accepted: bool, at: datetime, by: str) -> DateOffer:
    """The customer, or who files for her, takes it or not; the same answer twice is one."""
    wanted = DateOfferStatus.ACCEPTED if is_accepted else DateOfferStatus.DECLINED
    with transaction.atomic():
        held = _locked(offer)
        if held.status == wanted:
            return held
        if held.status != DateOfferStatus.OFFERED:
            raise OfferOver(
                say("This offer is “{status}” already.", status=held.get_status_display())
            )
        if timezone.localdate(at) > held.valid_until:
            raise OfferOver(
                say("This offer could be answered until {day}.", day=day(held.valid_until))
            )
        held.move(wanted, at=at, by=by, answered_at=at, answered_by=by)
        _tell(held, "date_offer_accepted" if is_accepted else "date_offer_declined", at)
    return held


def settle_with_permission(
    *, application: InterconnectionApplication, at: datetime, by: str
) -> DateOffer | None:
    """In the transaction of the permission: earned on the kept day or before, else lapsed."""
    offer = open_offer_of(application)
    if offer is None:
        return None
    if offer.status == DateOfferStatus.OFFERED:
        return _end(offer, Outcome.PERMITTED_FIRST, at=at, by=by)
    if timezone.localdate(at) > offer.keep_by:
        return _end(offer, Outcome.MISSED, at=at, by=by)
    offer.move(DateOfferStatus.EARNED, at=at, by=by, settled_at=at, outcome=Outcome.KEPT)
    _tell(offer, "date_offer_earned", at)
    return offer


def end_with_withdrawal(
    *, application: InterconnectionApplication, at: datetime, by: str
) -> DateOffer | None:
    offer = open_offer_of(application)
    return offer and _end(offer, Outcome.WITHDRAWN, at=at, by=by)


def end_due_offers(*, at: datetime) -> int:
    """What was not answered, or not kept, ends with its day; returns how many."""
    today = timezone.localdate(at)
    due = DateOffer.objects.filter(status=DateOfferStatus.OFFERED, valid_until__lt=today)
    missed = DateOffer.objects.filter(status=DateOfferStatus.ACCEPTED, keep_by__lt=today)
    return sum(_end_if_due(offer, today, at=at) for offer in [*due, *missed])


def _end_if_due(offer: DateOffer, today: date, *, at: datetime) -> int:
    with transaction.atomic():
        held = _locked(offer)
        if held.status == DateOfferStatus.OFFERED and held.valid_until < today:
            _end(held, Outcome.UNANSWERED, at=at, by=CLOCK)
            return 1
        if held.status == DateOfferStatus.ACCEPTED and held.keep_by < today:
            _end(held, Outcome.MISSED, at=at, by=CLOCK)
            return 1
    return 0


def _end(offer: DateOffer, outcome: Outcome, *, at: datetime, by: str) -> DateOffer:
    """An accepted one lapses, one without an answer expires; the customer is told why."""
    was_accepted = offer.status == DateOfferStatus.ACCEPTED
    to = DateOfferStatus.LAPSED if was_accepted else DateOfferStatus.EXPIRED
    offer.move(to, at=at, by=by, reason=outcome.label, settled_at=at, outcome=outcome)
    _tell(offer, "date_offer_lapsed", at)
    return offer


def _locked(offer: DateOffer) -> DateOffer:
    """The offer as it is now; its application is held first, as everywhere."""
    lock(offer.application, seen=None)
    held = DateOffer.objects.select_for_update(of=("self",)).filter(pk=offer.pk).first()
    if held is None:
        raise NotFound(f"There is no offer {offer.pk}.")
    return held


def _check(terms: Terms, *, today: date) -> None:
    faults: dict[str, list[str]] = {}
    if not 0 < terms.amount <= MOST or terms.amount != terms.amount.quantize(CENT):
        faults["amount"] = [f"Offer between {CENT} and {MOST:,}, in cents."]
    if terms.keep_by <= today:
        faults["keep_by"] = ["The date to keep must lie in the future."]
    if terms.valid_until < today:
        faults["valid_until"] = ["The customer needs time to answer: choose today or later."]
    elif terms.valid_until > terms.keep_by:
        faults["valid_until"] = ["It is answered before the date that it is about."]
    if faults:
        raise InvalidInput(" ".join(words[0] for words in faults.values()), fields=faults)


def _tell(offer: DateOffer, template: str, at: datetime) -> None:
    application = offer.application
    queue_notice(
        customer=application.customer,
        template=template,
        about=f"{application.reference}/offer-{offer.pk}",
        context={
            "reference": application.reference,
            "amount": Later(lambda: f"{number(offer.amount)} {settings.CURRENCY}"),
            "keep_by": Later(lambda: day(offer.keep_by)),
            "valid_until": Later(lambda: day(offer.valid_until)),
            "outcome": Later(lambda: outcome_words(offer)),
        },
        at=at,
    )
