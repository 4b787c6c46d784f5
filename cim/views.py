"""What a work-management system was told of an order or a work, at the desk (CS-6, CS-7)."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from cim import selectors
from cim.models import OrderPush
from cim.services import try_again
from customers.models import ServiceOrder, WorkRequest
from customers.statuses import ServiceOrderStatus, WorkStatus
from derms.accounts.access import roles_required, signed_in
from derms.accounts.roles import Role
from derms.lib.errors import Conflict

READERS = (Role.CUSTOMER_SERVICE, Role.ENGINEER)


@require_safe
@roles_required(*READERS)
def order_told(request: HttpRequest, number: str) -> HttpResponse:
    """A fragment of the order's page."""
    get_object_or_404(ServiceOrder, number=number)
    return _told(request, selectors.pushes_of(order=number))


@require_safe
@roles_required(*READERS)
def work_told(request: HttpRequest, number: str) -> HttpResponse:
    """A fragment of the work request's page."""
    get_object_or_404(WorkRequest, number=number)
    return _told(request, selectors.pushes_of(work=number))


@require_POST
@roles_required(*READERS)
def push_again(request: HttpRequest, push_id: int) -> HttpResponse:
    push = get_object_or_404(OrderPush.objects.select_related("order", "work"), pk=push_id)
    try:
        try_again(push=push, at=timezone.now(), by=signed_in(request).get_username())
    except Conflict as conflict:
        messages.error(request, conflict.message)
    else:
        messages.success(request, "It is sent again now.")
    if push.order is not None:
        return redirect("service_order", push.order.number)
    assert push.work is not None  # noqa: S101  one of both, by a constraint
    return redirect("engineering_work", push.work.number)


def _told(request: HttpRequest, found: selectors.Pushes) -> HttpResponse:
    rows = []
    for push in found[: selectors.SHOWN]:
        change = push.change or push.work_change
        assert change is not None  # noqa: S101  one of both, by a constraint
        may_try = selectors.may_try_again(push)
        rows.append({"push": push, "at": change.at, "what": _what(push), "may_try": may_try})
    context = {"rows": rows, "is_connected": bool(settings.WMS_URL)}
    return render(request, "cim/_told.html", context)


def _what(push: OrderPush) -> str:
    """The move in the desk's words."""
    if push.change is not None:
        return str(ServiceOrderStatus(push.change.new_status).label)
    return str(WorkStatus(push.work_change.new_status).label) if push.work_change else ""
