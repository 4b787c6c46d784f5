"""The utility's public holidays, which no statutory clock counts (CS-4)."""

from datetime import date

from customers.models import Holiday


def keep_holiday(*, day: date, name: str) -> Holiday:
    """Requests that are open get their new due date when they next move."""
    holiday, _ = Holiday.objects.update_or_create(date=day, defaults={"name": name.strip()})
    return holiday


def remove_holiday(*, holiday: Holiday) -> None:
    holiday.delete()
