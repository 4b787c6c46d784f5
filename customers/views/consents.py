"""Companies that act for a customer, at the desk: consents on paper, ends by telephone (TP-1)."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from customers.forms.access import EndConsentForm, PaperForm
from customers.models import Customer, Representation
from customers.selectors import representations_of
from customers.selectors.access import accesses_of
from customers.services import accesses, consents
from customers.views.doing import show_beside
from derms.accounts.access import roles_required, signed_in
from derms.accounts.roles import Role
from derms.lib.errors import Conflict, InvalidInput, Refused


@require_http_methods(["GET", "POST"])
@roles_required(Role.CUSTOMER_SERVICE)
def consent_list(request: HttpRequest, customer_id: int) -> HttpResponse:
    """GET shows who acts and who is let in; POST writes down a consent that came on paper."""
    customer, at = get_object_or_404(Customer, pk=customer_id), timezone.now()
    data = request.POST if request.method == "POST" else None
    form = PaperForm(data, initial={"begins_on": timezone.localdate(at)})
    if data is not None and form.is_valid():
        try:
            made = consents.give_consent(
                customer=customer,
                terms=consents.Terms(**form.terms()),
                given_name=form.cleaned_data["given_name"],
                paper_reference=form.cleaned_data["paper_reference"],
                at=at,
                by=signed_in(request).get_username(),
            )
        except Refused as refusal:
            show_beside(form, refusal)
        else:
            messages.success(request, f"{made.third_party.name} may act. Both are told.")
            return redirect("service_consents", customer_id)
    return _page(request, customer, form, EndConsentForm())


@require_POST
@roles_required(Role.CUSTOMER_SERVICE)
def end(request: HttpRequest, consent_id: int) -> HttpResponse:
    found = get_object_or_404(Representation.objects.select_related("customer"), pk=consent_id)
    form = EndConsentForm(request.POST)
    if form.is_valid() and not form.cleaned_data["reason"].strip():
        form.add_error("reason", "Write who asked for it, and how you know the customer.")
    if form.is_valid():
        by = signed_in(request).get_username()
        try:
            consents.end_consent(
                representation=found, at=timezone.now(), by=by, **form.cleaned_data
            )
        except InvalidInput as refusal:
            show_beside(form, refusal)
        except Conflict as refusal:
            form.add_error(None, refusal.message)
        else:
            messages.success(request, "It is written down. Both are told.")
            return redirect("service_consents", found.customer_id)
    return _page(request, found.customer, PaperForm(), form)


@require_POST
@roles_required(Role.CUSTOMER_SERVICE)
def end_person(request: HttpRequest, customer_id: int, access_id: int) -> HttpResponse:
    customer = get_object_or_404(Customer, pk=customer_id)
    found = get_object_or_404(accesses_of(customer), pk=access_id)
    try:
        accesses.end_access(access=found, at=timezone.now(), by=signed_in(request).get_username())
    except Conflict as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, f"{found.name} no longer has access.")
    return redirect("service_consents", customer_id)


def _page(
    request: HttpRequest, customer: Customer, form: PaperForm, end_form: EndConsentForm
) -> HttpResponse:
    at = timezone.now()
    rows = list(representations_of(customer))
    running = next((one for one in rows if one.active_to is None or one.active_to > at), None)
    context = {
        "customer": customer,
        "rows": rows,
        "running": running,
        "people": accesses_of(customer),
        "form": form,
        "end_form": end_form,
        "at": at,
    }
    status = 422 if form.errors or end_form.errors else 200
    return render(request, "customers/consents.html", context, status=status)
