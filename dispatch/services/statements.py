"""Issuing statements: once a month, and anew when more is known (CS-10, EPRI flow H)."""

import contextlib
import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from customers.models import Statement, StatementMetering, UsagePoint
from customers.services.notices import Told, queue_notices
from customers.services.numbering import next_numbers
from derms.lib.days import midnight, month_of
from derms.lib.errors import Conflict, Refused
from derms.lib.jobs import run_after_commit
from derms.lib.wire import from_data, to_data
from derms.lib.words import Later, mark, number
from devices.selectors import complete_until
from dispatch.selectors.statement_facts import facts_of_points, statement_facts
from dispatch.selectors.statements import (
    latest_statements_of,
    period_words,
    points_without_statement,
)
from dispatch.statements import Content, StatementFacts, compose
from dispatch.statements.packing import packed
from dispatch.statements.saying import correction_said

# So many are looked up at once.
BATCH = 400
# So many points are asked for and written at once: a month of each is some 6,000 readings.
CHUNK = 25
# What devices kept while they could not be heard comes in the first days of the next month.
WAIT = timedelta(days=2)
LETTER = "M"
LOCK = 61_968_010  # any number that nothing else locks


class PeriodNotOver(Refused):
    """A statement is of a period that is over."""

    code = "period_not_over"


class HistoryNotReady(Refused):
    """The period's readings are not added up yet."""

    code = "history_not_ready"


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """From the first day to before the last."""

    begins_on: date
    ends_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class _Draft:
    """A statement that is to be issued, with the version before it if there is one."""

    row: Statement
    facts: StatementFacts


def draw_up(usage_point: UsagePoint, begins_at: datetime, ends_at: datetime) -> Content:
    """What a statement of this period would say now."""
    return compose(statement_facts(usage_point, begins_at, ends_at))


def issue_statement(
    *, usage_point: UsagePoint, begins_on: date, ends_on: date, at: datetime, by: str, why: str = ""
) -> Statement:
    """Issue the period's statement, or a correction when it would say something else by now.

    `why` stands before what a correction changed. What says the same as the newest version is not
    issued again: that version is returned. Raises PeriodNotOver, HistoryNotReady, Conflict.
    """
    period = Period(begins_on=begins_on, ends_on=ends_on)
    return issue_statements(points=[usage_point], period=period, at=at, by=by, why=why)[0]


def issue_statements(
    *, points: Sequence[UsagePoint], period: Period, at: datetime, by: str, why: str = ""
) -> list[Statement]:
    """As `issue_statement`, for all of these points or for none, in their order.

    The points come with customer and location. Asking and writing once for many is what makes a
    thousand a minute; more than CHUNK at a time only take memory.
    """
    begins_at, ends_at = midnight(period.begins_on), midnight(period.ends_on)
    _check_is_over(ends_at, at)
    known = facts_of_points(points, begins_at, ends_at)
    before = latest_statements_of(points, period.begins_on)
    issued, drafts = dict[int, Statement](), list[_Draft]()
    for point in points:
        older = before.get(point.pk)
        content = compose(known[point.pk])
        data = _data_of(content)
        digest = hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()
        if older is not None and older.content_sha256 == digest:
            issued[point.pk] = older
            continue
        row = issued[point.pk] = Statement(
            customer=point.customer,
            usage_point=point,
            begins_on=period.begins_on,
            ends_on=period.ends_on,
            version=older.version + 1 if older else 1,
            content=data,
            content_sha256=digest,
            amount=content.amount,
            is_complete=content.is_complete,
            correction=f"{why} {_what_changed(older, content)}".strip() if older else "",
            issued_at=at,
            issued_by=by,
        )
        drafts.append(_Draft(row=row, facts=known[point.pk]))
    _write(drafts, at)
    return [issued[point.pk] for point in points]


