"""What customers see: their production and the dispatches of their DER (P5, P6, CS-10)."""

from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from customers.models import Customer, Right
from customers.selectors import require_right
from customers.selectors.access import readable_customers
from derms.accounts.access import roles_required, signed_in
from derms.accounts.roles import Role
from derms.lib.days import day_from
from derms.lib.errors import Conflict, Refused
from derms.lib.words import say
from dispatch.selectors.customers import (
    Day,
    day_of,
    events_of,
    production_columns,
)
from dispatch.selectors.customers import production as production_on
from dispatch.selectors.opting_out import points_of, running_events
from dispatch.services.opting_out import leave_event_out

OLDEST = timedelta(days=366)
PER_PAGE = 20


@require_GET
@roles_required(Role.CUSTOMER, Role.THIRD_PARTY)
def production(request: HttpRequest) -> HttpResponse:
    at = timezone.now()
    day, refusal = _day(request, at)
    customers = _readable(request, at)
    context = {
        "it": production_on(customers, day, at),
        "at": at,
        "refusal": refusal,
        "typed": request.GET.get("day", "") if refusal else day.day.isoformat(),
        "before": day.day - timedelta(days=1),
        "after": None if day.is_today else day.day + timedelta(days=1),
        "today": timezone.localdate(at),
        "chart_url": f"{reverse('portal_production_data')}?{_query(request, day)}",
        "only": request.GET.get("customer", ""),
        "stale_s": settings.READING_STALE_S * 3,
        "currency": settings.CURRENCY,
    }
    return render(request, "dispatch/production.html", context, status=422 if refusal else 200)


@require_GET
@roles_required(Role.CUSTOMER, Role.THIRD_PARTY)
def production_data(request: HttpRequest) -> JsonResponse:
    at = timezone.now()
    day, refusal = _day(request, at)
    if refusal:
        return JsonResponse({"code": "invalid_input", "message": refusal}, status=422)
    return JsonResponse(production_columns(_readable(request, at), day, at))


@require_GET
@roles_required(Role.CUSTOMER, Role.THIRD_PARTY)
def events(request: HttpRequest) -> HttpResponse:
    at = timezone.now()
    customers = _readable(request, at)
    found = events_of(customers)
    context = {
        "running": running_events(customers, at),
        "page": Paginator(found, PER_PAGE).get_page(request.GET.get("page")),
        "currency": settings.CURRENCY,
    }
    return render(request, "dispatch/events.html", context)


@require_POST
@roles_required(Role.CUSTOMER, Role.THIRD_PARTY)
def leave_out(request: HttpRequest, setpoint_id: int) -> HttpResponse:
    """Leave out an event that runs now, where the tariff allows it."""
    user, at = signed_in(request), timezone.now()
    point = get_object_or_404(points_of(_readable(request, at)), pk=setpoint_id)
    require_right(user, point.der.usage_point.customer, Right.ENROL, at)
    try:
        leave_event_out(setpoint=point, at=at, by=user)
    except (Refused, Conflict) as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, say("{name} is left out of this event.", name=point.der.name))
    return redirect("portal_events")


def _readable(request: HttpRequest, at: datetime) -> QuerySet[Customer]:
    """Whose readings this person may see; of a company's customers one, when it is named."""
    return readable_customers(signed_in(request), at, only=request.GET.get("customer", ""))


def _query(request: HttpRequest, day: Day) -> str:
    only = request.GET.get("customer", "")
    return urlencode({"day": day.day.isoformat(), **({"customer": only} if only else {})})


def _day(request: HttpRequest, at: datetime) -> tuple[Day, str]:
    """The day asked for, else today; and why what was typed is none."""
    today = timezone.localdate(at)
    text = request.GET.get("day", "")
    if not text:
        return day_of(today, at), ""
    asked = day_from(text)
    if asked is None:
        return day_of(today, at), say("This is no date. Use the form 2026-06-15.")
    if asked > today:
        return day_of(today, at), say("This day has not come yet. Choose today or an earlier day.")
    if asked < today - OLDEST:
        return day_of(today, at), say("Nothing is kept for so long. Choose a day of the last year.")
    return day_of(asked, at), ""
