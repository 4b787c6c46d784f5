"""Accounts and meters that look doubled, side by side before they are merged (CS-1)."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from customers.models import Customer, UsagePoint
from customers.selectors.duplicates import account_pairs, meter_pairs
from customers.selectors.holdings import holdings
from customers.services.merging import merge_customers, merge_points
from derms.accounts.access import roles_required, signed_in
from derms.accounts.roles import Role
from derms.lib.errors import Conflict, Refused


@require_safe
@roles_required(Role.CUSTOMER_SERVICE)
def pairs(request: HttpRequest) -> HttpResponse:
    context = {"accounts": account_pairs(), "meters": meter_pairs()}
    return render(request, "customers/duplicates.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@roles_required(Role.CUSTOMER_SERVICE)
def pair(request: HttpRequest, kept_id: int, other_id: int) -> HttpResponse:
    """The preview; posting it merges exactly what it showed."""
    kept, other = get_object_or_404(Customer, pk=kept_id), get_object_or_404(Customer, pk=other_id)
    if request.method != "POST":
        return _preview(request, kept, other)
    read = [request.POST.get(name, "") for name in ("kept_version", "other_version")]
    versions = [int(one) if one.isdecimal() and len(one) < 10 else 0 for one in read]
    try:
        merge_customers(
            kept=kept,
            other=other,
            versions=(versions[0], versions[1]),
            at=timezone.now(),
            by=signed_in(request).get_username(),
        )
    except (Refused, Conflict) as refusal:
        status = 409 if isinstance(refusal, Conflict) else 422
        return _preview(request, kept, other, status=status, refusal=refusal.message)
    messages.success(
        request, f"{other.account_number} is part of {kept.account_number} now, and still finds it."
    )
    return redirect("service_customer", kept.pk)


def _preview(
    request: HttpRequest, kept: Customer, other: Customer, *, status: int = 200, **extra: Any
) -> HttpResponse:
    context = {
        "kept": kept,
        "other": other,
        "sides": [(kept, holdings(kept)), (other, holdings(other))],
        **extra,
    }
    return render(request, "customers/duplicate.html", context, status=status)


@require_POST
@roles_required(Role.CUSTOMER_SERVICE)
def merge_meters(request: HttpRequest) -> HttpResponse:
    read = [request.POST.get(name, "") for name in ("kept", "other")]
    numbers = [int(one) if one.isdecimal() and len(one) < 18 else 0 for one in read]
    kept, other = (get_object_or_404(UsagePoint, pk=number) for number in numbers)
    try:
        merge_points(kept=kept, other=other)
    except Refused as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, f"Everything of {other.meter_number} is at {kept.meter_number}.")
    return redirect("service_duplicates")
