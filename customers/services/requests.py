"""A service request from its opening to its end, step by step (CS-4, CS-5)."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from customers.flows.flow import LONG_TEXT_MAX, Flow, Way, check_answers, way_of
from customers.flows.kinds import ENROL, FLOWS, LEAVE
from customers.models import Customer, ServiceRequest, UsagePoint
from customers.services import leaving, works
from customers.services.numbering import next_number
from customers.services.orders import cancel_service_order
from customers.services.passages import begin, end, go, lock, tell
from customers.services.sending import Visit, send_somebody
from customers.signals import programme_accepted
from customers.statuses import REQUEST_ENDED, SERVICE_ORDER_ENDED, RequestStatus
from derms.accounts.changes import changes_since
from derms.accounts.models import User
from derms.lib.errors import Conflict, InvalidInput, Refused
from derms.lib.words import Later, say


class NotTheirTurn(Refused):
    """This step waits for somebody else, or is worked on elsewhere."""

    code = "not_their_turn"


class RequestChanged(Conflict):
    """Somebody else changed the request while this person was reading."""

    code = "request_changed"


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
        raise Refused(say("A request to connect DER begins with an application."))
    wrong = check_answers(flow.questions, answers, today=timezone.localdate(at))
    if flow.needs_point and usage_point is None:
        wrong["usage_point"] = [say("Choose the meter.")]
    if usage_point is not None and usage_point.customer_id != customer.pk:
        wrong["usage_point"] = [say("Choose a meter of this customer.")]
    if wrong:
        raise InvalidInput(say("Something is missing in the request."), fields=wrong)
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
        begin(request, flow.first, at=at, by=by)
        tell(request, "request_received", at=at, next=Later(lambda: f"{say(flow.first.plain)}."))
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
        row = lock(request, seen=seen)
        flow = FLOWS[row.kind]
        taken = _way(row, flow, way, actors)
        words = words.strip()
        if taken.asks and not words:
            raise InvalidInput(
                say("Write the words."),
                fields={"words": [say("{asks}: write it.", asks=say(taken.asks))]},
            )
        if len(words) > LONG_TEXT_MAX:
            told = say("Use at most {longest} characters.", longest=LONG_TEXT_MAX)
            raise InvalidInput(told, fields={"words": [told]})
        if taken.orders:
            send_somebody(row, taken.orders, visit, at=at, by=by)
        if taken.works:
            works.request_work(request=row, at=at, by=by)
        works.follow_request(row, taken.key, words=words, at=at, by=by)
        if (row.kind, taken.key) == (ENROL.kind, "enrolled"):
            programme_accepted.send(sender=ServiceRequest, request=row, at=at, by=by)
        if (row.kind, taken.key) == (LEAVE.kind, "left"):
            leaving.leave_as_asked(request=row, at=at, by=by)
        go(row, taken.to, at=at, by=by, way=taken.key, words=words)
    return row


def withdraw_request(
    *, request: ServiceRequest, reason: str, at: datetime, by: str, seen: int | None = None
) -> ServiceRequest:
    """End it because the customer no longer wants it; its open field orders are cancelled."""
    if not reason.strip():
        words = say("Say why the request is withdrawn.")
        raise InvalidInput(words, fields={"reason": [words]})
    with transaction.atomic():
        row = lock(request, seen=seen)
        if FLOWS[row.kind].is_mirrored:
            raise NotTheirTurn(f"{row} is withdrawn with its application {row.mirrors}.")
        end(row, RequestStatus.WITHDRAWN, at=at, by=by, words=reason.strip())
        for order in row.orders.exclude(status__in=SERVICE_ORDER_ENDED).select_for_update():
            cancel_service_order(order=order, reason=reason.strip(), at=at, by=by)
        works.follow_request(row, "refuse", words=reason.strip(), at=at, by=by)
        tell(row, "request_withdrawn", at=at, words=reason.strip())
    return row


def assign_request(
    *, request: ServiceRequest, to: User | None, version: int | None = None
) -> ServiceRequest:
    """Raises RequestChanged, with what changed, when `version` is not the present one."""
    with transaction.atomic():
        row = ServiceRequest.objects.select_for_update().get(pk=request.pk)
        if version is not None and row.version != version:
            told = [change.words for change in changes_since(row, version=version)]
            words = " ".join(told) or "It was changed meanwhile."
            raise RequestChanged(
                f"{row.number} was not assigned. {words} Look again and decide anew."
            )
        ServiceRequest.objects.filter(pk=row.pk).update(assigned_to=to)
    request.assigned_to = to
    return request


def _way(row: ServiceRequest, flow: Flow, key: str, actors: frozenset[str]) -> Way:
    if row.status in REQUEST_ENDED:
        raise NotTheirTurn(
            say(
                "{request} is {status}: nothing can be done.",
                request=row,
                status=row.get_status_display().lower(),
            )
        )
    step = flow.step(row.step)
    taken = way_of(step, key)
    if taken is None or taken.by_itself or step.actor not in actors:
        raise NotTheirTurn(
            say(
                "{request} is at “{step}” and waits for {actor}.",
                request=row,
                step=step.label,
                actor=row.get_waiting_on_display(),
            )
        )
    return taken
