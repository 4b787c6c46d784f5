"""Which issued statements may say something else by now."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, QuerySet

from customers.models import Statement
from derms.lib.days import midnight
from dispatch.models import Delivery

# Older statements are corrected by hand.
OLDEST = timedelta(days=400)


def latest_statements() -> QuerySet[Statement]:
    """The newest version of each."""
    newer = Statement.objects.filter(
        usage_point=OuterRef("usage_point"),
        begins_on=OuterRef("begins_on"),
        version__gt=OuterRef("version"),
    )
    return Statement.objects.filter(~Exists(newer))


def latest_of_points(point_ids: Collection[int]) -> dict[int, list[Statement]]:
    found: dict[int, list[Statement]] = defaultdict(list)
    rows = latest_statements().filter(usage_point__in=point_ids).defer("content")
    for row in rows.order_by("begins_on"):
        found[row.usage_point_id].append(row)
    return found


def settled_again(at: datetime) -> list[Statement]:
    """Those with a dispatch in their period whose delivery is newer than they are."""
    periods = (
        Statement.objects.filter(issued_at__gt=at - OLDEST)
        .order_by("begins_on", "ends_on")
        .values_list("begins_on", "ends_on")
        .distinct()
    )
    found: list[Statement] = []
    for begins_on, ends_on in periods:
        newer = Delivery.objects.filter(
            der__usage_point=OuterRef("usage_point"),
            computed_at__gt=OuterRef("issued_at"),
            dispatch__executed_at__gte=midnight(begins_on),
            dispatch__executed_at__lt=midnight(ends_on),
        )
        rows = latest_statements().filter(Exists(newer), begins_on=begins_on, ends_on=ends_on)
        found += rows.defer("content").order_by("pk")
    return found
