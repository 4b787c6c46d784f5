"""Whose turn it is: the row is locked, moved on only by who has it in view, and told about."""

from datetime import datetime

from django.utils import timezone

from customers.services import queue_notice
from derms.lib.errors import Conflict, Refused
from derms.lib.words import day, say
from interconnection.models import InterconnectionApplication
from interconnection.selectors import applications as selectors
from interconnection.statuses import ApplicationStatus

# Only while it is the customer's turn may the application be changed.
CUSTOMERS_TURN = frozenset({ApplicationStatus.DRAFT, ApplicationStatus.INCOMPLETE})


class NotTheCustomersTurn(Refused):
    """The application is being checked and cannot be changed now."""

    code = "not_the_customers_turn"


class ChangedMeanwhile(Conflict):
    """Somebody else moved the application while this person was reading."""

    code = "changed_meanwhile"


def lock(
    application: InterconnectionApplication, *, seen: int | None
) -> InterconnectionApplication:
    """The row as it is now, kept from others; `seen` is the last move this person had read."""
    row = selectors.applications().select_for_update(of=("self",)).get(pk=application.pk)
    check_seen(row, seen=seen)
    return row


def check_seen(application: InterconnectionApplication, *, seen: int | None) -> None:
    """Raise ChangedMeanwhile when `seen` is not the last move of this application any more."""
    last = max(application.status_changes.all(), key=lambda change: change.pk, default=None)
    if seen is None or last is None or last.pk == seen:
        return
    moment = timezone.localtime(last.at)
    raise ChangedMeanwhile(
        say(
            "{by} moved it to “{status}” on {moment}, while you were reading. "
            "Nothing of yours was done: look again and decide anew.",
            by=last.by,
            status=application.get_status_display(),
            moment=day(moment, "full"),
        )
    )


def lock_for_customer(application: InterconnectionApplication) -> InterconnectionApplication:
    row = lock(application, seen=None)
    if row.status not in CUSTOMERS_TURN:
        raise NotTheCustomersTurn(
            say(
                "{application} is “{status}” and cannot be changed now. Call us if "
                "something in it is wrong.",
                application=row,
                status=row.get_status_display(),
            )
        )
    return row


def tell(
    application: InterconnectionApplication,
    template: str,
    *,
    at: datetime,
    again: int | None = None,
    **facts: object,
) -> None:
    """Queue a notice about this step, in the caller's transaction; told once for each move.

    `again` numbers what is told more than once in a step.
    """
    step = application.status_changes.count()
    queue_notice(
        customer=application.customer,
        template=template,
        about=f"{application.reference}/{step}" + (f"/{again}" if again else ""),
        context={"reference": application.reference, **facts},
        at=at,
    )
