"""Answering messages of work-management systems: once each, with clear faults (CS-6, CS-7)."""

import hashlib
import uuid
from collections.abc import Callable
from datetime import datetime

from django.db import connection, transaction

from cim import selectors
from cim.messages.envelope import (
    Fault,
    Message,
    Outcome,
    Reply,
    read_message,
    write_fault,
    write_reply,
)
from cim.messages.reading import NotReadable, read
from cim.messages.work import (
    SERVICE_ORDERS,
    WORK_REQUESTS,
    WorkIn,
    WorkStatusKind,
    read_query,
    read_works,
    write_service_orders,
    write_work_requests,
)
from cim.models import MessageLog
from customers.models import ServiceOrder
from customers.services import block_service_order, start_service_order
from customers.services.visits import cancel_visit, close_from_outside
from customers.services.works import return_work
from customers.statuses import ServiceOrderStatus, WorkStatus
from derms.accounts.models import User
from derms.lib.errors import DermsError, NotFound, Refused

NOUNS = {
    SERVICE_ORDERS.lower(): SERVICE_ORDERS,
    f"get{SERVICE_ORDERS}".lower(): SERVICE_ORDERS,
    WORK_REQUESTS.lower(): WORK_REQUESTS,
    f"get{WORK_REQUESTS}".lower(): WORK_REQUESTS,
}
CHANGES = frozenset({"change", "changed", "close", "closed", "cancel", "canceled"})
# What a verb says by itself when the payload carries no status.
VERB_STATUS = {
    "close": WorkStatusKind.CLOSED,
    "closed": WorkStatusKind.CLOSED,
    "cancel": WorkStatusKind.CANCELLED,
    "canceled": WorkStatusKind.CANCELLED,
}
ENDS_WELL = frozenset({WorkStatusKind.COMPLETED, WorkStatusKind.CLOSED})
BEGINS = frozenset({WorkStatusKind.ON_SITE, WorkStatusKind.IN_PROGRESS})
NO_REASON = "The work-management system gave no reason."


class MessageIdReused(Refused):
    """Another message of this sender had the same id."""

    code = "message_id_reused"


def receive(*, content: bytes, sender: User, at: datetime) -> tuple[bytes, bool]:
    """The answer, and whether the message could be read.

    The same message again gets the same answer and has no second effect; another message under
    a used id is refused and changes nothing.
    """
    try:
        message = read_message(read(content))
    except NotReadable as refusal:
        return write_fault(str(refusal)), False
    header = message.header
    if not header.message_id or len(header.message_id) > 200 or len(header.correlation_id) > 200:
        words = "Header/MessageID of at most 200 characters is needed: it makes repeating safe."
        return _answer(message, _failed("1.5", words), at=at), True
    sha256 = hashlib.sha256(content).hexdigest()
    with transaction.atomic():
        _one_at_a_time(sender, header.message_id)
        known = MessageLog.objects.filter(sender=sender, message_id=header.message_id).first()
        if known is not None:
            if known.sha256 == sha256:
                return known.reply.encode(), True
            words = f"Another message had the id {header.message_id}. Give each its own."
            return _answer(message, _failed("2.15", words), at=at), True
        reply = _handled(message, at=at, by=sender.get_username())
        written = _answer(message, reply, at=at)
        MessageLog.objects.create(
            sender=sender,
            message_id=header.message_id,
            correlation_id=header.correlation_id,
            verb=header.verb[:24],
            noun=header.noun[:64],
            received_at=at,
            sha256=sha256,
            content=content.decode("utf-8", errors="replace").replace("\0", ""),
            outcome=reply.outcome,
            reply=written.decode(),
        )
    return written, True


def _handled(message: Message, *, at: datetime, by: str) -> Reply:
    noun = NOUNS.get(message.header.noun.lower())
    if noun is None:
        return _failed("2.5", f"The noun {message.header.noun} is not served here.")
    if message.header.verb == "get":
        return _found(noun, read_query(message.request))
    if message.header.verb not in CHANGES:
        return _failed("2.9", f"The verb {message.header.verb} is not served for {noun}.")
    try:
        works = read_works(message.payload)
    except NotReadable as refusal:
        return _failed("1.8", str(refusal))
    if not works:
        return _failed("1.7", f"The payload holds no {noun}.")
    change = _change_order if noun == SERVICE_ORDERS else _change_work
    return _changed(message, works, change, noun=noun, at=at, by=by)


