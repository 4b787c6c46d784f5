"""A service request from its opening to its end, step by step (CS-4, CS-5)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils import timezone

from customers.flows.flow import (
    DECLINED,
    ENDS,
    LONG_TEXT_MAX,
    Actor,
    Flow,
    Step,
    Way,
    check_answers,
    way_of,
)
from customers.flows.kinds import FLOWS
from customers.models import (
    Customer,
    RequestPassage,
    ServiceOrder,
    ServiceRequest,
    UsagePoint,
)
from customers.selectors import requests as selectors
from customers.services.notices import queue_notice
from customers.services.numbering import next_number
from customers.services.orders import cancel_service_order, open_service_order
from customers.statuses import REQUEST_ENDED, SERVICE_ORDER_ENDED, RequestStatus
from derms.accounts.models import User
from derms.lib.errors import Conflict, InvalidInput, Refused

WINDOW = "%d %B %Y, %H:%M"


class RequestMoved(Conflict):
    """Somebody else moved the request while this person was reading."""

    code = "request_moved"


class NotTheirTurn(Refused):
    """This step waits for somebody else, or is worked on elsewhere."""

    code = "not_their_turn"


@dataclass(frozen=True, kw_only=True)
class Visit:
    """When somebody drives there, and who."""

    planned_from: datetime
    planned_to: datetime
    assigned_to: User | None = None


def open_request(
    *,
    kind: str,
    customer: Customer,
    usage_point: UsagePoint | None,
    answers: Mapping[str, str],
    at: datetime,
    by: str,
) -> ServiceRequest:
    """Begin a request with the answers to the questions of its kind; the customer is told.

    Raises InvalidInput with words beside each question that is not answered well.
    """
    flow = FLOWS[kind]
    if flow.is_mirrored:
        raise Refused("A request to connect DER begins with an application.")
    wrong = check_answers(flow.questions, answers, today=timezone.localdate(at))
    if flow.needs_point and usage_point is None:
        wrong["usage_point"] = ["Choose the meter."]
    if usage_point is not None and usage_point.customer_id != customer.pk:
        wrong["usage_point"] = ["Choose a meter of this customer."]
    if wrong:
        raise InvalidInput("Something is missing in the request.", fields=wrong)
    with transaction.atomic():
        request = ServiceRequest.objects.create(
            number=next_number(letter="R", at=at),
            kind=kind,
            customer=customer,
            usage_point=usage_point,
            answers={one.key: answers.get(one.key, "").strip() for one in flow.questions},
            step=flow.first.key,
            waiting_on=flow.first.actor,
            ask=flow.first.ask,
            opened_at=at,
            opened_by=by,
        )
        request.status_changes.create(old_status="", new_status=request.status, at=at, by=by)
        _pass(request, flow.first.key, flow.first.actor, at=at, by=by)
        _keep_due_date(request, at=at)
        tell(request, "request_received", at=at, next=f"{flow.first.plain}.")
    return request


def take_way(
    *,
    request: ServiceRequest,
    way: str,
    actors: frozenset[str],
    at: datetime,
    by: str,
    words: str = "",
    visit: Visit | None = None,
    seen: int | None = None,
) -> ServiceRequest:
    """Answer the present step as one of `actors` and go where the answer leads.

    `seen` is the last passage that this person had read. Raises RequestMoved when there is a
    newer one, NotTheirTurn when the step waits for somebody else.
    """
    with transaction.atomic():
        row = _lock(request, seen=seen)
        flow = FLOWS[row.kind]
        taken = _way(row, flow, way, actors)
        words = words.strip()
        if taken.asks and not words:
            raise InvalidInput("Write the words.", fields={"words": [f"{taken.asks}: write it."]})
        if len(words) > LONG_TEXT_MAX:
            told = f"Use at most {LONG_TEXT_MAX} characters."
            raise InvalidInput(told, fields={"words": [told]})
        if taken.orders:
            _order(row, taken, visit, at=at, by=by)
        go(row, taken.to, at=at, by=by, way=taken.key, words=words)
    return row


def go(
    row: ServiceRequest, to: str, *, at: datetime, by: str, way: str = "", words: str = ""
) -> ServiceRequest:
    """Bring a locked request to a step or to its end, and tell the customer."""
    flow = FLOWS[row.kind]
    if to in ENDS:
        end(row, RequestStatus(to), at=at, by=by, way=way, words=words)
        template = "request_declined" if to == DECLINED else "request_done"
        tell(row, template, at=at, words=words)
        return row
    step = flow.step(to)
    place_at(row, step, at=at, by=by, way=way, words=words)
    if step.actor == Actor.CUSTOMER:
        tell(row, "request_question", at=at, question=row.ask)
    elif way not in {"answered", "order"}:
        tell(row, "request_moved", at=at, step=step.plain, words=words)
    return row


def place_at(
    row: ServiceRequest, step: Step, *, at: datetime, by: str, way: str = "", words: str = ""
) -> None:
    """Write the step, whose turn it is and the exact ask; nobody is told yet."""
    is_customers = step.actor == Actor.CUSTOMER
    status = RequestStatus.WAITING if is_customers else RequestStatus.OPEN
    facts = {
        "step": step.key,
        "waiting_on": step.actor.value,
        "ask": words if is_customers and words else step.ask,
        "due_date": None,
    }
    if row.status == status:
        ServiceRequest.objects.filter(pk=row.pk).update(**facts)
        for name, value in facts.items():
            setattr(row, name, value)
    else:
        row.move(status, at=at, by=by, reason=words, **facts)
    _pass(row, step.key, step.actor, at=at, by=by, way=way, words=words)
    _keep_due_date(row, at=at)


def end(
    row: ServiceRequest,
    status: RequestStatus,
    *,
    at: datetime,
    by: str,
    way: str = "",
    words: str = "",
) -> None:
    row.move(
        status,
        at=at,
        by=by,
        reason=words,
        waiting_on=Actor.NOBODY.value,
        ask="",
        due_date=None,
        closed_at=at,
    )
    _pass(row, status, Actor.NOBODY, at=at, by=by, way=way, words=words)


def withdraw_request(
    *, request: ServiceRequest, reason: str, at: datetime, by: str, seen: int | None = None
) -> ServiceRequest:
    """End it because the customer no longer wants it; its open field orders are cancelled."""
    if not reason.strip():
        words = "Say why the request is withdrawn."
        raise InvalidInput(words, fields={"reason": [words]})
    with transaction.atomic():
        row = _lock(request, seen=seen)
        if FLOWS[row.kind].is_mirrored:
            raise NotTheirTurn(f"{row} is withdrawn with its application {row.mirrors}.")
        end(row, RequestStatus.WITHDRAWN, at=at, by=by, words=reason.strip())
        for order in row.orders.exclude(status__in=SERVICE_ORDER_ENDED).select_for_update():
            cancel_service_order(order=order, reason=reason.strip(), at=at, by=by)
        tell(row, "request_withdrawn", at=at, words=reason.strip())
    return row


def assign_request(*, request: ServiceRequest, to: User | None) -> ServiceRequest:
    ServiceRequest.objects.filter(pk=request.pk).update(assigned_to=to)
    request.assigned_to = to
    return request


def follow_order(*, order: ServiceOrder, way: str, words: str, at: datetime, by: str) -> None:
    """Move on the request that waits for this field order; nothing when none does."""
    if order.request_id is None:
        return
    row = _lock(order.request, seen=None)
    taken = way_of(FLOWS[row.kind].step(row.step), way) if row.step in FLOWS[row.kind] else None
    if row.status not in REQUEST_ENDED and taken is not None:
        go(row, taken.to, at=at, by=by, way=way, words=words)


def tell(request: ServiceRequest, template: str, *, at: datetime, **facts: str) -> None:
    """Queue a notice about this step, in the caller's transaction; told once for each."""
    queue_notice(
        customer=request.customer,
        template=template,
        about=f"{request.number}/{request.passages.count()}",
        context={
            "number": request.number,
            "what": FLOWS[request.kind].plain[0].lower() + FLOWS[request.kind].plain[1:],
            **facts,
        },
        at=at,
    )


