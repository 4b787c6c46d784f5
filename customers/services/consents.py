"""A customer's consent to a third party: given, replaced by another, ended (TP-1)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils import timezone

from customers.flows.consent import KEYS, consent_text
from customers.models import Customer, Representation, ThirdParty
from customers.services.letters import queue_letter
from customers.services.notices import queue_notice
from derms.lib.days import midnight
from derms.lib.errors import Conflict, InvalidInput, Refused

LONGEST_AHEAD = timedelta(days=366)


class PlannedAlready(Refused):
    """Another company is to begin later; two cannot act for one customer at a time."""

    code = "planned_already"


@dataclass(frozen=True, kw_only=True)
class Terms:
    """Which company may do what (keys of `customers.flows.consent.SCOPES`), and when."""

    third_party: ThirdParty
    scopes: Collection[str]
    begins_on: date
    last_day: date | None = None


def words_of_consent(customer: Customer, terms: Terms) -> str:
    """What the customer agrees to, for the page where she does."""
    return consent_text(
        company=terms.third_party.name,
        customer=customer.name,
        account=customer.account_number,
        scopes=terms.scopes,
        begins_on=terms.begins_on,
        last_day=terms.last_day,
    )


def give_consent(
    *,
    customer: Customer,
    terms: Terms,
    given_name: str,
    at: datetime,
    by: str,
    paper_reference: str = "",
) -> Representation:
    """Let a company act from a day on; whoever acts for the customer now, acts until then.

    A day that is today means from this moment. DER, agreements and history stay the customer's.
    Raises InvalidInput in words beside the field, PlannedAlready when another is to follow.
    """
    _refuse_bad_terms(terms, timezone.localdate(at))
    company, last_day = terms.third_party, terms.last_day
    begins_at = max(at, midnight(terms.begins_on))
    with transaction.atomic():
        Customer.objects.select_for_update().get(pk=customer.pk)
        before = _ends_before(customer, begins_at)
        if before is not None:
            _end(before, begins_at, reason=f"{company.name} follows.", by=by)
        made = Representation.objects.create(
            third_party=company,
            customer=customer,
            active_from=begins_at,
            active_to=midnight(last_day + timedelta(days=1)) if last_day else None,
            text=words_of_consent(customer, terms),
            given_name=given_name.strip(),
            given_at=at,
            given_by=by,
            paper_reference=paper_reference.strip(),
            **{scope: scope in terms.scopes for scope in KEYS},
        )
        if before is not None and before.third_party_id != company.pk:
            _tell_ended(before, at=at)
        _tell_given(made, at=at)
    return made


def end_consent(
    *, representation: Representation, last_day: date | None, reason: str, at: datetime, by: str
) -> Representation:
    """End it now, or after `last_day`; one that has not begun never begins.

    The company loses sight of everything at that moment, and both are told.
    """
    today = timezone.localdate(at)
    if last_day is not None and last_day < today:
        words = "This day is over. Choose today or a later day, or none to end it now."
        raise InvalidInput(words, fields={"last_day": [words]})
    ends_at = midnight(last_day + timedelta(days=1)) if last_day else at
    with transaction.atomic():
        held = Representation.objects.select_for_update().get(pk=representation.pk)
        if held.active_to is not None and held.active_to <= max(at, held.active_from):
            raise Conflict("This has ended already. Reload the page.")
        if held.active_to is not None and held.active_to < ends_at:
            words = "It ends before that day anyway. To go on longer, give a new consent."
            raise InvalidInput(words, fields={"last_day": [words]})
        _end(held, max(ends_at, held.active_from), reason=reason, by=by)
        _tell_ended(held, at=at)
    return held


def _refuse_bad_terms(terms: Terms, today: date) -> None:
    wrong: dict[str, list[str]] = {}
    if terms.begins_on < today:
        wrong["begins_on"] = ["This day is over. Choose today or a later day."]
    elif terms.begins_on > today + LONGEST_AHEAD:
        wrong["begins_on"] = ["Choose a day within a year."]
    if terms.last_day is not None and terms.last_day < terms.begins_on:
        wrong["last_day"] = ["The last day lies before the first one."]
    if not KEYS.intersection(terms.scopes):
        wrong["scopes"] = ["Choose at least one thing that the company may do."]
    if wrong:
        raise InvalidInput("The consent cannot be given like this.", fields=wrong)


def _ends_before(customer: Customer, begins_at: datetime) -> Representation | None:
    """The consent that a new one ends; refuses when one is planned for later."""
    found = Representation.objects.select_for_update(of=("self",)).filter(customer=customer)
    found = found.select_related("third_party", "customer")
    later = found.filter(active_from__gte=begins_at).exclude(active_to__lte=begins_at)
    planned = next((one for one in later if one.active_to != one.active_from), None)
    if planned is not None:
        words = (
            f"{planned.third_party.name} is to begin on "
            f"{timezone.localdate(planned.active_from):%d %b %Y}. End that first."
        )
        raise PlannedAlready(words)
    running = found.filter(active_from__lt=begins_at).exclude(active_to__lte=begins_at)
    return running.first()


def _end(held: Representation, ends_at: datetime, *, reason: str, by: str) -> None:
    held.active_to, held.ended_by, held.end_reason = ends_at, by, reason.strip()[:200]
    held.save(update_fields=["active_to", "ended_by", "end_reason"])


def _tell_given(made: Representation, *, at: datetime) -> None:
    company, customer = made.third_party, made.customer
    queue_notice(
        customer=customer,
        template="consent_given",
        about=f"consent-{made.pk}",
        context={"company": company.name, "consent": made.text},
        at=at,
    )
    queue_letter(
        name=company.name,
        email=company.email,
        about=f"consent-{made.pk}",
        text=(
            f"{customer.name} lets you act (account {customer.account_number})",
            f"{made.text}\n\nSigned as {made.given_name or customer.name}. "
            "You find the customer in the portal under Customers from that day on.",
        ),
        at=at,
    )


def _tell_ended(held: Representation, *, at: datetime) -> None:
    assert held.active_to is not None  # noqa: S101  set just before
    company, customer = held.third_party, held.customer
    ends = f"{timezone.localtime(held.active_to):%d %b %Y %H:%M}"
    queue_notice(
        customer=customer,
        template="consent_ended",
        about=f"consent-{held.pk}",
        context={"company": company.name, "ends": ends},
        at=at,
    )
    queue_letter(
        name=company.name,
        email=company.email,
        about=f"consent-{held.pk}",
        text=(
            f"You no longer act for account {customer.account_number}",
            f"Your consent for account {customer.account_number} ends on {ends}. From then on you "
            "see nothing of this customer, and her equipment leaves your groups.",
        ),
        at=at,
    )
