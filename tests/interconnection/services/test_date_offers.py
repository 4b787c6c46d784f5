"""An incentive to keep a date: offered, answered, settled on the statement (IC-8)."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from pytest_django import Settings

from customers.models import Notice, TariffVersion, UsagePoint
from derms.accounts.models import User
from derms.lib.errors import Conflict, InvalidInput
from dispatch.selectors.statement_facts import statement_facts
from dispatch.statements import compose
from interconnection.models import DateOffer, InterconnectionApplication
from interconnection.selectors.construction import outcome_words
from interconnection.services.applications import withdraw_application
from interconnection.services.commissioning import (
    finish_commissioning,
    grant_permission_to_operate,
    order_commissioning,
)
from interconnection.services.construction import NotBeingBuilt
from interconnection.services.date_offers import (
    OfferOver,
    Terms,
    answer_offer,
    end_due_offers,
    offer_incentive,
)
from interconnection.statuses import DateOfferStatus
from tests.factories import AT, make_application
from tests.interconnection.building import approved, day, offered
from tests.interconnection.commissioning import pass_live_tests, started, tick_all

pytestmark = pytest.mark.django_db
TERMS = Terms(amount=Decimal("150.00"), keep_by=day(20), valid_until=day(7))


@pytest.fixture
def project(
    ada: User, ada_point: UsagePoint, tariff_version: TariffVersion, enzo: User, olga: User
) -> InterconnectionApplication:
    return approved(ada, ada_point, tariff_version, enzo=enzo, olga=olga)


def accepted(project: InterconnectionApplication, by: User) -> DateOffer:
    return answer_offer(offer=offered(project, by), is_accepted=True, at=AT, by="ada")


def permitted(
    project: InterconnectionApplication, tess: User, enzo: User, *, after_days: int
) -> None:
    order = started(
        order_commissioning(
            application=project,
            planned_from=AT + timedelta(days=1),
            planned_to=AT + timedelta(days=1, hours=2),
            at=AT,
            by="cleo",
        ),
        tess,
    )
    pass_live_tests(order, tess)
    tick_all(order, tess)
    finish_commissioning(order=order, at=AT, by=tess.username)
    at = AT + timedelta(days=after_days)
    grant_permission_to_operate(application=project, at=at, by=enzo)


def paid_to(point: UsagePoint) -> list[tuple[str, Decimal]]:
    """What the bonuses of the statement over June and July say."""
    facts = statement_facts(point, AT - timedelta(days=10), AT + timedelta(days=40))
    return [(bonus.formula, bonus.amount) for bonus in compose(facts).bonuses]


def test_the_customer_is_told_of_an_offer_and_accepts_it(
    project: InterconnectionApplication, enzo: User
) -> None:
    offer = answer_offer(offer=offered(project, enzo), is_accepted=True, at=AT, by="ada")

    assert (offer.status, offer.answered_by) == (DateOfferStatus.ACCEPTED, "ada")
    body = Notice.objects.get(template="date_offer_made").body
    assert "150.00" in body
    assert "5 July 2026" in body
    assert "22 June 2026" in body
    assert Notice.objects.filter(template="date_offer_accepted").exists()
    again = answer_offer(offer=offer, is_accepted=True, at=AT, by="ada")
    assert again.status_changes.count() == 2


def test_permission_on_the_kept_day_itself_earns_the_money_on_the_statement(
    project: InterconnectionApplication, ada_point: UsagePoint, enzo: User, tess: User
) -> None:
    offer = accepted(project, enzo)

    permitted(project, tess, enzo, after_days=20)

    offer.refresh_from_db()
    assert offer.status == DateOfferStatus.EARNED
    assert outcome_words(offer) == "Permission to operate on 5 July 2026."
    formula = "permission on 5 July 2026, kept by 5 July 2026 = 150.00"
    assert paid_to(ada_point) == [(formula, Decimal("150.00"))]
    assert Notice.objects.filter(template="date_offer_earned").count() == 1


def test_permission_a_day_later_pays_nothing_and_says_why(
    project: InterconnectionApplication, ada_point: UsagePoint, enzo: User, tess: User
) -> None:
    offer = accepted(project, enzo)

    permitted(project, tess, enzo, after_days=21)

    offer.refresh_from_db()
    assert offer.status == DateOfferStatus.LAPSED
    assert outcome_words(offer) == "No permission to operate by 5 July 2026."
    assert paid_to(ada_point) == []
    assert "No permission" in Notice.objects.get(template="date_offer_lapsed").body


def test_a_kept_day_that_passes_without_permission_lapses_with_the_clock(
    project: InterconnectionApplication, enzo: User
) -> None:
    offer = accepted(project, enzo)

    assert end_due_offers(at=AT + timedelta(days=20)) == 0
    assert end_due_offers(at=AT + timedelta(days=21)) == 1
    assert end_due_offers(at=AT + timedelta(days=21)) == 0

    offer.refresh_from_db()
    assert offer.status == DateOfferStatus.LAPSED
    assert offer.settled_at == AT + timedelta(days=21)


def test_an_offer_without_an_answer_expires_and_can_be_answered_no_more(
    project: InterconnectionApplication, enzo: User
) -> None:
    offer = offered(project, enzo)
    late = AT + timedelta(days=8)

    with pytest.raises(OfferOver, match="until 22 June 2026"):
        answer_offer(offer=offer, is_accepted=True, at=late, by="ada")
    assert end_due_offers(at=late) == 1

    offer.refresh_from_db()
    assert outcome_words(offer) == "Not answered until 22 June 2026."
    with pytest.raises(OfferOver, match="Not answered in time"):
        answer_offer(offer=offer, is_accepted=True, at=AT, by="ada")


def test_permission_before_an_answer_pays_nothing(
    project: InterconnectionApplication, ada_point: UsagePoint, enzo: User, tess: User
) -> None:
    offer = offered(project, enzo)

    permitted(project, tess, enzo, after_days=2)

    offer.refresh_from_db()
    assert offer.status == DateOfferStatus.EXPIRED
    assert paid_to(ada_point) == []


def test_a_declined_offer_stays_declined_and_another_may_follow(
    project: InterconnectionApplication, enzo: User, ada_point: UsagePoint, tess: User
) -> None:
    offer = answer_offer(offer=offered(project, enzo), is_accepted=False, at=AT, by="ada")

    assert offer.status == DateOfferStatus.DECLINED
    with pytest.raises(OfferOver, match="Declined"):
        answer_offer(offer=offer, is_accepted=True, at=AT, by="ada")
    offered(project, enzo)
    with pytest.raises(Conflict, match="open already"):
        offered(project, enzo)


def test_a_withdrawn_application_ends_its_offer(
    project: InterconnectionApplication, enzo: User
) -> None:
    offer = accepted(project, enzo)

    withdraw_application(application=project, reason="Moved away.", at=AT, by="cleo")

    offer.refresh_from_db()
    assert (offer.status, outcome_words(offer)) == ("lapsed", "The application was withdrawn.")


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        (replace(TERMS, amount=Decimal(0)), "amount"),
        (replace(TERMS, amount=Decimal("0.005")), "amount"),
        (replace(TERMS, keep_by=day(0)), "keep_by"),
        (replace(TERMS, valid_until=day(-1)), "valid_until"),
        (replace(TERMS, valid_until=day(21)), "valid_until"),
    ],
)
def test_terms_that_make_no_sense_are_refused_beside_their_field(
    project: InterconnectionApplication, enzo: User, terms: Terms, field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        offer_incentive(application=project, terms=terms, at=AT, by=enzo)

    assert field in refused.value.fields


def test_only_what_is_being_built_is_offered_money(ada_point: UsagePoint, enzo: User) -> None:
    with pytest.raises(NotBeingBuilt):
        offered(make_application(ada_point), enzo)


def test_an_offer_is_settled_by_the_calendar_of_the_sites_and_not_of_utc(
    project: InterconnectionApplication, enzo: User, settings: Settings
) -> None:
    """Half an hour after midnight in the utility's zone it is still the kept day in UTC."""
    settings.TIME_ZONE = "Europe/Berlin"
    offer = accepted(project, enzo)
    midnight = datetime(2026, 7, 6, 0, 30, tzinfo=ZoneInfo("Europe/Berlin"))

    assert midnight.astimezone(AT.tzinfo).date() == day(20)
    assert end_due_offers(at=midnight) == 1
    offer.refresh_from_db()
    assert offer.status == DateOfferStatus.LAPSED
