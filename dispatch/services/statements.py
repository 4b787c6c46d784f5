"""Issuing statements: once a month, and anew when more is known (CS-10, EPRI flow H)."""

import hashlib
import json
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from customers.models import Statement, StatementMetering, UsagePoint
from customers.services import next_number, queue_notice
from derms.lib.days import midnight, month_of
from derms.lib.errors import Conflict, Refused
from derms.lib.wire import from_data, to_data
from derms.lib.words import Later, day, mark, number, say
from devices.selectors import complete_until
from dispatch.selectors.statements import (
    latest_statement,
    points_without_statement,
    statement_facts,
)
from dispatch.statements import Content, StatementFacts, compose
from dispatch.statements.packing import packed

# Few enough that a run ends soon; the next one goes on.
BATCH = 200
# What devices kept while they could not be heard comes in the first days of the next month.
WAIT = timedelta(days=2)
LETTER = "M"


class PeriodNotOver(Refused):
    """A statement is of a period that is over."""

    code = "period_not_over"


class HistoryNotReady(Refused):
    """The period's readings are not added up yet."""

    code = "history_not_ready"


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
    begins_at, ends_at = midnight(begins_on), midnight(ends_on)
    _check_is_over(ends_at, at)
    facts = statement_facts(usage_point, begins_at, ends_at)
    content = compose(facts)
    data = to_data(content)
    if not content.bonuses:  # says the same as statements that knew of none
        del data["bonuses"]
    digest = hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()
    before = latest_statement(usage_point, begins_on)
    if before is not None and before.content_sha256 == digest:
        return before
    try:
        with transaction.atomic():
            row = Statement.objects.create(
                number=next_number(letter=LETTER, at=at),
                customer_id=usage_point.customer_id,
                usage_point=usage_point,
                begins_on=begins_on,
                ends_on=ends_on,
                version=before.version + 1 if before else 1,
                content=data,
                content_sha256=digest,
                amount=content.amount,
                is_complete=content.is_complete,
                correction=f"{why} {_what_changed(before, content)}".strip() if before else "",
                issued_at=at,
                issued_by=by,
            )
            _keep_metering(row, facts)
            _tell(row, at)
    except IntegrityError as error:
        words = mark("Somebody else issued this statement just now. Look at it first.")
        raise Conflict(words) from error
    return row


def issue_due_statements(*, at: datetime, by: str = "clock") -> int:
    """Last month's statements that are still to come, a batch at a time; returns how many."""
    ends_on = month_of(timezone.localdate(at))[0]
    if at < midnight(ends_on) + WAIT:
        return 0
    begins_on = month_of(ends_on - timedelta(days=1))[0]
    issued = 0
    for point in points_without_statement(begins_on, midnight(ends_on))[:BATCH]:
        try:
            issue_statement(usage_point=point, begins_on=begins_on, ends_on=ends_on, at=at, by=by)
        except HistoryNotReady:
            break
        issued += 1
    return issued


def _keep_metering(row: Statement, facts: StatementFacts) -> None:
    """So that the Green Button file of an issued version stays as it was."""
    meter = next((source for source in facts.sources if source.kind is None), None)
    if meter is not None:
        StatementMetering.objects.create(statement=row, packed=packed(meter.energy))


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


def _tell(row: Statement, at: datetime) -> None:
    queue_notice(
        customer=row.customer,
        template="statement_corrected" if row.version > 1 else "statement_issued",
        about=f"statement-{row.number}",
        context={
            "number": row.number,
            "address": str(row.usage_point.location),
            "period": Later(lambda: period_words(row.begins_on, row.ends_on)),
            "amount": Later(lambda: f"{number(row.amount)} {settings.CURRENCY}"),
            "correction": row.correction,
        },
        at=at,
    )


def period_words(begins_on: date, ends_on: date) -> str:
    """October 2026, or the first and the last day."""
    if begins_on.day == 1 and ends_on == month_of(begins_on)[1]:
        return day(begins_on, "month")
    last = ends_on - timedelta(days=1)
    return say("{first} to {last}", first=day(begins_on, "short"), last=day(last, "short"))
