"""The utility's public holidays, which no statutory clock counts (CS-4)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Case, DateField, QuerySet, Value, When
from django.utils import timezone

from customers.flows.clock import Clock, Holidays, add_business_days, is_business_day
from customers.models import Holiday
from customers.selectors import requests as selectors
from customers.selectors.requests import holidays
from customers.signals import holidays_changed
from customers.statuses import REQUEST_ENDED

ROWS_AT_ONCE = 500


@dataclass(frozen=True, kw_only=True)
class Calendar:
    """What a change of the calendar did: how many requests and applications are due another day."""

    holiday: Holiday
    requests: int = 0
    applications: int = 0


def keep_holiday(*, day: date, name: str, at: datetime) -> Calendar:
    """From now on no clock counts this day, nor did any that ran over it and still runs."""
    with transaction.atomic():
        before = holidays()
        holiday, is_new = Holiday.objects.update_or_create(
            date=day, defaults={"name": name.strip()}
        )
        return _follow(holiday, before, 1, at) if is_new else Calendar(holiday=holiday)


def remove_holiday(*, holiday: Holiday, at: datetime) -> Calendar:
    """The day counts again: what is due later is due a day earlier."""
    with transaction.atomic():
        before = holidays()
        Holiday.objects.filter(pk=holiday.pk).delete()
        return _follow(holiday, before, -1, at)


def move_due_dates(rows: QuerySet[Any], *, day: date, before: Holidays, by: int) -> int:
    """Bring stored due dates to where the clocks now run out; `by` is a working day, or one back.

    For a day to come: it is passed by every clock that runs beyond it, so that all move alike.
    Returns how many were moved.
    """
    after = before | {day} if by > 0 else before - {day}
    if not is_business_day(day, before & after):
        return 0
    touched = rows.filter(due_date__gte=day) if by > 0 else rows.filter(due_date__gt=day)
    dues = touched.order_by().values_list("due_date", flat=True).distinct()
    moved = [
        When(due_date=due, then=Value(add_business_days(due, by, after))) for due in list(dues)
    ]
    return touched.update(due_date=Case(*moved, output_field=DateField())) if moved else 0


def keep_due_dates(rows: QuerySet[Any], clock_of: Callable[[Any], Clock | None]) -> list[Any]:
    """Write where each clock runs out where that is another day by now; returns those moved.

    For a day that is over: only the clocks that ran on it move, so that each is read anew.
    """
    moved = []
    for row in rows.filter(due_date__isnull=False).iterator(chunk_size=ROWS_AT_ONCE):
        clock = clock_of(row)
        if clock is not None and clock.due_date not in {None, row.due_date}:
            row.due_date = clock.due_date
            moved.append(row)
    for row in moved:
        rows.model.objects.filter(pk=row.pk).update(due_date=row.due_date)
    return moved


def _follow(holiday: Holiday, before: Holidays, by: int, at: datetime) -> Calendar:
    """Requests here; applications and what mirrors them by news to the floor above."""
    day, today = holiday.date, timezone.localdate(at)
    own = selectors.requests().exclude(status__in=REQUEST_ENDED).filter(mirrors="")
    if day > today:
        requests = move_due_dates(own.order_by(), day=day, before=before, by=by)
    else:
        free = holidays()
        asked = own.filter(opened_at__date__lt=day)
        clock = partial(selectors.clock_of, today=today, free_days=free)
        requests = len(keep_due_dates(asked, clock))
    told = holidays_changed.send(sender=Holiday, day=day, before=before, by=by, today=today)
    applications = sum(int(count or 0) for _, count in told)
    return Calendar(holiday=holiday, requests=requests, applications=applications)
