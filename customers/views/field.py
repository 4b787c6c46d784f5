"""A technician's visit on a phone: checklist, result, photos, finish (CS-6)."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from customers.flows.checklists import checklist_of, left
from customers.forms.field import StopForm, VisitReportForm, blank_report
from customers.models import ServiceOrder, VisitPhoto
from customers.selectors import orders as selectors
from customers.services.files import path_of
from customers.services.orders import block_service_order, start_service_order
from customers.services.visits import record_visit
from customers.statuses import SERVICE_ORDER_ENDED
from customers.views.doing import show_beside
from customers.views.files import file_response
from derms.accounts.access import roles_required, signed_in
from derms.accounts.roles import Role
from derms.lib.errors import Conflict, InvalidInput, Refused

PHOTO_READERS = (Role.TECHNICIAN, Role.CUSTOMER_SERVICE, Role.ENGINEER, Role.AUDITOR)


@require_safe
@roles_required(Role.TECHNICIAN)
def visit(request: HttpRequest, number: str) -> HttpResponse:
    found = _found(number)
    if found.kind == selectors.COMMISSIONING:
        return redirect("field_order", number=number)
    return _page(request, found)


@require_POST
@roles_required(Role.TECHNICIAN)
def start(request: HttpRequest, number: str) -> HttpResponse:
    """Begin the work, or go on after it was blocked."""
    found = _found(number)
    try:
        start_service_order(order=found, at=timezone.now(), by=signed_in(request).get_username())
    except (Refused, Conflict) as refusal:
        messages.error(request, refusal.message)
    return redirect("field_visit", number=number)


@require_POST
@roles_required(Role.TECHNICIAN)
def report(request: HttpRequest, number: str) -> HttpResponse:
    """Keep what was typed; a script that sends again after a lost connection gets JSON."""
    found = _found(number)
    is_final = "finish" in request.POST
    form = VisitReportForm(checklist_of(found.kind), request.POST)
    if not form.is_valid():
        return _refused(request, found, form, "Please check what is marked.", status=422)
    try:
        kept = record_visit(
            order=found,
            report=form.report(request.FILES.getlist("photos"), is_final=is_final),
            at=timezone.now(),
            by=signed_in(request).get_username(),
        )
    except InvalidInput as refusal:
        show_beside(form, refusal)
        return _refused(request, found, form, refusal.message, status=422)
    except (Refused, Conflict) as refusal:
        return _refused(request, found, form, refusal.message, status=409)
    is_over = kept.status in SERVICE_ORDER_ENDED
    words = f"Order {number} is finished." if is_over else "It is kept."
    url = reverse("field_orders") if is_over else reverse("field_visit", args=[number])
    messages.success(request, words)
    return JsonResponse({"url": url}) if _is_script(request) else redirect(url)


@require_POST
@roles_required(Role.TECHNICIAN)
def block(request: HttpRequest, number: str) -> HttpResponse:
    """The work cannot go on now; customer service sees why."""
    found, form = _found(number), StopForm(request.POST)
    if not form.is_valid():
        return _page(request, found, status=422, stop_form=form)
    try:
        block_service_order(
            order=found,
            reason=form.cleaned_data["reason"],
            at=timezone.now(),
            by=signed_in(request).get_username(),
        )
    except (Refused, Conflict) as refusal:
        return _page(request, _found(number), status=409, refusal=refusal.message)
    messages.success(request, "Marked as blocked. Customer service sees the reason.")
    return redirect("field_visit", number=number)


@require_safe
@roles_required(*PHOTO_READERS)
def photo(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    found = get_object_or_404(VisitPhoto, key=key)
    return file_response(path_of(found.key), name=found.name, content_type=found.content_type)


def _found(number: str) -> ServiceOrder:
    return get_object_or_404(selectors.orders(), number=number)


def _is_script(request: HttpRequest) -> bool:
    return request.headers.get("Accept") == "application/json"


def _refused(
    request: HttpRequest, found: ServiceOrder, form: VisitReportForm, words: str, *, status: int
) -> HttpResponse:
    if _is_script(request):
        return JsonResponse({"message": words, "fields": form.errors}, status=status)
    return _page(request, _found(found.number), status=status, form=form, refusal=words)


def _page(
    request: HttpRequest, found: ServiceOrder, *, status: int = 200, **extra: object
) -> HttpResponse:
    lines = checklist_of(found.kind)
    blocked = found.status_changes.filter(new_status="blocked").order_by("pk").last()
    context: dict[str, Any] = {
        "order": found,
        "site": found.usage_point,
        "form": blank_report(lines, answers=found.answers, result=found.result),
        "stop_form": StopForm(),
        "left": left(lines, found.answers),
        "photos": selectors.photos_of(found),
        "blocked_reason": blocked.reason if blocked else "",
        "is_over": found.status in SERVICE_ORDER_ENDED,
        **extra,
    }
    context["form"].mark_required()
    return render(request, "customers/field_visit.html", context, status=status)
