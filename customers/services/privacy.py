"""A customer's own data: kept right, and forgotten as far as the law of records allows (CS-1)."""

from datetime import datetime
from typing import Any

import pgtrigger
from django.db import transaction
from django.db.models import Q, QuerySet

from customers.models import AccountAccess, Customer, CustomerErasure, Notice, ServiceOrder
from customers.selectors.holdings import holdings
from customers.services.forgetting import forget_requests, forget_visits, forget_works
from customers.statuses import REQUEST_ENDED, SERVICE_ORDER_ENDED
from derms.accounts.changes import changes_since
from derms.accounts.models import User
from derms.lib.errors import Conflict, InvalidInput, Refused
from derms.lib.words import mark

GONE = "Erased customer"
ERASED = (
    mark("name, e-mail address and telephone, in the account and in its history"),
    mark("the sign-in to the portal"),
    mark("the words of every message, and the facts they were made from"),
    mark("answers, notes, reasons and files of every request, from the disk too"),
    mark("photos and words of every visit, from the disk too"),
    mark("what was wished for, in words, in work on the grid"),
)
CONTACT = ("name", "email", "phone", "preferred_channel", "language")


class StillNeeded(Refused):
    """A contract or a request runs: who it is with must be known."""

    code = "still_needed"


class ContactChangedMeanwhile(Conflict):
    """Somebody else changed the contact while this person was typing."""

    code = "contact_changed_meanwhile"


def change_contact(*, customer: Customer, version: int, **contact: str) -> Customer:
    """Contact, channel and language; never over what another changed since `version`."""
    with transaction.atomic():
        row = Customer.objects.select_for_update().get(pk=customer.pk)
        if row.version != version:
            told = " ".join(change.words for change in changes_since(row, version=version))
            raise ContactChangedMeanwhile(f"{told or 'It was changed meanwhile.'} Yours waits.")
        _check_channel(contact)
        for name in CONTACT:
            setattr(row, name, contact[name].strip())
        row.save(update_fields=list(CONTACT))
        if row.user_id is not None:
            User.objects.filter(pk=row.user_id).update(language=row.language)
    row.refresh_from_db()
    return row


def _check_channel(contact: dict[str, str]) -> None:
    channel = contact["preferred_channel"]
    needed = {"email": "email", "text": "phone", "telephone": "phone"}.get(channel)
    if needed and not contact[needed].strip():
        words = "The channel that is preferred needs it."
        raise InvalidInput(words, fields={needed: [words]})


def what_keeps(customer: Customer) -> str:
    """In words, why the person cannot be forgotten yet; empty when nothing keeps."""
    if customer.erased_at is not None:
        return "This customer's personal data is erased already."
    orders = ServiceOrder.objects.filter(_visits(customer))
    open_ones: tuple[tuple[QuerySet[Any], str], ...] = (
        (
            customer.agreements.filter(ended_at=None),
            "An agreement is in force: end it first.",
        ),
        (
            customer.service_requests.exclude(status__in=REQUEST_ENDED),
            "A request is open: finish or withdraw it first.",
        ),
        (
            orders.exclude(status__in=SERVICE_ORDER_ENDED),
            "A field order is open: finish or cancel it first.",
        ),
        (
            customer.accesses.filter(ended_at=None),
            "Other people have access to this account: end that first.",
        ),
        (
            customer.representations.filter(active_to=None),
            "A third party acts for this customer: end that first.",
        ),
    )
    return next((words for rows, words in open_ones if rows.exists()), "")


def _visits(customer: Customer) -> Q:
    return Q(request__customer=customer) | Q(usage_point__customer=customer)


def erase_customer(*, customer: Customer, reason: str, at: datetime, by: str) -> CustomerErasure:
    """Personal data goes, also from the history; records stay under the account's number."""
    if not reason.strip():
        words = "Say who asked for it, and how you know it was the customer."
        raise InvalidInput(words, fields={"reason": [words]})
    with transaction.atomic():
        row = Customer.objects.select_for_update().get(pk=customer.pk)
        if why := what_keeps(row):
            raise StillNeeded(why)
        _close_sign_in(row)
        Customer.objects.filter(pk=row.pk).update(
            name=GONE, email="", phone="", preferred_channel="portal", user=None, erased_at=at
        )
        # The only place where history is rewritten: the law that asks for it stands above ours.
        with pgtrigger.ignore("customers.CustomerEvent:append_only"):
            tracked: Any = row
            tracked.events.update(name=GONE, email="", phone="")
        _forget_people_let_in(row)
        Notice.objects.filter(customer=row).update(subject="Erased", body="Erased.", facts={})
        forget_requests(row)
        forget_visits(row)
        forget_works(row)
        return CustomerErasure.objects.create(
            customer=row,
            at=at,
            by=by,
            reason=reason.strip(),
            erased=list(ERASED),
            kept=[f"{one.label}: {one.count}. {one.why}" for one in holdings(row)],
        )


def _forget_people_let_in(customer: Customer) -> None:
    customer.accesses.update(name=GONE, email="")
    tracked: Any = AccountAccess
    with pgtrigger.ignore("customers.AccountAccessEvent:append_only"):
        tracked.pgh_event_model.objects.filter(customer=customer).update(name=GONE, email="")


def _close_sign_in(customer: Customer) -> None:
    user = customer.user
    if user is None:
        return
    user.username, user.email = f"erased-{user.pk}", ""
    user.first_name = user.last_name = ""
    user.is_active = False
    user.set_unusable_password()
    user.save()
