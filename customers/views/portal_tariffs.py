"""Tariffs in plain words, and the customer's copies of what she accepted (CS-2, CS-3)."""

from datetime import datetime

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from customers import selectors
from customers.models import CustomerAgreement, Right
from customers.selectors.tariffs import last_day_of, leaving_rules_of, said_by
from customers.services import leaving
from customers.services.agreement_copy import agreement_pdf
from customers.tariffs.leaving import leaving_words
from customers.tariffs.picture import draw_prices
from derms.accounts.access import roles_required, signed_in
from derms.accounts.roles import Role
from derms.lib.attachments import attachment
from derms.lib.errors import Conflict
from derms.lib.words import say

PORTAL = (Role.CUSTOMER, Role.THIRD_PARTY)
ROWS = 20


@require_safe
@roles_required(*PORTAL)
def agreement(request: HttpRequest, agreement_id: int) -> HttpResponse:
    found = get_object_or_404(
        selectors.agreements_for(signed_in(request), timezone.now()), pk=agreement_id
    )
    context = {
        "agreement": found,
        "last_day": last_day_of(found),
        "leaving": leaving_words(leaving_rules_of(found.tariff_version)),
    }
    return render(request, "customers/portal_agreement.html", context)


@require_safe
@roles_required(*PORTAL)
def agreement_copy(request: HttpRequest, agreement_id: int) -> HttpResponse:
    at = timezone.now()
    found = get_object_or_404(selectors.agreements_for(signed_in(request), at), pk=agreement_id)
    return _pdf(found, at)


@require_safe
@roles_required(Role.CUSTOMER_SERVICE)
def service_agreement_copy(request: HttpRequest, agreement_id: int) -> HttpResponse:
    """The same copy, for the desk."""
    found = get_object_or_404(selectors.agreements(), pk=agreement_id)
    return _pdf(found, timezone.now())


@require_POST
@roles_required(*PORTAL)
def stay(request: HttpRequest, agreement_id: int) -> HttpResponse:
    """Take the wish to leave back."""
    at = timezone.now()
    user = signed_in(request)
    found = get_object_or_404(selectors.agreements_for(user, at), pk=agreement_id)
    selectors.require_right(user, found.customer, Right.FILE, at)
    try:
        leaving.stay(kept=found, at=at)
    except Conflict as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(
            request, say("You stay with {name}.", name=found.tariff_version.tariff.name)
        )
    return redirect("portal_agreement", found.pk)


@require_safe
@roles_required(*PORTAL)
def tariffs(request: HttpRequest) -> HttpResponse:
    """Her agreements, and every tariff in force."""
    user, at = signed_in(request), timezone.now()
    mine = selectors.agreements_for(user, at)
    context = {
        "agreements": mine.filter(ended_at=None),
        "ended": mine.exclude(ended_at=None)[:ROWS],
        "versions": selectors.tariff_versions_in_force(at),
        "for_others": selectors.third_party_of(user) is not None,
    }
    return render(request, "customers/portal_tariffs.html", context)


@require_safe
@roles_required(*PORTAL)
def tariff(request: HttpRequest, version_id: int) -> HttpResponse:
    """What a tariff in force says, in plain words, with the way to change to it."""
    user, at = signed_in(request), timezone.now()
    version = get_object_or_404(selectors.tariff_versions_in_force(at), pk=version_id)
    mine = selectors.agreements_for(user, at, Right.FILE).filter(ended_at=None, leaves_at=None)
    context = {
        "version": version,
        "said": said_by(version),
        "days": draw_prices(version.schedule),
        "agreements": [one for one in mine if one.tariff_version_id != version.pk],
    }
    return render(request, "customers/portal_tariff.html", context)


def _pdf(agreement: CustomerAgreement, at: datetime) -> HttpResponse:
    return attachment(
        agreement_pdf(agreement, at=at),
        content_type="application/pdf",
        name=f"agreement-{agreement.pk}.pdf",
    )
