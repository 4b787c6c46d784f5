"""Findings that stand, held for one run of the watch."""

from collections.abc import Collection
from datetime import date, datetime

from django.db import connection, transaction

from devices.models import MaintenanceFinding
from devices.selectors import maintenance as known
from devices.services.findings import BY
from devices.statuses import MAINTENANCE_STANDING, MaintenanceStatus
from interconnection.models import DER

LOCK = 0x1159


def standing_of(keys: Collection[int]) -> dict[int, MaintenanceFinding]:
    rows = known.findings().filter(status__in=MAINTENANCE_STANDING, der__in=keys)
    return {row.der_id: row for row in rows.select_for_update(of=("self",))}


def dismissed_now(day: date) -> set[int]:
    """Systems of which somebody said lately that nothing has to be done."""
    rows = MaintenanceFinding.objects.filter(dismissed_until__gt=day)
    return set(rows.values_list("der_id", flat=True))


def der_of(key: int) -> DER:
    return DER.objects.select_related(
        "usage_point__customer", "usage_point__location", "agreement__tariff_version__tariff"
    ).get(pk=key)


def is_alone() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_xact_lock(%s)", [LOCK])
        return bool(cursor.fetchone() == (True,))


def end_retired(at: datetime) -> None:
    """What is out of service needs no care."""
    standing = known.findings().filter(status__in=MAINTENANCE_STANDING, der__retired_at__lte=at)
    with transaction.atomic():
        for finding in standing.select_for_update(of=("self",)):
            finding.move(
                MaintenanceStatus.RESOLVED, at=at, by=BY, reason="Out of service.", ended_at=at
            )
