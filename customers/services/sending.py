"""Sending somebody for a request: the field order and the notice of its window (CS-6)."""

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from customers.models import ServiceOrder, ServiceRequest
from customers.services.orders import open_service_order
from customers.services.passages import tell
from derms.accounts.models import User
from derms.lib.errors import InvalidInput, Refused
from derms.lib.words import Later, day, say


@dataclass(frozen=True, kw_only=True)
class Visit:
    """When somebody drives there, and who."""

    planned_from: datetime
    planned_to: datetime
    assigned_to: User | None = None
    crew: str = ""


def send_somebody(
    row: ServiceRequest, kind: str, visit: Visit | None, *, at: datetime, by: str
) -> ServiceOrder:
    """Open the order of this kind and tell the customer when somebody comes."""
    if row.usage_point is None:
        words = "This request names no meter, so nobody can be sent. Ask the customer which it is."
        raise Refused(words)
    if visit is None or visit.planned_from <= at:
        words = "Choose a window in the future."
        raise InvalidInput(words, fields={"day": [words]})
    what, location = ServiceOrder.Kind(kind), str(row.usage_point.location)
    order = open_service_order(
        kind=what,
        usage_point=row.usage_point,
        summary=f"{what.label} for {row.number} at {location}"[:200],
        planned_from=visit.planned_from,
        planned_to=visit.planned_to,
        assigned_to=visit.assigned_to,
        at=at,
        by=by,
    )
    order.request, order.crew = row, visit.crew
    order.save(update_fields=["request", "crew"])
    planned_from, planned_to = visit.planned_from, visit.planned_to
    window = Later(lambda: window_words(planned_from, planned_to))
    tell(row, "request_visit", at=at, window=window, address=location)
    return order


def window_words(planned_from: datetime, planned_to: datetime) -> str:
    """When somebody comes, as the customer reads it; the day is said once."""
    begins, ends = map(timezone.localtime, (planned_from, planned_to))
    is_one_day = begins.date() == ends.date()
    return say(
        "{day}, {begins} to {ends}",
        day=day(begins),
        begins=day(begins, "minute"),
        ends=day(ends, "minute") if is_one_day else f"{day(ends)}, {day(ends, 'minute')}",
    )
