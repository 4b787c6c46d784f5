"""Days on the calendar of the utility's zone."""

from datetime import date, datetime, time, timedelta

from django.utils import timezone
from django.utils.dateparse import parse_date


def midnight(day: date) -> datetime:
    """The moment a day begins where the sites are."""
    return timezone.make_aware(datetime.combine(day, time()))


def month_of(day: date) -> tuple[date, date]:
    """The first day of its month, and of the next."""
    first = day.replace(day=1)
    return first, (first + timedelta(days=32)).replace(day=1)


def day_from(text: str) -> date | None:
    """The day that a person typed as 2026-06-15; None for what is no day."""
    try:
        return parse_date(text)
    except ValueError:
        return None
