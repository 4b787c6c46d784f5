"""Telling a customer: one row in the outbox, written with the change that caused it (CS-9)."""

from collections.abc import Mapping
from datetime import datetime

from django.utils import translation

from customers.channels import texts
from customers.models import Customer, Notice
from customers.selectors.access import representation_of
from customers.selectors.wordings import wording_in_use, words_of
from customers.services.letters import queue_letter
from derms.lib.jobs import run_after_commit

# Applications and requests are numbered so.
CASES = ("A-", "R-")


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
    wording = wording_in_use(template, customer.language)
    with translation.override(customer.language):
        facts = {name: str(context[name]) for name in texts.fields_of(template) & context.keys()}
        text = texts.render(template, facts, words_of(wording))
    notice, is_new = Notice.objects.get_or_create(
        customer=customer,
        template=template,
        about=about,
        defaults={
            "channel": customer.preferred_channel,
            "wording_number": wording.number if wording else 0,
            "facts": facts,
            "language": customer.language,
            "subject": text.subject,
            "body": text.body,
            "created_at": at,
            "next_attempt_at": at,
        },
    )
    if is_new:
        _copy_to_company(notice, at)
        run_after_commit("customers.tasks.send_due_notices")
    return notice


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
