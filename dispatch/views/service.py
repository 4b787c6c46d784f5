"""What customer service sees of a customer's dispatches, for the customer's page (EPRI flow G)."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from customers.models import Customer
from derms.accounts.access import roles_required
from derms.accounts.roles import Role
from dispatch.selectors.customers import participation_of


@require_GET
@roles_required(Role.CUSTOMER_SERVICE)
def participation(request: HttpRequest, customer_id: int) -> HttpResponse:
    """A fragment."""
    customer = Customer.objects.filter(pk=customer_id).first()
    if customer is None:
        raise Http404("There is no customer with this number.")
    context = {"it": participation_of(customer), "currency": settings.CURRENCY}
    return render(request, "dispatch/_participation.html", context)
