"""Issued statements whose facts changed later get a new version by themselves (CS-10).

Readings that came late leave a row of their own, written with the roll-ups that they changed; a
dispatch that is settled again has a newer delivery than the statement that tells of it.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from customers.models import Statement, UsagePoint
from devices.models import ChangedSpan, Device
from dispatch.selectors.corrections import latest_of_points, settled_again
from dispatch.services.statements import HistoryNotReady, issue_statement

# What a device kept comes in pieces: they are waited for, so that they make one version.
WAIT = timedelta(hours=1)
SPANS, STATEMENTS = 2_000, 100
# A silence that ends with a late reading may have begun on the day before.
MARGIN = timedelta(days=1)
LATE = "Readings came late."
SETTLED = "A dispatch was settled anew."


def correct_statements(*, at: datetime, by: str = "clock") -> int:
    """Issue new versions where something else is known by now; returns how many."""
    return _after_late_readings(at, by) + _after_settling(at, by)


def _after_late_readings(at: datetime, by: str) -> int:
    """A piece at a time; notes go with the versions that they made, in one transaction."""
    with transaction.atomic():
        spans = list(
            ChangedSpan.objects.select_for_update(skip_locked=True)
            .filter(noted_at__lte=at - WAIT)
            .order_by("pk")[:SPANS]
        )
        done, touched = _touched(spans)
        try:
            made = sum(_correct(row, LATE, at, by) for row in touched)
        except HistoryNotReady:
            return 0
        ChangedSpan.objects.filter(pk__in=done).delete()
    return made


def _touched(spans: Sequence[ChangedSpan]) -> tuple[list[int], list[Statement]]:
    """The first notes that together reach few enough statements, and those statements."""
    devices = Device.objects.filter(pk__in={span.device_id for span in spans})
    points = dict(devices.values_list("pk", "usage_point_id"))
    known = latest_of_points(set(points.values()))
    touched: dict[int, Statement] = {}
    done: list[int] = []
    for span in spans:
        if len(touched) >= STATEMENTS:
            break
        first = timezone.localdate(span.from_at - MARGIN)
        last = timezone.localdate(span.to_at + MARGIN)
        for row in known.get(points.get(span.device_id, 0), ()):
            if row.begins_on <= last and row.ends_on > first:
                touched[row.pk] = row
        done.append(span.pk)
    return done, list(touched.values())


def _after_settling(at: datetime, by: str) -> int:
    return sum(_correct(row, SETTLED, at, by) for row in settled_again(at)[:STATEMENTS])


def _correct(row: Statement, why: str, at: datetime, by: str) -> int:
    point = UsagePoint.objects.select_related("customer", "location").get(pk=row.usage_point_id)
    newest = issue_statement(
        usage_point=point, begins_on=row.begins_on, ends_on=row.ends_on, at=at, by=by, why=why
    )
    return int(newest.pk != row.pk)
