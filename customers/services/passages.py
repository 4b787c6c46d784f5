"""How a service request comes to a step or to its end, and who is told (CS-4)."""

from datetime import date, datetime

from django.utils import timezone

from customers.flows.flow import DECLINED, ENDS, Actor, Step, way_of
from customers.flows.kinds import FLOWS
from customers.models import RequestPassage, ServiceRequest
from customers.selectors import requests as selectors
from customers.services.notices import queue_notice
from customers.statuses import REQUEST_ENDED, RequestStatus
from derms.lib.errors import Conflict
from derms.lib.words import Later, day, say


class RequestMoved(Conflict):
    """Somebody else moved the request while this person was reading."""

    code = "request_moved"


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
        tell(row, "request_question", at=at, question=Later(lambda: say(row.ask)))
    elif way not in {"answered", "order"}:
        tell(row, "request_moved", at=at, step=Later(lambda: say(step.plain)), words=words)
    return row


def begin(row: ServiceRequest, step: Step, *, at: datetime, by: str) -> None:
    """Write down that a new request came to its first step."""
    _pass(row, step.key, step.actor, at=at, by=by)
    _keep_due_date(row, at=at)


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


def go_by_itself(
    request: ServiceRequest | None, way: str, *, words: str, at: datetime, by: str
) -> None:
    """Take a way that the end of an order or a work takes; nothing when it is not offered."""
    if request is None:
        return
    row = lock(request)
    taken = way_of(FLOWS[row.kind].step(row.step), way) if row.step in FLOWS[row.kind] else None
    if row.status not in REQUEST_ENDED and taken is not None:
        go(row, taken.to, at=at, by=by, way=way, words=words)


def tell(request: ServiceRequest, template: str, *, at: datetime, **facts: object) -> None:
    """Queue a notice about this step, in the caller's transaction; told once for each."""
    queue_notice(
        customer=request.customer,
        template=template,
        about=f"{request.number}/{request.passages.count()}",
        context={
            "number": request.number,
            "what": Later(lambda: _in_a_sentence(say(FLOWS[request.kind].plain))),
            **facts,
        },
        at=at,
    )


def _in_a_sentence(words: str) -> str:
    return words[:1].lower() + words[1:]


def lock(request: ServiceRequest, *, seen: int | None = None) -> ServiceRequest:
    """The row as it is now, kept from others until the transaction ends.

    `seen` is the last passage that this person had read; raises RequestMoved when it is not.
    """
    ServiceRequest.objects.select_for_update().get(pk=request.pk)
    row = selectors.requests().get(pk=request.pk)
    last: RequestPassage | None = row.passages.order_by("-pk").first()
    if seen is not None and last is not None and last.pk != seen:
        raise RequestMoved(who_was_first(row, last))
    return row


def who_was_first(row: ServiceRequest, last: RequestPassage) -> str:
    """For who acted on what is no longer so."""
    return say(
        "{by} brought it to “{step}” on {moment}, while you were reading. "
        "Nothing of yours was done: look again and decide anew.",
        by=last.by,
        step=FLOWS[row.kind].label_of(last.step),
        moment=day(timezone.localtime(last.entered_at), "full"),
    )


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
