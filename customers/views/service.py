"""Messages that no machine could deliver: customer service passes them on (CS-9)."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from customers import selectors, services
from derms.accounts.access import roles_required, signed_in
from derms.accounts.roles import Role
from derms.lib.errors import Conflict, Refused

ROWS = 50


@require_safe
@roles_required(Role.CUSTOMER_SERVICE)
def notices(request: HttpRequest) -> HttpResponse:
    page = Paginator(selectors.notices_to_pass_on(), ROWS).get_page(request.GET.get("page"))
    return render(request, "customers/service_notices.html", {"page": page})


@require_POST
@roles_required(Role.CUSTOMER_SERVICE)
def told(request: HttpRequest, notice_id: int) -> HttpResponse:
    """Record that the customer was told, or let the machine try once more."""
    notice = get_object_or_404(selectors.notices(), pk=notice_id)
    at, by = timezone.now(), signed_in(request).get_username()
    try:
        if "again" in request.POST:
            services.send_again(notice=notice, at=at, by=by)
            words = "It will be sent once more."
        else:
            note = request.POST.get("note", "").strip()[:500] or "Told in person."
            services.pass_on_in_person(notice=notice, note=note, at=at, by=by)
            words = f"{notice.customer.name} has been told."
    except (Refused, Conflict) as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, words)
    return redirect("service_notices")
