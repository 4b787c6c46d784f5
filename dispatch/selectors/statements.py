"""Which statements there are, and whose are still to come (CS-10, EPRI flow H)."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet

from customers.models import Customer, Statement, UsagePoint
from derms.lib.days import midnight, month_of
from derms.lib.words import day, say
from interconnection.models import DER


def points_with_der(at: datetime, *conditions: Q) -> QuerySet[UsagePoint]:
    """Service points with a DER, one that meets `conditions`, in operation before this moment."""
    permitted = DER.objects.filter(*conditions, usage_point=OuterRef("pk"), permitted_at__lt=at)
    return UsagePoint.objects.filter(Exists(permitted)).select_related("customer", "location")


def points_without_statement(begins_on: date, at: datetime) -> QuerySet[UsagePoint]:
    """Those with a DER before `at`, still in operation in that month, and nothing issued for it."""
    issued = Statement.objects.filter(usage_point=OuterRef("pk"), begins_on=begins_on)
    still = Q(retired_at=None) | Q(retired_at__gt=midnight(begins_on))
    return points_with_der(at, still).exclude(Exists(issued)).order_by("pk")


def statements_of(customers: Iterable[Customer]) -> QuerySet[Statement]:
    """Newest month first, and of each month the newest version first."""
    return (
        Statement.objects.filter(customer__in=customers)
        .select_related("customer", "usage_point__location")
        .order_by("-begins_on", "usage_point", "-version")
    )


def latest_statements_of(points: Iterable[UsagePoint], begins_on: date) -> dict[int, Statement]:
    """By service point, the newest version of the period that begins on this day."""
    found = Statement.objects.filter(
        usage_point__in=[point.pk for point in points], begins_on=begins_on
    )
    newest = found.order_by("usage_point", "-version").distinct("usage_point")
    return {one.usage_point_id: one for one in newest}


def period_words(begins_on: date, ends_on: date) -> str:
    """October 2026, or the first and the last day."""
    if begins_on.day == 1 and ends_on == month_of(begins_on)[1]:
        return day(begins_on, "month")
    last = ends_on - timedelta(days=1)
    return say("{first} to {last}", first=day(begins_on, "short"), last=day(last, "short"))
