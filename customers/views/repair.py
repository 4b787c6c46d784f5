"""The list of service providers, kept by the desk (CS-11)."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from customers.forms.repair import ServiceProviderForm, as_typed
from customers.models import ServiceProvider
from customers.selectors.repair import service_providers
from customers.services.providers import save_service_provider
from customers.views.doing import do
from derms.accounts.access import roles_required, signed_in
from derms.accounts.roles import Role


@require_safe
@roles_required(Role.CUSTOMER_SERVICE)
def providers(request: HttpRequest) -> HttpResponse:
    context = {"providers": service_providers()}
    return render(request, "customers/service_providers.html", context)


@require_http_methods(["GET", "POST"])
@roles_required(Role.CUSTOMER_SERVICE)
def new(request: HttpRequest) -> HttpResponse:
    return _edit(request, None)


@require_http_methods(["GET", "POST"])
@roles_required(Role.CUSTOMER_SERVICE)
def provider(request: HttpRequest, provider_id: int) -> HttpResponse:
    return _edit(request, get_object_or_404(ServiceProvider, pk=provider_id))


def _edit(request: HttpRequest, row: ServiceProvider | None) -> HttpResponse:
    today = timezone.localdate()
    known = as_typed(row) if row else {"is_listed": True, "checked_on": today}
    typed = request.POST if request.method == "POST" else None
    form = ServiceProviderForm(typed, initial=known, today=today)

    def show(status: int, refusal: str) -> HttpResponse:
        context = {"form": form, "provider": row, "refusal": refusal}
        return render(request, "customers/service_provider.html", context, status=status)

    if request.method == "GET":
        return show(200, "")

    def deed() -> object:
        by = signed_in(request).get_username()
        return save_service_provider(provider=row, by=by, **form.cleaned_data)

    to = reverse("service_providers")
    return do(request, form, deed, show=show, done="The list is up to date.", to=to)
