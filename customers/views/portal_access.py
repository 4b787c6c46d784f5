"""Who has access: the companies a customer lets act, and the people she lets in (TP-1, ui P7)."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from customers.forms.access import ConsentForm, EndConsentForm, InviteForm, SignForm
from customers.models import Customer
from customers.selectors import customer_of, representations_of
from customers.selectors.access import accesses_of
from customers.services import accesses, consents
from customers.views.doing import show_beside
from derms.accounts.access import roles_required, signed_in
from derms.accounts.roles import Role
from derms.lib.errors import Conflict, InvalidInput, Refused

FORMER = 20


@require_safe
@roles_required(Role.CUSTOMER)
def who_has_access(request: HttpRequest) -> HttpResponse:
    at = timezone.now()
    customer = customer_of(signed_in(request))
    context: dict[str, Any] = {"customer": customer, "at": at}
    if customer is not None:
        rows = list(representations_of(customer))
        current = [
            row for row in rows if row.active_to is None or row.active_to > max(at, row.active_from)
        ]
        context["companies"] = current
        context["former"] = [row for row in rows if row not in current][:FORMER]
        context["people"] = accesses_of(customer).filter(ended_at=None)
    return render(request, "customers/portal_access.html", context)


@require_http_methods(["GET", "POST"])
@roles_required(Role.CUSTOMER)
def let_company_act(request: HttpRequest) -> HttpResponse:
    """First what it may do, then the exact words, agreed to by typing a name."""
    customer, at = _own(request), timezone.now()
    data = request.POST if request.method == "POST" else None
    form = ConsentForm(data, initial={"begins_on": timezone.localdate(at)})
    if data is None or not form.is_valid():
        return _consent_page(request, customer, form)
    terms = consents.Terms(**form.terms())
    is_signed = "given_name" in request.POST
    sign = SignForm(request.POST if is_signed else None)
    text = consents.words_of_consent(customer, terms)
    if is_signed and sign.is_valid():
        try:
            made = consents.give_consent(
                customer=customer,
                terms=terms,
                given_name=sign.cleaned_data["given_name"],
                at=at,
                by=signed_in(request).get_username(),
            )
        except InvalidInput as refusal:
            show_beside(form, refusal)
            return _consent_page(request, customer, form)
        except Refused as refusal:
            form.add_error(None, refusal.message)
            return _consent_page(request, customer, form)
        words = _("%(company)s may act for you. We wrote it to you both.")
        messages.success(request, words % {"company": made.third_party.name})
        return redirect("portal_access")
    context = {"form": form, "sign": sign, "text": text, "company": terms.third_party}
    status = 422 if sign.errors else 200
    return render(request, "customers/portal_consent_sign.html", context, status=status)


@require_http_methods(["GET", "POST"])
@roles_required(Role.CUSTOMER)
def end_company(request: HttpRequest, consent_id: int) -> HttpResponse:
    customer, at = _own(request), timezone.now()
    found = get_object_or_404(representations_of(customer), pk=consent_id)
    form = EndConsentForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            consents.end_consent(
                representation=found,
                at=at,
                by=signed_in(request).get_username(),
                **form.cleaned_data,
            )
        except InvalidInput as refusal:
            show_beside(form, refusal)
        except Conflict as refusal:
            form.add_error(None, refusal.message)
        else:
            words = _("It is written down. %(company)s and you are told.")
            messages.success(request, words % {"company": found.third_party.name})
            return redirect("portal_access")
    context = {"consent": found, "form": form}
    status = 422 if form.errors else 200
    return render(request, "customers/portal_consent_end.html", context, status=status)


@require_http_methods(["GET", "POST"])
@roles_required(Role.CUSTOMER)
def invite_person(request: HttpRequest) -> HttpResponse:
    customer = _own(request)
    form = InviteForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        typed = dict(form.cleaned_data)
        try:
            made = accesses.invite(
                customer=customer,
                may_act=typed.pop("may_act") == "yes",
                at=timezone.now(),
                by=signed_in(request).get_username(),
                **typed,
            )
        except Refused as refusal:
            show_beside(form, refusal)
        else:
            words = _("We wrote to %(email)s. The link in the mail works for seven days.")
            messages.success(request, words % {"email": made.email})
            return redirect("portal_access")
    status = 422 if form.errors else 200
    return render(request, "customers/portal_invite.html", {"form": form}, status=status)


@require_POST
@roles_required(Role.CUSTOMER)
def end_person(request: HttpRequest, access_id: int) -> HttpResponse:
    found = get_object_or_404(accesses_of(_own(request)), pk=access_id)
    try:
        accesses.end_access(access=found, at=timezone.now(), by=signed_in(request).get_username())
    except Conflict as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, _("%(name)s no longer has access.") % {"name": found.name})
    return redirect("portal_access")


def _own(request: HttpRequest) -> Customer:
    found = customer_of(signed_in(request))
    if found is None:
        raise Http404("There is no customer account behind this sign-in.")
    return found


def _consent_page(request: HttpRequest, customer: Customer, form: ConsentForm) -> HttpResponse:
    at = timezone.now()
    now = next(
        (
            one
            for one in representations_of(customer)
            if one.active_from <= at and (one.active_to is None or one.active_to > at)
        ),
        None,
    )
    context = {"form": form, "now": now}
    status = 422 if form.errors else 200
    return render(request, "customers/portal_consent.html", context, status=status)