def _changed(
    message: Message,
    works: list[WorkIn],
    change: Callable[..., None],
    *,
    noun: str,
    at: datetime,
    by: str,
) -> Reply:
    """Each object by itself: one that is refused leaves the others done."""
    faults = []
    for work in works:
        name = work.names[0] if work.names else ""
        status = work.status or VERB_STATUS.get(message.header.verb, "")
        try:
            with transaction.atomic():
                change(work, status, at=at, by=by)
        except DermsError as refusal:
            code = "99.1" if isinstance(refusal, NotFound) else "6.1"
            faults.append(
                Fault(code=code, details=refusal.message, name=name, object_type=noun[:-1])
            )
    if not faults:
        return Reply(outcome=Outcome.OK)
    outcome = Outcome.PARTIAL if len(faults) < len(works) else Outcome.FAILED
    return Reply(outcome=outcome, faults=faults)


def _found(noun: str, names: list[str]) -> Reply:
    if noun == SERVICE_ORDERS:
        orders = selectors.asked_orders(names)
        numbers = {order.number for order in orders}
        payload = write_service_orders([selectors.order_out(order) for order in orders])
    else:
        works = selectors.asked_works(names)
        numbers = {work.number for work in works}
        payload = write_work_requests([selectors.work_out(work) for work in works])
    faults = [
        Fault(code="99.1", details=f"There is no {name}.", name=name, object_type=noun[:-1])
        for name in names
        if name not in numbers
    ]
    if faults and not numbers:
        return Reply(outcome=Outcome.FAILED, faults=faults)
    return Reply(outcome=Outcome.PARTIAL if faults else Outcome.OK, faults=faults, payload=payload)


def _change_order(work: WorkIn, status: str, *, at: datetime, by: str) -> None:
    orders = selectors.asked_orders(work.names) if work.names else []
    if len(orders) != 1:
        raise NotFound(f"There is no service order {' or '.join(work.names) or 'without a name'}.")
    order = orders[0]
    if order.kind == ServiceOrder.Kind.COMMISSIONING:
        raise Refused(f"{order} is carried out on the field pages: it takes a live test.")
    if work.crew and work.crew != order.crew:
        order.crew = work.crew[:80]
        order.save(update_fields=["crew"])
    _carry_out(order, status, work.reason, at=at, by=by)


def _carry_out(order: ServiceOrder, status: str, reason: str, *, at: datetime, by: str) -> None:
    if status not in set(WorkStatusKind):
        raise Refused(f"{order}: statusKind {status or 'is missing'} is not one of Part 6.")
    if status in BEGINS and order.status != ServiceOrderStatus.IN_PROGRESS:
        start_service_order(order=order, at=at, by=by)
    elif status == WorkStatusKind.WAITING_ON_MATERIAL:
        block_service_order(order=order, reason=reason or NO_REASON, at=at, by=by)
    elif status == WorkStatusKind.CANCELLED:
        cancel_visit(order=order, reason=reason or NO_REASON, at=at, by=by)
    elif status in ENDS_WELL and order.status != ServiceOrderStatus.DONE:
        close_from_outside(order=order, result=reason, at=at, by=by)


def _change_work(work: WorkIn, status: str, *, at: datetime, by: str) -> None:
    works = selectors.asked_works(work.names) if work.names else []
    if len(works) != 1:
        raise NotFound(f"There is no work request {' or '.join(work.names) or 'without a name'}.")
    row = works[0]
    if status == WorkStatusKind.CANCELLED:
        return_work(work=row, reason=work.reason or NO_REASON, at=at, by=by)
    elif row.status == WorkStatus.SCHEDULED and row.order is not None:
        _carry_out(row.order, status, work.reason, at=at, by=by)
    elif status in ENDS_WELL | BEGINS:
        raise Refused(f"{row} is “{row.get_status_display()}”: no crew is planned for it.")


def _failed(code: str, words: str) -> Reply:
    return Reply(outcome=Outcome.FAILED, faults=[Fault(code=code, details=words)])


def _answer(message: Message, reply: Reply, *, at: datetime) -> bytes:
    return write_reply(message, reply, message_id=str(uuid.uuid4()), at=at)


def _one_at_a_time(sender: User, message_id: str) -> None:
    """The same message twice at the same moment: the second waits for the first's answer."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select pg_advisory_xact_lock(hashtextextended(%s, 61968))",
            [f"{sender.pk}/{message_id}"],
        )
