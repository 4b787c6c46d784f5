"""A third party's own pages: the customers that let it act, and one of them (TP-1, TP-2)."""

from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from customers.models import Customer
from customers.selectors import usage_points
from customers.selectors.access import representations_for
from customers.selectors.programmes import enrolments_of
from derms.accounts.access import roles_required, signed_in
from derms.accounts.roles import Role
from devices.selectors import devices_of
from devices.selectors.faces import face_of
from interconnection.selectors.applications import applications, ders_of, total_power_w

ROWS = 50
CASES = 50


@require_safe
@roles_required(Role.THIRD_PARTY)
def customer_list(request: HttpRequest) -> HttpResponse:
    """Who lets this company act at this moment; `q` finds by name, account or meter."""
    at, text = timezone.now(), request.GET.get("q", "").strip()[:100]
    found = representations_for(signed_in(request), at)
    for word in text.split():
        found = found.filter(
            Q(customer__name__icontains=word)
            | Q(customer__account_number__icontains=word)
            | Q(customer__usage_points__meter_number__icontains=word)
        )
    found = found.annotate(meters=Count("customer__usage_points", distinct=True)).distinct()
    page = Paginator(found, ROWS).get_page(request.GET.get("page"))
    return render(request, "devices/company_customers.html", {"page": page, "q": text})


@require_safe
@roles_required(Role.THIRD_PARTY)
def customer_page(request: HttpRequest, customer_id: int) -> HttpResponse:
    """One of them, as far as her consent goes; others do not exist."""
    at = timezone.now()
    consent = get_object_or_404(
        representations_for(signed_in(request), at), customer_id=customer_id
    )
    customer = consent.customer
    context = {
        "consent": consent,
        "customer": customer,
        "points": usage_points().filter(customer=customer),
        "at": at,
    }
    if consent.may_file:
        mine = applications().filter(customer=customer).order_by("-created_at")[:CASES]
        context["applications"] = [{"row": row, "power_w": total_power_w(row)} for row in mine]
    if consent.may_see_readings or consent.may_enrol:
        context["ders"] = ders_of(customer)
    if consent.may_see_readings:
        found = devices_of().filter(usage_point__customer=customer)
        context["faces"] = [face_of(device, at) for device in found]
    if consent.may_enrol:
        own = Customer.objects.filter(pk=customer.pk)
        context["enrolments"] = enrolments_of(own).filter(ended_at=None)
    return render(request, "devices/company_customer.html", context)