def issue_due_statements(
    *,
    at: datetime,
    by: str = "clock",
    has_time: Callable[[], bool] = lambda: True,
    at_once: int = CHUNK,
) -> int:
    """Last month's statements that are still to come, while there is time; returns how many.

    Every `at_once` of them are committed for themselves. One process at a time works at them; where
    it stops for want of time it asks to be called again.
    """
    ends_on = month_of(timezone.localdate(at))[0]
    if at < midnight(ends_on) + WAIT:
        return 0
    period = Period(begins_on=month_of(ends_on - timedelta(days=1))[0], ends_on=ends_on)
    issued = 0
    with _alone() as is_mine:
        for chunk in _chunks(period, at_once) if is_mine else ():
            if not has_time():
                run_after_commit("dispatch.tasks.issue_statements", queue="studies")
                break
            try:
                issued += len(issue_statements(points=chunk, period=period, at=at, by=by))
            except HistoryNotReady:
                break
            except Conflict:
                # Somebody issues the same ones at this moment: what is left comes later.
                continue
    return issued


def _chunks(period: Period, size: int) -> Iterator[list[UsagePoint]]:
    """Those who have no statement of this period yet, each once."""
    waiting = points_without_statement(period.begins_on, midnight(period.ends_on))
    last = 0
    while points := list(waiting.filter(pk__gt=last)[:BATCH]):
        last = points[-1].pk
        yield from (points[first : first + size] for first in range(0, len(points), size))


@contextlib.contextmanager
def _alone() -> Iterator[bool]:
    """Whether no other process issues statements now; the lock of one that died is gone with it."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_lock(%s)", [LOCK])
        is_mine = bool(cursor.fetchone()[0])
        try:
            yield is_mine
        finally:
            if is_mine:
                cursor.execute("select pg_advisory_unlock(%s)", [LOCK])


def _write(drafts: Sequence[_Draft], at: datetime) -> None:
    """Numbers, rows, what was metered and the notices, in one transaction."""
    if not drafts:
        return
    try:
        with transaction.atomic():
            numbers = next_numbers(letter=LETTER, count=len(drafts), at=at)
            for draft, number_ in zip(drafts, numbers, strict=True):
                draft.row.number = number_
            Statement.objects.bulk_create([draft.row for draft in drafts])
            StatementMetering.objects.bulk_create(filter(None, map(_metering, drafts)))
            queue_notices([_told(draft.row) for draft in drafts], at=at)
    except IntegrityError as error:
        words = mark("Somebody else issued this statement just now. Look at it first.")
        raise Conflict(words) from error


def _data_of(content: Content) -> dict[str, Any]:
    data: dict[str, Any] = to_data(content)
    if not content.bonuses:  # says the same as statements that knew of none
        del data["bonuses"]
    return data


def _metering(draft: _Draft) -> StatementMetering | None:
    """So that the Green Button file of an issued version stays as it was."""
    meter = next((source for source in draft.facts.sources if source.kind is None), None)
    if meter is None:
        return None
    return StatementMetering(statement=draft.row, packed=packed(meter.energy))


def _check_is_over(ends_at: datetime, at: datetime) -> None:
    if ends_at > at:
        raise PeriodNotOver(
            f"This period ends on {ends_at:%d %B %Y}. Until then look at it as it is so far."
        )
    known = complete_until()
    if known is None or known < ends_at:
        raise HistoryNotReady("The readings of this period are still being added up. Try later.")


def _what_changed(before: Statement, now: Content) -> str:
    then = from_data(Content, before.content)
    unit = settings.CURRENCY
    changed = [
        f"{name} was {_kwh(old)}, is {_kwh(new)}"
        for name, old, new in (
            ("Production", then.produced_wh, now.produced_wh),
            ("Fed in", then.exported_wh, now.exported_wh),
            ("Taken from the grid", then.imported_wh, now.imported_wh),
            ("Held back", then.curtailed_wh, now.curtailed_wh),
        )
        if old != new
    ]
    if then.amount != now.amount:
        changed.append(f"amount was {then.amount} {unit}, is {now.amount} {unit}")
    return "; ".join(changed) + "." if changed else "Gaps or wording changed, no figure did."


def _kwh(energy_wh: float | None) -> str:
    return "unknown" if energy_wh is None else f"{energy_wh / 1000:,.3f} kWh"


def _told(row: Statement) -> Told:
    return Told(
        customer=row.customer,
        template="statement_corrected" if row.version > 1 else "statement_issued",
        about=f"statement-{row.number}",
        context={
            "number": row.number,
            "address": str(row.usage_point.location),
            "period": Later(lambda: period_words(row.begins_on, row.ends_on)),
            "amount": Later(lambda: f"{number(row.amount)} {settings.CURRENCY}"),
            "correction": Later(lambda: correction_said(row.correction)),
        },
    )