def lock_request(request: ServiceRequest) -> ServiceRequest:
    """The row as it is now, kept from others until the transaction ends."""
    return _lock(request, seen=None)


def _lock(request: ServiceRequest | None, *, seen: int | None) -> ServiceRequest:
    assert request is not None  # noqa: S101  callers have looked
    ServiceRequest.objects.select_for_update().get(pk=request.pk)
    row = selectors.requests().get(pk=request.pk)
    last: RequestPassage | None = row.passages.order_by("-pk").first()
    if seen is not None and last is not None and last.pk != seen:
        moment = timezone.localtime(last.entered_at)
        raise RequestMoved(
            f"{last.by} brought it to “{FLOWS[row.kind].label_of(last.step)}” on "
            f"{moment:%d %B at %H:%M}, while you were reading. Nothing of yours was done: "
            "look again and decide anew."
        )
    return row


def _way(row: ServiceRequest, flow: Flow, key: str, actors: frozenset[str]) -> Way:
    if row.status in REQUEST_ENDED:
        raise NotTheirTurn(f"{row} is {row.get_status_display().lower()}: nothing can be done.")
    step = flow.step(row.step)
    taken = way_of(step, key)
    if taken is None or taken.by_itself or step.actor not in actors:
        raise NotTheirTurn(
            f"{row} is at “{step.label}” and waits for {row.get_waiting_on_display()}."
        )
    return taken


