"""A customer's personal data: kept right, handed out, forgotten (CS-1)."""

import io
import json
import zipfile
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from customers.forms.personal_data import ContactForm, EraseForm
from customers.models import Customer, CustomerErasure
from customers.selectors import customer_of
from customers.selectors.holdings import holdings, plain_rows, rows_about
from customers.services import privacy
from derms.accounts.access import roles_required, signed_in
from derms.accounts.exports import record_export
from derms.accounts.models import User
from derms.accounts.roles import Role
from derms.lib.attachments import attachment
from derms.lib.csv_export import Column, csv_lines
from derms.lib.errors import Conflict, InvalidInput, Refused
from derms.lib.words import say


@require_http_methods(["GET", "HEAD", "POST"])
@roles_required(Role.CUSTOMER_SERVICE)
def contact(request: HttpRequest, customer_id: int) -> HttpResponse:
    found = get_object_or_404(Customer, pk=customer_id)
    if request.method != "POST":
        names = (*privacy.CONTACT, "version")
        form = ContactForm(initial={name: getattr(found, name) for name in names})
        return _contact_page(request, found, form)
    form = ContactForm(request.POST)
    if not form.is_valid():
        return _contact_page(request, found, form, status=422)
    try:
        privacy.change_contact(customer=found, **form.cleaned_data)
    except InvalidInput as refusal:
        for name, words in refusal.fields.items():
            form.add_error(name, words[0])
        return _contact_page(request, found, form, status=422)
    except Conflict as conflict:
        # What was typed stays; sent again, it is a decision made in the knowledge of the other.
        typed = request.POST.copy()
        typed["version"] = str(Customer.objects.get(pk=found.pk).version)
        form = ContactForm(typed)
        return _contact_page(request, found, form, status=409, refusal=conflict.message)
    messages.success(request, "The contact is changed.")
    return redirect("service_customer", customer_id)


def _contact_page(
    request: HttpRequest, found: Customer, form: ContactForm, *, status: int = 200, **extra: Any
) -> HttpResponse:
    context = {"customer": found, "form": form, **extra}
    return render(request, "customers/contact.html", context, status=status)


@require_safe
@roles_required(Role.CUSTOMER_SERVICE)
def data(request: HttpRequest, customer_id: int) -> HttpResponse:
    return _data_page(request, get_object_or_404(Customer, pk=customer_id), EraseForm())


@require_POST
@roles_required(Role.CUSTOMER_SERVICE)
def export(request: HttpRequest, customer_id: int) -> HttpResponse:
    found = get_object_or_404(Customer, pk=customer_id)
    return _zip_of(found, person=signed_in(request), at=timezone.now())


@require_POST
@roles_required(Role.CUSTOMER_SERVICE)
def erase(request: HttpRequest, customer_id: int) -> HttpResponse:
    found, form = get_object_or_404(Customer, pk=customer_id), EraseForm(request.POST)
    if form.is_valid() and form.cleaned_data["account_number"] != found.account_number:
        form.add_error("account_number", "This is not the number of this account.")
    if not form.is_valid():
        return _data_page(request, found, form, status=422)
    who, reason = signed_in(request).get_username(), form.cleaned_data["reason"]
    try:
        privacy.erase_customer(customer=found, reason=reason, at=timezone.now(), by=who)
    except Refused as refusal:
        return _data_page(request, found, form, status=422, refusal=refusal.message)
    messages.success(request, "The personal data is erased.")
    return redirect("service_customer_data", customer_id)


def _data_page(
    request: HttpRequest, found: Customer, form: EraseForm, *, status: int = 200, **extra: Any
) -> HttpResponse:
    context = {
        "customer": found,
        "holdings": holdings(found),
        "erased": privacy.ERASED,
        "keeps": privacy.what_keeps(found),
        "erasures": CustomerErasure.objects.filter(customer=found),
        "form": form,
        **extra,
    }
    return render(request, "customers/customer_data.html", context, status=status)


@require_safe
@roles_required(Role.CUSTOMER)
def own_data(request: HttpRequest) -> HttpResponse:
    found = _own(request)
    context = {"customer": found, "holdings": holdings(found), "erased": privacy.ERASED}
    return render(request, "customers/portal_data.html", context)


@require_POST
@roles_required(Role.CUSTOMER)
def own_export(request: HttpRequest) -> HttpResponse:
    return _zip_of(_own(request), person=signed_in(request), at=timezone.now())


def _own(request: HttpRequest) -> Customer:
    found = customer_of(signed_in(request))
    if found is None:
        raise Http404(say("There is no customer account behind this sign-in."))
    return found


def _zip_of(customer: Customer, *, person: User, at: datetime) -> HttpResponse:
    """One JSON with everything, and each table once more as CSV; written down before it is sent."""
    own = [field.name for field in Customer._meta.concrete_fields]
    tables: dict[str, list[dict[str, Any]]] = {
        "customer": list(
            Customer.objects.filter(Q(pk=customer.pk) | Q(merged_into=customer)).values(*own)
        ),
        **{str(model._meta.model_name): plain_rows(rows) for model, rows in rows_about(customer)},
    }
    tables = {name: rows for name, rows in tables.items() if rows}
    count = sum(map(len, tables.values()))
    query = f"account={customer.account_number}"
    record_export(person=person, list_name="customer_data", query=query, rows=count, at=at)
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("customer.json", json.dumps(tables, cls=DjangoJSONEncoder, indent=1))
        for name, rows in tables.items():
            columns = [
                Column[dict[str, Any]](key, lambda row, key=key: row[key])  # type: ignore[misc]  # mypy cannot type a lambda's default
                for key in rows[0]
            ]
            archive.writestr(f"{name}.csv", "".join(csv_lines(columns, rows)))
    return attachment(
        held.getvalue(), content_type="application/zip", name=f"{customer.account_number}.zip"
    )
