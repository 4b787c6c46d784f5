"""Telling a work-management system of every move of orders and works (CS-6, CS-7, IX-1).

An outbox: what is to be told is a row with its bytes.
"""

import logging
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import HTTPRedirectHandler, Request, build_opener
from xml.etree.ElementTree import Element

from django.conf import settings
from django.db import transaction
from typing_extensions import override

from cim import selectors
from cim.messages.envelope import read_result, write_request
from cim.messages.work import (
    SERVICE_ORDERS,
    WORK_REQUESTS,
    write_service_orders,
    write_work_requests,
)
from cim.models import OrderPush
from derms.lib.errors import Conflict
from derms.lib.jobs import run_after_commit

logger = logging.getLogger(__name__)
# Few, as one run must end within a task's time even when the partner is slow.
BATCH, TIMEOUT_S = 5, 4.0
# Longer than one attempt may take: nobody can still be sending after that.
CLAIMED_FOR = timedelta(minutes=2)
WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240))
ATTEMPTS_MAX = 30
# An answer that says “later”; every other refusal is for a person.
LATER = frozenset({408, 425, 429})


class LaterOneTaken(Conflict):
    """Sending this one now would tell what is no longer so."""

    code = "later_one_taken"


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
            _row(_of_order(one.order.number, one.old_status), at, change=one, order=one.order)
            for one in selectors.changes_to_push(at=at)
        ] + [
            _row(_of_work(one.work.number, one.old_status), at, work_change=one, work=one.work)
            for one in selectors.work_changes_to_push(at=at)
        ]
        OrderPush.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


def try_again(*, push: OrderPush, at: datetime, by: str) -> OrderPush:
    """Send it now instead of later or never: the same bytes with the same MessageID.

    Raises LaterOneTaken when that would tell the partner something that is no longer so.
    """
    with transaction.atomic():
        row = OrderPush.objects.select_for_update().get(pk=push.pk)
        if row.sent_at is not None:
            raise LaterOneTaken("It has been taken meanwhile: there is nothing to send again.")
        if not selectors.may_try_again(row):
            raise LaterOneTaken("A later move has been taken. This one is no longer sent.")
        row.given_up_at, row.next_attempt_at, row.attempts = None, at, 0
        row.asked_again_by, row.asked_again_at = by, at
        row.save(
            update_fields=[
                "given_up_at", "next_attempt_at", "attempts", "asked_again_by", "asked_again_at",
            ]
        )  # fmt: skip
        run_after_commit("cim.tasks.push_orders")
    return row


@dataclass(frozen=True)
class _Told:
    """What a message holds besides its id."""

    verb: str
    noun: str
    payload: Element


def _of_order(number: str, old_status: str) -> _Told:
    orders = [selectors.order_out(one) for one in selectors.asked_orders([number])]
    return _Told(_verb(old_status), SERVICE_ORDERS, write_service_orders(orders))


def _of_work(number: str, old_status: str) -> _Told:
    works = [selectors.work_out(one) for one in selectors.asked_works([number])]
    return _Told(_verb(old_status), WORK_REQUESTS, write_work_requests(works))


def _verb(old_status: str) -> str:
    return "change" if old_status else "create"


def _row(told: _Told, at: datetime, **about: Any) -> OrderPush:
    message_id = uuid.uuid4()
    content = write_request(
        verb=told.verb,
        noun=told.noun,
        payload=told.payload,
        message_id=str(message_id),
        source=settings.SITE_NAME,
        at=at,
    ).decode()
    return OrderPush(
        message_id=message_id, content=content, queued_at=at, next_attempt_at=at, **about
    )


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
    if 300 <= status < 400:
        words = f"HTTP {status}: redirects are not followed. Enter the final address."
        body, result = words.encode(), ""
    else:
        result = read_result(body)
    if status >= 300 or result == "FAILED":
        push.given_up_at = at
        words = f"HTTP {status} {result}: {body[:2000].decode(errors='replace')}"
        _write(push, words.replace("\0", ""), given_up_at=at)
        logger.warning("order_push_refused push=%s status=%s", push.pk, status)
        return False
    _write(push, f"HTTP {status} {result}".strip(), sent_at=at)
    return True


class _NoRedirect(HTTPRedirectHandler):
    """A partner's address is the one that somebody entered: the header goes nowhere else."""

    @override
    def redirect_request(self, *asked: object, **named: object) -> None:
        return None


def _posted(content: bytes) -> tuple[int, bytes]:
    headers = {"Content-Type": "text/xml; charset=utf-8"}
    if settings.WMS_AUTHORIZATION:
        headers["Authorization"] = settings.WMS_AUTHORIZATION
    request = Request(settings.WMS_URL, data=content, headers=headers, method="POST")  # noqa: S310  checked at the start
    try:
        with build_opener(_NoRedirect).open(request, timeout=TIMEOUT_S) as answer:
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
