"""Pages of the technician, for a phone: open orders, checklist, finish (CS-6, IC-6)."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from customers.selectors.orders import open_visits
from customers.services import block_service_order, start_service_order
from derms.accounts.access import roles_required
from derms.accounts.roles import Role
from derms.lib.errors import DermsError, NotFound
from interconnection.forms.field import BlockForm, TickForm
from interconnection.models import CommissioningOrder
from interconnection.selectors import commissioning as selectors
from interconnection.services.commissioning import finish_commissioning, tick_checklist


@roles_required(Role.TECHNICIAN)
@require_GET
def orders(request: HttpRequest) -> HttpResponse:
    """Open orders by time window."""
    rows = [
        {"order": order, "left": len(selectors.left_to_do(order))}
        for order in selectors.open_orders()
    ]
    visits = list(open_visits())
    context = {"rows": rows, "visits": visits, "count": len(rows) + len(visits)}
    return render(request, "interconnection/field_orders.html", context)


@roles_required(Role.TECHNICIAN)
@require_GET
def order(request: HttpRequest, number: str) -> HttpResponse:
    """One order: where, what to verify, live tests, finish."""
    return _page(request, _found(number), BlockForm())


@roles_required(Role.TECHNICIAN)
@require_POST
def start(request: HttpRequest, number: str) -> HttpResponse:
    """Begin the work, or go on after it was blocked."""
    row = _found(number)
    try:
        start_service_order(order=row.service_order, at=timezone.now(), by=_name(request))
    except DermsError as error:
        messages.error(request, error.message)
    return redirect("field_order", number=number)


@roles_required(Role.TECHNICIAN)
@require_POST
def tick(request: HttpRequest, number: str) -> HttpResponse:
    """Verify one line of the checklist, or take it back."""
    row = _found(number)
    form = TickForm(request.POST)
    if not form.is_valid():
        messages.error(request, "This line could not be read. Reload the page and try again.")
        return redirect("field_order", number=number)
    try:
        tick_checklist(
            order=row,
            key=form.cleaned_data["key"],
            is_done=form.cleaned_data["is_done"],
            at=timezone.now(),
            by=_name(request),
        )
    except DermsError as error:
        messages.error(request, error.message)
    return redirect("field_order", number=number)


@roles_required(Role.TECHNICIAN)
@require_POST
def block(request: HttpRequest, number: str) -> HttpResponse:
    """The work cannot go on now; customer service sees why."""
    row = _found(number)
    form = BlockForm(request.POST)
    if not form.is_valid():
        return _page(request, row, form, status=422)
    try:
        block_service_order(
            order=row.service_order,
            reason=form.cleaned_data["reason"],
            at=timezone.now(),
            by=_name(request),
        )
    except DermsError as error:
        return _page(request, _found(number), form, refusal=error.message, status=409)
    messages.success(request, "Marked as blocked. Customer service sees the reason.")
    return redirect("field_order", number=number)


@roles_required(Role.TECHNICIAN)
@require_POST
def finish(request: HttpRequest, number: str) -> HttpResponse:
    """Close the order when everything is verified; Engineering grants the permission."""
    row = _found(number)
    try:
        finish_commissioning(order=row, at=timezone.now(), by=_name(request))
    except DermsError as error:
        return _page(request, _found(number), BlockForm(), refusal=error.message, status=409)
    messages.success(request, f"Order {number} is finished. Engineering grants the permission.")
    return redirect("field_orders")


def _page(
    request: HttpRequest,
    row: CommissioningOrder,
    form: BlockForm,
    *,
    refusal: str = "",
    status: int = 200,
) -> HttpResponse:
    tests = selectors.latest_tests(row)
    blocked = row.service_order.status_changes.filter(new_status="blocked").order_by("pk").last()
    checks = selectors.site_checks(row)
    context = {
        "order": row,
        "application": row.application,
        "checks": [check for check in checks if not check.is_live_test],
        "devices": [
            {"unit": unit, "test": tests.get(unit.pk)} for unit in row.application.units.all()
        ],
        "meter_test": tests.get(None),
        "needs_live_test": selectors.requires_communication(row.application),
        "done": sum(check.is_done for check in checks),
        "total": len(checks),
        "left": selectors.left_to_do(row),
        "blocked_reason": blocked.reason if blocked else "",
        "form": form,
        "refusal": refusal,
    }
    return render(request, "interconnection/field_order.html", context, status=status)


def _found(number: str) -> CommissioningOrder:
    try:
        return selectors.open_order(number)
    except NotFound as error:
        raise Http404(error.message) from error


def _name(request: HttpRequest) -> str:
    return request.user.get_username()
