"""The utility's public holidays, which no statutory clock counts (CS-4)."""

from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Case, DateField, QuerySet, Value, When
from django.utils import timezone

from customers.flows.clock import Holidays, add_business_days, is_business_day
from customers.models import Holiday, ServiceRequest
from customers.selectors.requests import holidays
from customers.signals import holidays_changed
from customers.statuses import REQUEST_ENDED


def keep_holiday(*, day: date, name: str, at: datetime) -> Holiday:
    """From now on no clock counts this day: what is due on it or later is due a day later."""
    with transaction.atomic():
        before = holidays()
        holiday, is_new = Holiday.objects.update_or_create(
            date=day, defaults={"name": name.strip()}
        )
        if is_new:
            _tell(day, before, 1, at)
    return holiday


def remove_holiday(*, holiday: Holiday, at: datetime) -> None:
    """The day counts again: what is due later is due a day earlier."""
    with transaction.atomic():
        day, before = holiday.date, holidays()
        holiday.delete()
        _tell(day, before, -1, at)


def move_due_dates(rows: QuerySet[Any], *, day: date, before: Holidays, by: int) -> None:
    """Bring stored due dates to where the clocks now run out; `by` is a working day, or one back.

    A day to come is passed by every clock that runs beyond it, so that all move alike.
    """
    after = before | {day} if by > 0 else before - {day}
    if not is_business_day(day, before & after):
        return
    touched = rows.filter(due_date__gte=day) if by > 0 else rows.filter(due_date__gt=day)
    dues = touched.order_by().values_list("due_date", flat=True).distinct()
    moved = [
        When(due_date=due, then=Value(add_business_days(due, by, after))) for due in list(dues)
    ]
    if moved:
        touched.update(due_date=Case(*moved, output_field=DateField()))


def _tell(day: date, before: Holidays, by: int, at: datetime) -> None:
    """A day that is over changed no clock that was read since; open ones are told of new days."""
    if day <= timezone.localdate(at):
        return
    open_ones = ServiceRequest.objects.exclude(status__in=REQUEST_ENDED)
    move_due_dates(open_ones, day=day, before=before, by=by)
    holidays_changed.send(sender=Holiday, day=day, before=before, by=by)
