"""Joining a programme (CS-8); leaving one is in `leaving.py`."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from customers.models import Enrolment, Programme, ProgrammeVersion, Tariff, UsagePoint
from customers.selectors.programmes import (
    leaving_rules_of_programme,
    place_facts,
    programme_rules_of,
    programme_versions_in_force,
)
from customers.services.notices import queue_notice
from customers.tariffs.eligibility import UnitFacts
from customers.tariffs.leaving import check_joining
from customers.tariffs.programmes import check_programme
from derms.accounts.models import User
from derms.lib.errors import Refused


class DoesNotQualify(Refused):
    """Something stands against taking part."""

    code = "does_not_qualify"


def enrol(
    *,
    usage_point: UsagePoint,
    version: ProgrammeVersion,
    units: Iterable[UnitFacts],
    at: datetime,
    by: User,
) -> Enrolment:
    """Take part from now on, and be told so; joining twice is joining once.

    Raises DoesNotQualify with everything that stands against it, in words.
    """
    with transaction.atomic():
        # One at a time for a programme, so that the last place is given once.
        Programme.objects.select_for_update().get(pk=version.programme_id)
        found = Enrolment.objects.filter(
            usage_point=usage_point, programme=version.programme_id, ended_at=None
        ).first()
        if found is not None:
            return found
        _refuse_unqualified(usage_point, version, units, at)
        enrolment = Enrolment.objects.create(
            programme_id=version.programme_id,
            version=version,
            customer_id=usage_point.customer_id,
            usage_point=usage_point,
            enrolled_at=at,
            enrolled_by=by,
        )
        queue_notice(
            customer=usage_point.customer,
            template="enrolled",
            about=f"enrolment-{enrolment.pk}",
            context={
                "name": version.programme.name,
                "address": str(usage_point.location),
                "summary": version.summary,
            },
            at=at,
        )
    return enrolment


def _refuse_unqualified(
    usage_point: UsagePoint, version: ProgrammeVersion, units: Iterable[UnitFacts], at: datetime
) -> None:
    counted = programme_versions_in_force(at).filter(pk=version.pk).first() or version
    names = dict(Tariff.objects.values_list("code", "name"))
    left_at = Enrolment.objects.filter(
        usage_point=usage_point, programme=version.programme_id
    ).aggregate(last=Max("ended_at"))["last"]
    findings = (
        *check_programme(
            programme_rules_of(counted, names), place_facts(usage_point, units), at=at
        ),
        *check_joining(
            leaving_rules_of_programme(version),
            left_on=timezone.localdate(left_at - timedelta(seconds=1)) if left_at else None,
            asked_on=timezone.localdate(at),
        ),
    )
    if findings:
        raise DoesNotQualify(" ".join(finding.words for finding in findings))
