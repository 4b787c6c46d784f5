"""Leaving a tariff or a programme: asked for by its rules, carried out when the day is over."""

from datetime import date, datetime, timedelta
from typing import TypeVar

from django.db import transaction
from django.utils import timezone

from customers.models import CustomerAgreement, Enrolment, ServiceRequest
from customers.selectors.programmes import leaving_rules_of_programme
from customers.selectors.tariffs import leaving_rules_of
from customers.services.notices import queue_notice
from customers.tariffs.leaving import LeavingRules, check_leaving, earliest_last_day
from derms.accounts.models import User
from derms.lib.days import midnight
from derms.lib.errors import Conflict, Refused
from derms.lib.words import Later, day, say

Kept = TypeVar("Kept", CustomerAgreement, Enrolment)


class CannotLeaveYet(Refused):
    """The rules of leaving do not allow this day, or this person."""

    code = "cannot_leave_yet"


def leave_tariff(
    *, agreement: CustomerAgreement, last_day: date | None, at: datetime, by: User
) -> CustomerAgreement:
    """Ask to leave after `last_day`, or as early as the tariff allows; the customer is told.

    Raises CannotLeaveYet in words with the earliest day.
    """
    with transaction.atomic():
        held = (
            CustomerAgreement.objects.select_for_update(of=("self",))
            .select_related("customer", "tariff_version__tariff", "usage_point__location")
            .get(pk=agreement.pk)
        )
        rules = leaving_rules_of(held.tariff_version)
        _leave(held, rules, joined_at=held.accepted_at, last_day=last_day, at=at, by=by)
        _tell(held, rules, at)
    return held


def leave_programme(
    *, enrolment: Enrolment, last_day: date | None, at: datetime, by: User
) -> Enrolment:
    """The same for a programme."""
    with transaction.atomic():
        held = (
            Enrolment.objects.select_for_update(of=("self",))
            .select_related("customer", "version__programme", "usage_point__location")
            .get(pk=enrolment.pk)
        )
        rules = leaving_rules_of_programme(held.version)
        _leave(held, rules, joined_at=held.enrolled_at, last_day=last_day, at=at, by=by)
        _tell(held, rules, at)
    return held


def leave_as_asked(*, request: ServiceRequest, at: datetime, by: str) -> Enrolment | None:
    """What a request to leave a programme asks for: from the wished day, or as soon as one may.

    None where the customer takes no part in it any more, or has said so already.
    """
    enrolment = (
        Enrolment.objects.filter(
            programme__name=request.answers.get("programme", ""),
            customer=request.customer_id,
            usage_point=request.usage_point_id,
            ended_at=None,
            leaves_at=None,
        )
        .select_related("version__programme")
        .first()
    )
    if enrolment is None:
        return None
    wished = date.fromisoformat(request.answers["day"]) - timedelta(days=1)
    rules = leaving_rules_of_programme(enrolment.version)
    earliest = earliest_of(rules, joined_at=enrolment.enrolled_at, at=at)
    who = User.objects.get(username=by)
    return leave_programme(enrolment=enrolment, last_day=max(wished, earliest), at=at, by=who)


def stay(*, kept: Kept, at: datetime) -> Kept:
    """Take the wish to leave back while the last day is not over."""
    taken_back = type(kept).objects.filter(pk=kept.pk, ended_at=None, leaves_at__gt=at)
    if taken_back.update(leave_asked_at=None, leave_asked_by=None, leaves_at=None) != 1:
        raise Conflict(say("There is nothing to take back: reload the page."))
    kept.refresh_from_db()
    return kept


def end_enrolments(*, at: datetime) -> int:
    """End what somebody asked to leave and whose last day is over."""
    due = Enrolment.objects.filter(ended_at=None, leaves_at__lte=at)
    ended = 0
    for enrolment in due.order_by("leaves_at"):
        ended += Enrolment.objects.filter(pk=enrolment.pk, ended_at=None).update(
            ended_at=enrolment.leaves_at
        )
    return ended


def earliest_of(rules: LeavingRules, *, joined_at: datetime, at: datetime) -> date:
    return earliest_last_day(
        rules, joined_on=timezone.localdate(joined_at), asked_on=timezone.localdate(at)
    )


def _leave(
    held: CustomerAgreement | Enrolment,
    rules: LeavingRules,
    *,
    joined_at: datetime,
    last_day: date | None,
    at: datetime,
    by: User,
) -> None:
    if held.ended_at is not None or held.leaves_at is not None:
        raise Conflict(say("{name} has been left already. Reload the page.", name=rules.name))
    findings = check_leaving(
        rules,
        joined_on=timezone.localdate(joined_at),
        asked_on=timezone.localdate(at),
        wanted_last_day=last_day,
        by_third_party=hasattr(by, "third_party_member") and held.customer.user_id != by.pk,
    )
    if findings:
        raise CannotLeaveYet(" ".join(finding.words for finding in findings))
    last_day = last_day or earliest_of(rules, joined_at=joined_at, at=at)
    held.leave_asked_at, held.leave_asked_by = at, by
    held.leaves_at = midnight(last_day + timedelta(days=1))
    held.save(update_fields=["leave_asked_at", "leave_asked_by", "leaves_at"])


def _tell(held: CustomerAgreement | Enrolment, rules: LeavingRules, at: datetime) -> None:
    assert held.leaves_at is not None  # noqa: S101  set just before
    last = timezone.localtime(held.leaves_at) - timedelta(days=1)
    kind = "agreement" if isinstance(held, CustomerAgreement) else "enrolment"
    queue_notice(
        customer=held.customer,
        template="leaving",
        about=f"{kind}-{held.pk}-{int(at.timestamp())}",
        context={
            "name": rules.name,
            "address": str(held.usage_point.location),
            "last_day": Later(lambda: day(last)),
        },
        at=at,
    )
