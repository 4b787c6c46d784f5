"""Programmes for what is in service: which fit, why others do not, joining and leaving (CS-8)."""

from dataclasses import dataclass
from datetime import date, datetime

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from customers.models import Customer, Enrolment, Right, UsagePoint
from customers.selectors import (
    customers_for,
    require_right,
    third_party_of,
    usage_points,
    usage_points_for,
)
from customers.selectors.programmes import (
    Offer,
    enrolments_of,
    leaving_rules_of_programme,
    programme_versions_in_force,
)
from customers.services.leaving import earliest_of, leave_programme, stay
from customers.services.programmes import enrol
from customers.tariffs.leaving import leaving_words
from derms.accounts.access import roles_required, signed_in
from derms.accounts.models import User
from derms.accounts.roles import Role
from derms.lib.errors import Conflict, Refused
from derms.lib.words import say
from interconnection.selectors.tariffs import der_facts, ders_at, programmes_for
from interconnection.views.portal import PORTAL

POINTS = 10
ENDED = 20
DESK = (Role.CUSTOMER_SERVICE,)


@dataclass(frozen=True, kw_only=True)
class Shown:
    """One offer with its rules of leaving in words, and the earliest last day once joined."""

    offer: Offer
    leaving: tuple[str, ...]
    earliest: date | None


@require_safe
@roles_required(*PORTAL)
def programmes(request: HttpRequest) -> HttpResponse:
    """Every programme for each service point of the person."""
    user, at = signed_in(request), timezone.now()
    mine = customers_for(user, at, Right.PROGRAMMES)
    page = Paginator(usage_points_for(user, at, Right.PROGRAMMES), POINTS).get_page(
        request.GET.get("page")
    )
    context = {
        "page": page,
        "places": [{"point": point, "shown": _shown(point, at)} for point in page],
        "ended": enrolments_of(mine).exclude(ended_at=None)[:ENDED],
        "may_act": customers_for(user, at, Right.ENROL).exists(),
        "for_others": third_party_of(user) is not None,
    }
    return render(request, "interconnection/portal_programmes.html", context)


@require_POST
@roles_required(*PORTAL)
def join(request: HttpRequest, version_id: int, usage_point_id: int) -> HttpResponse:
    user, at = signed_in(request), timezone.now()
    mine = usage_points_for(user, at, Right.PROGRAMMES)
    point = get_object_or_404(mine, pk=usage_point_id)
    require_right(user, point.customer, Right.ENROL, at)
    _join(request, version_id, point, at)
    return redirect("portal_programmes")


@require_POST
@roles_required(*PORTAL)
def leave(request: HttpRequest, enrolment_id: int) -> HttpResponse:
    """Leave as early as the terms allow, or take that back."""
    user, at = signed_in(request), timezone.now()
    mine = enrolments_of(customers_for(user, at, Right.PROGRAMMES)).filter(ended_at=None)
    found = get_object_or_404(mine, pk=enrolment_id)
    require_right(user, found.customer, Right.ENROL, at)
    _leave(request, found, at)
    return redirect("portal_programmes")


@require_safe
@roles_required(*DESK)
def of_customer(request: HttpRequest, customer_id: int) -> HttpResponse:
    """A fragment for the customer's page."""
    at = timezone.now()
    customer = get_object_or_404(Customer, pk=customer_id)
    points = usage_points().filter(customer=customer)[:POINTS]
    context = {
        "customer": customer,
        "places": [{"point": point, "shown": _shown(point, at)} for point in points],
        "ended": enrolments_of(_only(customer)).exclude(ended_at=None)[:ENDED],
    }
    return render(request, "interconnection/_customer_programmes.html", context)


@require_POST
@roles_required(*DESK)
def join_at_desk(request: HttpRequest, version_id: int, usage_point_id: int) -> HttpResponse:
    point = get_object_or_404(usage_points(), pk=usage_point_id)
    _join(request, version_id, point, timezone.now())
    return redirect("service_customer", point.customer_id)


@require_POST
@roles_required(*DESK)
def leave_at_desk(request: HttpRequest, enrolment_id: int) -> HttpResponse:
    found = Enrolment.objects.filter(ended_at=None).select_related("version__programme")
    enrolment = get_object_or_404(found, pk=enrolment_id)
    _leave(request, enrolment, timezone.now())
    return redirect("service_customer", enrolment.customer_id)


def _shown(point: UsagePoint, at: datetime) -> list[Shown]:
    found = []
    for offer in programmes_for(point, at=at):
        rules = leaving_rules_of_programme((offer.enrolment or offer).version)
        joined = offer.enrolment and offer.enrolment.enrolled_at
        found.append(
            Shown(
                offer=offer,
                leaving=leaving_words(rules),
                earliest=earliest_of(rules, joined_at=joined, at=at) if joined else None,
            )
        )
    return found


def _join(request: HttpRequest, version_id: int, point: UsagePoint, at: datetime) -> None:
    version = get_object_or_404(programme_versions_in_force(at), pk=version_id)
    try:
        enrol(
            usage_point=point,
            version=version,
            units=map(der_facts, ders_at(point)),
            at=at,
            by=signed_in(request),
        )
    except Refused as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(
            request,
            say(
                "{location} takes part in {name}.",
                location=point.location,
                name=version.programme.name,
            ),
        )


def _leave(request: HttpRequest, enrolment: Enrolment, at: datetime) -> None:
    by: User = signed_in(request)
    name = enrolment.version.programme.name
    try:
        if "stay" in request.POST:
            stay(kept=enrolment, at=at)
            words = say("It stays in {name}.", name=name)
        else:
            leave_programme(enrolment=enrolment, last_day=None, at=at, by=by)
            words = say(
                "It leaves {name}. This can be taken back until the last day is over.", name=name
            )
    except (Refused, Conflict) as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, words)


def _only(customer: Customer) -> QuerySet[Customer]:
    return Customer.objects.filter(pk=customer.pk)
