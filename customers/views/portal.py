"""The customer's inbox (CS-9)."""

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from customers import selectors, services
from customers.models import Right
from derms.accounts.access import roles_required, signed_in
from derms.accounts.roles import Role

PORTAL = (Role.CUSTOMER, Role.THIRD_PARTY)
ROWS = 20


@require_safe
@roles_required(*PORTAL)
def inbox(request: HttpRequest) -> HttpResponse:
    user, at = signed_in(request), timezone.now()
    context = {
        "page": Paginator(selectors.notices_for(user, at), ROWS).get_page(request.GET.get("page")),
        "may_mark": selectors.customer_of(user) is not None,
        "unread": selectors.unread_count(user, at),
        "for_others": selectors.third_party_of(user) is not None,
    }
    return render(request, "customers/portal_messages.html", context)


@require_POST
@roles_required(*PORTAL)
def mark_read(request: HttpRequest, notice_id: int) -> HttpResponse:
    at = timezone.now()
    user = signed_in(request)
    notice = get_object_or_404(selectors.notices_for(user, at), pk=notice_id)
    if not selectors.customers_for(user, at, Right.OWN).filter(pk=notice.customer_id).exists():
        raise PermissionDenied("Only the customer herself marks her messages as read.")
    services.mark_read(notice=notice, at=at)
    return redirect("portal_messages")
