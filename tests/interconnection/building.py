"""Approved applications with dates of construction and offers."""

from datetime import date, timedelta
from decimal import Decimal

from customers.models import TariffVersion, UsagePoint
from derms.accounts.models import User
from interconnection.models import ConstructionPlan, DateOffer, InterconnectionApplication
from interconnection.services.construction import Dates, state_dates
from interconnection.services.date_offers import Terms, offer_incentive
from interconnection.services.decisions import confirm_decision
from tests.factories import AT
from tests.interconnection.engineering import application_in_review, proposed

# `AT` is 15 June 2026, at a quarter past eight in the evening of the utility's zone.
TODAY = date(2026, 6, 15)


def day(number: int) -> date:
    return TODAY + timedelta(days=number)


def approved(
    customer: User, point: UsagePoint, tariff_version: TariffVersion, *, enzo: User, olga: User
) -> InterconnectionApplication:
    """8 kW of solar, approved today."""
    application = application_in_review(customer, point, tariff_version, with_battery=False)
    confirm_decision(decision=proposed(application, enzo), at=AT, by=olga)
    application.refresh_from_db()
    return application


def stated(
    application: InterconnectionApplication, start: int, finish: int, *, reason: str = "",
    on: int = 0, by: str = "ada",
) -> ConstructionPlan:  # fmt: skip
    """Days are counted from today; `on` is the day of saying so."""
    return state_dates(
        application=application,
        dates=Dates(starts_on=day(start), finishes_on=day(finish), reason=reason),
        at=AT + timedelta(days=on),
        by=by,
    )


def offered(
    application: InterconnectionApplication, by: User, *, keep_by: int = 20, valid: int = 7
) -> DateOffer:
    terms = Terms(amount=Decimal("150.00"), keep_by=day(keep_by), valid_until=day(valid))
    return offer_incentive(application=application, terms=terms, at=AT, by=by)
