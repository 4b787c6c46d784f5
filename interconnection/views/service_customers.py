"""One customer with everything that belongs to her, for customer service (CS-1)."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from customers.models import Customer
from customers.selectors import agreements_of, notices, representations_of, usage_points
from customers.selectors.requests import holidays, requests_of
from derms.accounts.access import roles_required
from derms.accounts.roles import Role
from interconnection.selectors.applications import (
    applications,
    ders_of,
    total_power_w,
)
from interconnection.selectors.progress import progress_of


@require_safe
@roles_required(Role.CUSTOMER_SERVICE)
def customer(request: HttpRequest, customer_id: int) -> HttpResponse:
    at = timezone.now()
    found = get_object_or_404(Customer, pk=customer_id)
    if found.merged_into_id is not None:
        return redirect("service_customer", found.merged_into_id)
    free_days = holidays()
    context = {
        "customer": found,
        "former": found.merged.order_by("account_number"),
        "requests": requests_of(Customer.objects.filter(pk=found.pk))[:20],
        "points": usage_points().filter(customer=found),
        "ders": ders_of(found),
        "agreements": agreements_of(found),
        "applications": [
            {
                "row": row,
                "progress": progress_of(row, today=timezone.localdate(at), free_days=free_days),
                "power_w": total_power_w(row),
            }
            for row in applications().filter(customer=found).order_by("-created_at")
        ],
        "notices": notices().filter(customer=found)[:20],
        "representations": representations_of(found),
    }
    return render(request, "interconnection/service_customer.html", context)
