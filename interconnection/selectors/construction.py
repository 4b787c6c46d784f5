"""Dates of construction and incentives to keep one, of one application (IC-8)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from django.utils import timezone

from derms.lib.words import day, say
from interconnection.models import ConstructionPlan, DateOffer, InterconnectionApplication
from interconnection.statuses import (
    APPLICATION_COMING,
    DATE_OFFER_OPEN,
    DateOfferOutcome,
    DateOfferStatus,
)

OFFER_KIND: dict[str, str] = {
    DateOfferStatus.OFFERED: "wait",
    DateOfferStatus.ACCEPTED: "active",
    DateOfferStatus.DECLINED: "off",
    DateOfferStatus.EXPIRED: "off",
    DateOfferStatus.EARNED: "done",
    DateOfferStatus.LAPSED: "warn",
}


@dataclass(frozen=True, slots=True)
class OfferView:
    """An offer as people read it."""

    row: DateOffer
    word: str
    kind: str
    outcome: str
    may_be_answered: bool


@dataclass(frozen=True, slots=True)
class Schedule:
    """What was stated of one application, newest first, and what was offered for keeping it."""

    plans: tuple[ConstructionPlan, ...]
    offers: tuple[OfferView, ...]
    is_open: bool
    is_overdue: bool

    @property
    def plan(self) -> ConstructionPlan | None:
        return self.plans[0] if self.plans else None

    @property
    def open_offer(self) -> OfferView | None:
        open_ones = (one for one in self.offers if one.row.status in DATE_OFFER_OPEN)
        return next(open_ones, None)


def plans_of(application: InterconnectionApplication) -> list[ConstructionPlan]:
    """What was stated, newest first; the first of them holds."""
    return list(application.construction_plans.order_by("-pk"))


def open_offer_of(application: InterconnectionApplication) -> DateOffer | None:
    return application.date_offers.filter(status__in=DATE_OFFER_OPEN).first()


def schedule_of(application: InterconnectionApplication, *, today: date) -> Schedule:
    plans = tuple(plans_of(application))
    offers = application.date_offers.select_related("offered_by").order_by("-pk")
    is_open = application.status in APPLICATION_COMING
    return Schedule(
        plans=plans,
        offers=tuple(_view(offer, today) for offer in offers),
        is_open=is_open,
        is_overdue=is_open and bool(plans) and plans[0].finishes_on < today,
    )


def outcome_words(offer: DateOffer) -> str:
    """Why it was settled as it was, in the reader's language; empty while it is open."""
    said: dict[str, Callable[[], str]] = {
        DateOfferOutcome.KEPT: lambda: say(
            "Permission to operate on {day}.", day=_day(offer.settled_at)
        ),
        DateOfferOutcome.MISSED: lambda: say(
            "No permission to operate by {day}.", day=day(offer.keep_by)
        ),
        DateOfferOutcome.UNANSWERED: lambda: say(
            "Not answered until {day}.", day=day(offer.valid_until)
        ),
        DateOfferOutcome.PERMITTED_FIRST: lambda: say(
            "Permission to operate was given before it was answered."
        ),
        DateOfferOutcome.WITHDRAWN: lambda: say("The application was withdrawn."),
    }
    return said[offer.outcome]() if offer.outcome else ""


def _view(offer: DateOffer, today: date) -> OfferView:
    return OfferView(
        row=offer,
        word=str(offer.get_status_display()),
        kind=OFFER_KIND[offer.status],
        outcome=outcome_words(offer),
        may_be_answered=offer.status == DateOfferStatus.OFFERED and today <= offer.valid_until,
    )


def _day(moment: datetime | None) -> str:
    return day(timezone.localdate(moment)) if moment else ""
