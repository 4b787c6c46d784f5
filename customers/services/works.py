"""Work requests: Engineering plans, the customer accepts, a crew builds (CS-7)."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from customers.models import ServiceLocation, ServiceOrder, ServiceRequest, UsagePoint, WorkRequest
from customers.services.numbering import next_number
from customers.services.orders import cancel_service_order
from customers.services.passages import go_by_itself, lock
from customers.services.sending import Visit, send_somebody
from customers.statuses import SERVICE_ORDER_ENDED, WORK_OPEN, WorkStatus
from derms.lib.errors import InvalidInput, Refused


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What Engineering says: what is built, at what cost, ready by when."""

    text: str
    cost: Decimal
    ready_date: date


@dataclass(frozen=True, kw_only=True)
class NewPoint:
    """The service point that a new service gets."""

    street: str
    postcode: str
    locality: str
    meter_number: str
    phases: str
    nominal_voltage_v: int


def request_work(*, request: ServiceRequest, at: datetime, by: str) -> WorkRequest:
    """Hand what the customer asked for to Engineering, in the caller's transaction."""
    answers = request.answers
    point = request.usage_point
    kind = WorkRequest.Kind(answers["what"])
    amperes = f" Main breaker {answers['amperes']} A." if answers.get("amperes") else ""
    work = WorkRequest.objects.create(
        number=next_number(letter="W", at=at),
        kind=kind,
        request=request,
        customer=request.customer,
        usage_point=None if kind == WorkRequest.Kind.NEW_SERVICE else point,
        place=answers["place"],
        description=f"{answers['load']}{amperes}",
        requested_at=at,
        requested_by=by,
    )
    work.status_changes.create(old_status="", new_status=work.status, at=at, by=by)
    return work


def plan_work(*, work: WorkRequest, plan: Plan, at: datetime, by: str) -> WorkRequest:
    """Keep Engineering's plan; the customer is asked to accept it with its cost."""
    _check(plan, today=timezone.localdate(at))
    with transaction.atomic():
        row = _locked(work)
        row.move(
            WorkStatus.PLANNED,
            at=at,
            by=by,
            plan=plan.text.strip(),
            cost=plan.cost,
            planned_date=plan.ready_date,
            planned_at=at,
            planned_by=by,
        )
        day = plan.ready_date
        words = (
            f"{plan.text.strip()}\nCost for you: {plan.cost}.\n"
            f"Ready by {day.day} {day:%B %Y}.\nPlease accept or decline it."
        )
        go_by_itself(row.request, "work_designed", words=words, at=at, by=by)
    return row


def return_work(*, work: WorkRequest, reason: str, at: datetime, by: str) -> WorkRequest:
    """Give it back to customer service; a crew that was planned is called off."""
    if not reason.strip():
        words = "Say what is missing or why it ends."
        raise InvalidInput(words, fields={"reason": [words]})
    with transaction.atomic():
        row = _locked(work)
        row.move(WorkStatus.CANCELLED, at=at, by=by, reason=reason.strip())
        _call_off(row, reason=reason.strip(), at=at, by=by)
        go_by_itself(row.request, "work_returned", words=reason.strip(), at=at, by=by)
    return row


def plan_crew(
    *,
    work: WorkRequest,
    visit: Visit,
    new_point: NewPoint | None = None,
    at: datetime,
    by: str,
) -> WorkRequest:
    """Send a crew to build what was planned and accepted; a new service gets its meter first."""
    with transaction.atomic():
        row = _locked(work)
        if row.status != WorkStatus.ACCEPTED:
            raise Refused(
                f"{row} is “{row.get_status_display()}”: a crew is planned when Engineering has "
                "planned the work and the customer has accepted it."
            )
        request = lock(row.request)
        if row.usage_point is None:
            row.usage_point = _made(row, new_point)
            row.save(update_fields=["usage_point"])
        if request.usage_point_id != row.usage_point.pk:
            request.usage_point = row.usage_point
            request.save(update_fields=["usage_point"])
        order = send_somebody(request, ServiceOrder.Kind.CONSTRUCTION, visit, at=at, by=by)
        row.move(WorkStatus.SCHEDULED, at=at, by=by, reason=f"{order}", order=order)
    return row


def follow_request(request: ServiceRequest, way: str, *, words: str, at: datetime, by: str) -> None:
    """What a customer's answer does to the work that waits for it."""
    if way not in {"accept", "refuse"}:
        return
    for work in request.works.filter(status__in=WORK_OPEN).select_for_update():
        if way == "accept":
            work.move(WorkStatus.ACCEPTED, at=at, by=by)
        else:
            work.move(WorkStatus.CANCELLED, at=at, by=by, reason=words)
            _call_off(work, reason=words, at=at, by=by)


def follow_order(order: ServiceOrder, *, words: str, at: datetime, by: str) -> None:
    """What the end of a construction order does to its work."""
    for work in WorkRequest.objects.filter(order=order).select_for_update():
        if work.status != WorkStatus.SCHEDULED:
            continue
        if order.status == "done":
            work.move(WorkStatus.DONE, at=at, by=by)
            go_by_itself(work.request, "work_done", words=words, at=at, by=by)
        else:
            work.move(WorkStatus.ACCEPTED, at=at, by=by, reason=words, order=None)


def _locked(work: WorkRequest) -> WorkRequest:
    return (
        WorkRequest.objects.select_for_update(of=("self",))
        .select_related("request", "customer", "usage_point")
        .get(pk=work.pk)
    )


def _check(plan: Plan, *, today: date) -> None:
    wrong = {}
    if not plan.text.strip():
        wrong["plan"] = ["Say what is built."]
    if plan.cost < 0:
        wrong["cost"] = ["The cost cannot be below zero."]
    if plan.ready_date < today:
        wrong["ready_date"] = ["This day is over."]
    if wrong:
        raise InvalidInput("The plan is not complete.", fields=wrong)


def _call_off(work: WorkRequest, *, reason: str, at: datetime, by: str) -> None:
    order = work.order
    if order is not None and order.status not in SERVICE_ORDER_ENDED:
        cancel_service_order(order=order, reason=reason, at=at, by=by)


def _made(work: WorkRequest, new: NewPoint | None) -> UsagePoint:
    if new is None:
        words = "Name the meter that the new service gets."
        raise InvalidInput(words, fields={"meter_number": [words]})
    if UsagePoint.objects.filter(meter_number=new.meter_number).exists():
        words = f"There is a meter {new.meter_number} already."
        raise InvalidInput(words, fields={"meter_number": [words]})
    location = ServiceLocation.objects.create(
        street=new.street, postcode=new.postcode, locality=new.locality
    )
    return UsagePoint.objects.create(
        customer=work.customer,
        location=location,
        meter_number=new.meter_number,
        phases=new.phases,
        nominal_voltage_v=new.nominal_voltage_v,
    )
