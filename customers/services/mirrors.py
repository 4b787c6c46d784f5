"""A request to connect DER keeps the place of its application, told by the floor above (CS-5)."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import IntegrityError, transaction

from customers.flows.flow import Actor
from customers.flows.kinds import CONNECT_DER
from customers.models import Customer, RequestPassage, ServiceRequest, UsagePoint
from customers.services.numbering import next_number
from customers.services.passages import end, lock, place_at
from customers.statuses import REQUEST_ENDED, RequestStatus


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where an application stands: a step of the flow, or its end; `ask` when it is special."""

    step: str
    ended: RequestStatus | None = None
    ask: str = ""
    due_date: date | None = None


def mirror_request(
    *,
    reference: str,
    customer: Customer,
    usage_point: UsagePoint,
    place: Place,
    at: datetime,
    by: str,
) -> ServiceRequest:
    """Bring the request of this application to its place; open it at the first call.

    No notice goes out: the application's own notices tell the customer.
    """
    with transaction.atomic():
        row = _found(reference) or _opened(reference, customer, usage_point, at=at, by=by)
        row = lock(row)
        if row.status in REQUEST_ENDED:
            return row
        if place.ended is not None:
            end(row, place.ended, at=at, by=by, words=place.ask)
            return row
        step = CONNECT_DER.step(place.step)
        if place.step != row.step or (place.ask and place.ask != row.ask):
            place_at(row, step, at=at, by=by, words=place.ask)
        if step.actor != Actor.CUSTOMER and row.due_date != place.due_date:
            ServiceRequest.objects.filter(pk=row.pk).update(due_date=place.due_date)
            row.due_date = place.due_date
    return row


def _found(reference: str) -> ServiceRequest | None:
    return ServiceRequest.objects.filter(mirrors=reference).first()


def _opened(
    reference: str, customer: Customer, usage_point: UsagePoint, *, at: datetime, by: str
) -> ServiceRequest:
    first = CONNECT_DER.first
    try:
        with transaction.atomic():
            row = ServiceRequest.objects.create(
                number=next_number(letter="R", at=at),
                kind=CONNECT_DER.kind,
                customer=customer,
                usage_point=usage_point,
                mirrors=reference,
                status=RequestStatus.WAITING,
                step=first.key,
                waiting_on=first.actor,
                ask=first.ask,
                opened_at=at,
                opened_by=by,
            )
    except IntegrityError:
        return ServiceRequest.objects.get(mirrors=reference)
    row.status_changes.create(old_status="", new_status=row.status, at=at, by=by)
    RequestPassage.objects.create(
        request=row, step=first.key, waiting_on=first.actor, entered_at=at, by=by
    )
    return row
