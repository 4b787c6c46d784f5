"""Telling a work-management system of every move of an order, by an outbox (CS-6, IX-1)."""

import logging
import uuid
from datetime import datetime, timedelta
from http.client import HTTPException
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from django.conf import settings
from django.db import transaction

from cim import selectors
from cim.messages.envelope import read_result, write_request
from cim.messages.work import SERVICE_ORDERS, write_service_orders
from cim.models import OrderPush

logger = logging.getLogger(__name__)
# Few, as one run must end within a task's time even when the partner is slow.
BATCH, TIMEOUT_S = 5, 4.0
# Longer than one attempt may take: nobody can still be sending after that.
CLAIMED_FOR = timedelta(minutes=2)
WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240))
ATTEMPTS_MAX = 30
# An answer that says “later”; every other refusal is for a person.
LATER = frozenset({408, 425, 429})


def push_orders(*, at: datetime) -> int:
    """Queue what moved and send what is due; returns how many messages were taken.

    Nothing happens where no work-management system is named (`DERMS_WMS_URL`).
    """
    if not settings.WMS_URL:
        return 0
    queue_pushes(at=at)
    taken = 0
    for push in selectors.pushes_due(at=at)[:BATCH]:
        if not _claim(push, at):
            continue
        is_done = _send(push, at=at)
        taken += is_done
        if not is_done and push.given_up_at is None:
            break  # away: no use to try the next one now
    return taken


def queue_pushes(*, at: datetime) -> int:
    """One row for each move nobody has been told of; what the partner said itself is no news."""
    with transaction.atomic():
        rows = [
            OrderPush(
                change_id=change.pk,
                order_id=change.order_id,
                message_id=(message_id := uuid.uuid4()),
                content=_message(change.order.number, change.old_status, message_id, at),
                queued_at=at,
                next_attempt_at=at,
            )
            for change in selectors.changes_to_push(at=at)
        ]
        OrderPush.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


def _message(number: str, old_status: str, message_id: uuid.UUID, at: datetime) -> str:
    orders = [selectors.order_out(one) for one in selectors.asked_orders([number])]
    return write_request(
        verb="change" if old_status else "create",
        noun=SERVICE_ORDERS,
        payload=write_service_orders(orders),
        message_id=str(message_id),
        source=settings.SITE_NAME,
        at=at,
    ).decode()


def _claim(push: OrderPush, at: datetime) -> bool:
    """Two workers never send one message at a time; the same message twice is safe all the same."""
    mine = OrderPush.objects.filter(
        pk=push.pk, attempts=push.attempts, sent_at=None, given_up_at=None
    )
    push.attempts += 1
    return mine.update(attempts=push.attempts, next_attempt_at=at + CLAIMED_FOR) == 1


def _send(push: OrderPush, *, at: datetime) -> bool:
    """Whether it was taken; otherwise the row says when it is tried again, or that it is not."""
    try:
        status, body = _posted(push.content.encode())
    except (OSError, HTTPException) as silent:
        return _again(push, f"No answer: {silent}", at)
    if status in LATER or status >= 500:
        return _again(push, f"HTTP {status}", at)
    result = read_result(body)
    if status >= 300 or result == "FAILED":
        push.given_up_at = at
        words = f"HTTP {status} {result}: {body[:2000].decode(errors='replace')}"
        _write(push, words.replace("\0", ""), given_up_at=at)
        logger.warning("order_push_refused order=%s status=%s", push.order_id, status)
        return False
    _write(push, f"HTTP {status} {result}".strip(), sent_at=at)
    return True


def _posted(content: bytes) -> tuple[int, bytes]:
    headers = {"Content-Type": "text/xml; charset=utf-8"}
    if settings.WMS_AUTHORIZATION:
        headers["Authorization"] = settings.WMS_AUTHORIZATION
    request = Request(settings.WMS_URL, data=content, headers=headers, method="POST")  # noqa: S310  checked at the start
    try:
        with urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310
            return answer.status, answer.read(65_536)
    except HTTPError as refusal:
        return refusal.code, refusal.read(65_536)
    except URLError as error:
        raise OSError(str(error.reason)) from error


def _again(push: OrderPush, words: str, at: datetime) -> bool:
    if push.attempts >= ATTEMPTS_MAX:
        push.given_up_at = at
        _write(push, words, given_up_at=at)
    else:
        _write(push, words, next_attempt_at=at + WAITS[min(push.attempts, len(WAITS)) - 1])
    return False


def _write(push: OrderPush, words: str, **facts: datetime) -> None:
    OrderPush.objects.filter(pk=push.pk).update(answer=words, **facts)
