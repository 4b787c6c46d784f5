"""Orders to the field: opened, started, blocked with a reason, finished (CS-6)."""

from datetime import datetime

from django.db import transaction

from customers.models import ServiceOrder, UsagePoint
from customers.services.numbering import next_number
from customers.statuses import ServiceOrderStatus
from derms.accounts.models import User
from derms.lib.errors import InvalidInput, Refused


class ReasonMissing(Refused):
    """A step that must be explained was not."""

    code = "reason_missing"


def open_service_order(
    *,
    kind: ServiceOrder.Kind,
    usage_point: UsagePoint,
    summary: str,
    planned_from: datetime,
    planned_to: datetime,
    at: datetime,
    by: str,
    assigned_to: User | None = None,
) -> ServiceOrder:
    """Open an order for a time window; its first status change says who opened it."""
    if planned_to <= planned_from:
        words = "The visit must end after it begins."
        raise InvalidInput(words, fields={"planned_to": [words]})
    with transaction.atomic():
        order = ServiceOrder.objects.create(
            number=next_number(letter="S", at=at),
            kind=kind,
            usage_point=usage_point,
            summary=summary,
            planned_from=planned_from,
            planned_to=planned_to,
            assigned_to=assigned_to,
        )
        order.status_changes.create(old_status="", new_status=order.status, at=at, by=by)
    return order


def start_service_order(*, order: ServiceOrder, at: datetime, by: str) -> ServiceOrder:
    return order.move(ServiceOrderStatus.IN_PROGRESS, at=at, by=by)


def block_service_order(*, order: ServiceOrder, reason: str, at: datetime, by: str) -> ServiceOrder:
    """The work cannot go on now; `reason` says what has to change first."""
    _must_explain(reason, order)
    return order.move(ServiceOrderStatus.BLOCKED, at=at, by=by, reason=reason)


def finish_service_order(*, order: ServiceOrder, at: datetime, by: str) -> ServiceOrder:
    return order.move(ServiceOrderStatus.DONE, at=at, by=by)


def cancel_service_order(
    *, order: ServiceOrder, reason: str, at: datetime, by: str
) -> ServiceOrder:
    _must_explain(reason, order)
    return order.move(ServiceOrderStatus.CANCELLED, at=at, by=by, reason=reason)


def _must_explain(reason: str, order: ServiceOrder) -> None:
    if not reason.strip():
        raise ReasonMissing(f"{order}: say why.", order=order.number)
