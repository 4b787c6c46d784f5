"""The log of lists that left the product with facts about customers (OP-1)."""

from datetime import datetime

from django.db.models import QuerySet

from derms.accounts.models import ExportRecord, User


def record_export(
    *, person: User, list_name: str, query: str, rows: int, at: datetime
) -> ExportRecord:
    """Write down who takes which list, filtered how, before the first row is sent."""
    return ExportRecord.objects.create(
        at=at, by=person.get_username(), list_name=list_name, query=query[:2000], rows=rows
    )


def exports(*, by: str = "") -> QuerySet[ExportRecord]:
    """Newest first."""
    return ExportRecord.objects.filter(by__icontains=by).order_by("-at", "-pk")