def _order(
    row: ServiceRequest, way: Way, visit: Visit | None, *, at: datetime, by: str
) -> ServiceOrder:
    if row.usage_point is None:
        words = "This request names no meter, so nobody can be sent. Ask the customer which it is."
        raise Refused(words)
    if visit is None or visit.planned_from <= at:
        words = "Choose a window in the future."
        raise InvalidInput(words, fields={"day": [words]})
    kind = ServiceOrder.Kind(way.orders)
    location = str(row.usage_point.location)
    order = open_service_order(
        kind=kind,
        usage_point=row.usage_point,
        summary=f"{kind.label} for {row.number} at {location}"[:200],
        planned_from=visit.planned_from,
        planned_to=visit.planned_to,
        assigned_to=visit.assigned_to,
        at=at,
        by=by,
    )
    ServiceOrder.objects.filter(pk=order.pk).update(request=row)
    begins, ends = map(timezone.localtime, (visit.planned_from, visit.planned_to))
    window = f"{begins.strftime(WINDOW)} to {ends:%H:%M}"
    tell(row, "request_visit", at=at, window=window, address=location)
    return order


def _pass(
    row: ServiceRequest,
    step: str,
    actor: Actor,
    *,
    at: datetime,
    by: str,
    way: str = "",
    words: str = "",
) -> None:
    row.passages.create(
        step=step, waiting_on=actor.value, entered_at=at, by=by, way=way, words=words
    )
    _forget_prefetched(row)


def _forget_prefetched(row: ServiceRequest) -> None:
    getattr(row, "_prefetched_objects_cache", {}).pop("passages", None)


def _keep_due_date(row: ServiceRequest, *, at: datetime) -> None:
    """The day on which the clock runs out, as it looks from this step."""
    today: date = timezone.localdate(at)
    clock = selectors.clock_of(row, today=today, free_days=selectors.holidays())
    if clock is None or clock.due_date == row.due_date:
        return
    ServiceRequest.objects.filter(pk=row.pk).update(due_date=clock.due_date)
    row.due_date = clock.due_date
