"""Telling a customer: one row in the outbox, written with the change that caused it (CS-9)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import translation

from customers.channels import texts
from customers.models import Customer, Notice, NoticeWording
from customers.selectors.access import representation_of
from customers.selectors.wordings import wording_in_use, words_of
from customers.services.letters import queue_letter
from derms.lib.jobs import run_after_commit

# Applications and requests are numbered so.
CASES = ("A-", "R-")


@dataclass(frozen=True, kw_only=True)
class Told:
    """What one customer is told, once for each (template, about)."""

    customer: Customer
    template: str
    about: str
    context: Mapping[str, object]


def queue_notice(
    *,
    customer: Customer,
    template: str,
    about: str,
    context: Mapping[str, object],
    at: datetime,
) -> Notice:
    """Put a notice into the outbox, in the caller's transaction; once for each (template, about).

    `context` needs the facts of `customers.channels.texts.fields_of(template)`. The customer's
    language is spoken here: a fact that depends on it comes as `derms.lib.words.Later`.
    """
    told = Told(customer=customer, template=template, about=about, context=context)
    wording = wording_in_use(template, customer.language)
    written = _written(told, wording, at)
    notice, is_new = Notice.objects.get_or_create(
        customer=customer, template=template, about=about, defaults=written
    )
    if is_new:
        _copy_to_company(notice, at)
        run_after_commit("customers.tasks.send_due_notices")
    return notice


def queue_notices(told: Sequence[Told], *, at: datetime) -> None:
    """As `queue_notice`, for many at once that are about no case of theirs."""
    wordings = {
        key: wording_in_use(*key) for key in {(one.template, one.customer.language) for one in told}
    }
    rows = [
        Notice(
            customer=one.customer,
            template=one.template,
            about=one.about,
            **_written(one, wordings[one.template, one.customer.language], at),
        )
        for one in told
    ]
    Notice.objects.bulk_create(rows, ignore_conflicts=True)
    run_after_commit("customers.tasks.send_due_notices")


def _written(told: Told, wording: NoticeWording | None, at: datetime) -> dict[str, Any]:
    """The columns of a notice, in the customer's language and for her channel."""
    customer, template = told.customer, told.template
    with translation.override(customer.language):
        names = texts.fields_of(template) & told.context.keys()
        facts = {name: str(told.context[name]) for name in names}
        text = texts.render(template, facts, words_of(wording))
    return {
        "channel": customer.preferred_channel,
        "wording_number": wording.number if wording else 0,
        "facts": facts,
        "language": customer.language,
        "subject": text.subject,
        "body": text.body,
        "created_at": at,
        "next_attempt_at": at,
    }


def _copy_to_company(notice: Notice, at: datetime) -> None:
    """Who files for the customer is told of each step, as the customer is (TP-1, IC-7)."""
    if not notice.about.startswith(CASES):
        return
    acting = representation_of(notice.customer, at)
    if acting is None or not acting.may_file:
        return
    queue_letter(
        name=acting.third_party.name,
        email=acting.third_party.email,
        about=notice.about,
        text=(
            notice.subject,
            f"For {notice.customer.name}, account {notice.customer.account_number}:\n\n"
            f"{notice.body}",
        ),
        at=at,
    )
