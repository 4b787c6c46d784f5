"""Findings about PV systems: the desk's list and pages, and what the customer sees (CS-11)."""

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from customers.models import Customer
from customers.selectors.access import readable_customers
from derms.accounts.access import roles_required, signed_in
from derms.accounts.roles import Role
from derms.lib.errors import Conflict, InvalidInput, Refused
from devices.forms.maintenance import DismissForm, FindingListForm, UncountedDaysForm
from devices.models import UncountedDays
from devices.selectors import maintenance as selectors
from devices.selectors.care_picture import care_of
from devices.selectors.why import alarms_of
from devices.services import (
    declare_uncounted,
    dismiss_finding,
    tell_customer,
    withdraw_uncounted,
)
from devices.services.findings import what_words
from devices.statuses import MAINTENANCE_KINDS, MAINTENANCE_MOVES, MaintenanceStatus

ROWS = 50
READERS = (Role.CUSTOMER_SERVICE, Role.ENGINEER)


@require_safe
@roles_required(*READERS)
def finding_list(request: HttpRequest) -> HttpResponse:
    return _list(request, UncountedDaysForm(), 200)


@require_safe
@roles_required(*READERS)
def finding(request: HttpRequest, finding_id: int) -> HttpResponse:
    return _page(request, finding_id, DismissForm(), 200, "")


@require_POST
@roles_required(Role.CUSTOMER_SERVICE)
def tell(request: HttpRequest, finding_id: int) -> HttpResponse:
    """Tell the customer now, before the rule would."""
    row = get_object_or_404(selectors.findings(), pk=finding_id)
    by = signed_in(request).get_username()
    try:
        tell_customer(finding=row, at=timezone.now(), by=by)
    except Conflict as conflict:
        return _page(request, finding_id, DismissForm(), 409, conflict.message)
    except Refused as refusal:
        return _page(request, finding_id, DismissForm(), 422, refusal.message)
    messages.success(request, "The customer is told.")
    return redirect("service_finding", finding_id)


@require_POST
@roles_required(Role.CUSTOMER_SERVICE)
def dismiss(request: HttpRequest, finding_id: int) -> HttpResponse:
    row, form = get_object_or_404(selectors.findings(), pk=finding_id), DismissForm(request.POST)
    if not form.is_valid():
        return _page(request, finding_id, form, 422, "")
    at = timezone.now()
    try:
        dismiss_finding(
            finding=row,
            reason=form.cleaned_data["reason"],
            today=timezone.localdate(at),
            at=at,
            by=signed_in(request).get_username(),
        )
    except Conflict as conflict:
        return _page(request, finding_id, form, 409, conflict.message)
    except Refused as refusal:
        return _page(request, finding_id, form, 422, refusal.message)
    messages.success(request, "Dismissed. Nothing more is said of this system for 30 days.")
    return redirect("service_maintenance")


@require_POST
@roles_required(Role.CUSTOMER_SERVICE)
def declare(request: HttpRequest) -> HttpResponse:
    """Days that do not count, such as snow."""
    form = UncountedDaysForm(request.POST)
    if form.is_valid():
        by = signed_in(request).get_username()
        try:
            declare_uncounted(at=timezone.now(), by=by, **form.cleaned_data)
        except InvalidInput as refusal:
            for name, words in refusal.fields.items():
                form.add_error(name, words[0])
        else:
            messages.success(request, "These days do not count from the next look on.")
            return redirect("service_maintenance")
    return _list(request, form, 422)


@require_POST
@roles_required(Role.CUSTOMER_SERVICE)
def withdraw(request: HttpRequest, uncounted_id: int) -> HttpResponse:
    try:
        withdraw_uncounted(uncounted_id=uncounted_id)
    except Refused as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, "These days count again from the next look on.")
    return redirect("service_maintenance")


@require_safe
@roles_required(Role.CUSTOMER, Role.THIRD_PARTY)
def portal(request: HttpRequest) -> HttpResponse:
    """What the customer was told and still holds; the whole page, or its card alone."""
    customers = readable_customers(signed_in(request), timezone.now())
    rows = selectors.told_findings(customers)
    cares = [care_of(row, what_words(row)) for row in rows]
    is_part = request.headers.get("HX-Request") == "true"
    template = "devices/_portal_care.html" if is_part else "devices/portal_care.html"
    context: dict[str, Any] = {"cares": cares, "currency": settings.CURRENCY}
    if not is_part:
        context["alarms"] = alarms_of(customers)
    return render(request, template, context)


@require_safe
@roles_required(Role.CUSTOMER_SERVICE)
def customer_care(request: HttpRequest, customer_id: int) -> HttpResponse:
    """A fragment of the customer's page at the desk."""
    customer = get_object_or_404(Customer, pk=customer_id)
    rows = selectors.standing_findings([customer])
    context = {
        "findings": [(row, MAINTENANCE_KINDS[row.status]) for row in rows],
        "alarms": alarms_of([customer]),
    }
    return render(request, "devices/_customer_care.html", context)


def _list(request: HttpRequest, days_form: UncountedDaysForm, status: int) -> HttpResponse:
    form = FindingListForm(request.GET)
    wanted = form.cleaned_data if form.is_valid() else {"show": "", "kind": ""}
    parameters = {name: value for name, value in wanted.items() if value}
    page = Paginator(selectors.find_findings(**wanted), ROWS).get_page(request.GET.get("page"))
    context: dict[str, Any] = {
        "form": form,
        "page": page,
        "rows": [(row, MAINTENANCE_KINDS[row.status], _short(row.ratio)) for row in page],
        "query": f"{urlencode(parameters)}&" if parameters else "",
        "run": selectors.last_run(),
        "days_form": days_form,
        "uncounted": UncountedDays.objects.order_by("-begins_on")[:20],
        "may_decide": signed_in(request).has_role(Role.CUSTOMER_SERVICE),
        "currency": settings.CURRENCY,
    }
    return render(request, "devices/maintenance.html", context, status=status)


def _short(ratio: float | None) -> float | None:
    return None if ratio is None else max(0.0, 100 - 100 * ratio)


def _page(
    request: HttpRequest, finding_id: int, form: DismissForm, status: int, refusal: str
) -> HttpResponse:
    row = get_object_or_404(selectors.findings(), pk=finding_id)
    user = signed_in(request)
    may_decide = user.has_role(Role.CUSTOMER_SERVICE)
    moves = MAINTENANCE_MOVES[row.status]
    context = {
        "care": care_of(row, what_words(row)),
        "form": form,
        "refusal": refusal,
        "may_tell": may_decide and row.status in {MaintenanceStatus.WATCH, MaintenanceStatus.OPEN},
        "may_dismiss": may_decide and MaintenanceStatus.DISMISSED in moves,
        "entries": [
            {
                "at": one.at,
                "who": one.by,
                "what": str(MaintenanceStatus(one.new_status).label),
                "reason": one.reason,
            }
            for one in selectors.moves_of(row)
        ],
        "currency": settings.CURRENCY,
        "list_url": reverse("service_maintenance"),
    }
    return render(request, "devices/finding.html", context, status=status)
