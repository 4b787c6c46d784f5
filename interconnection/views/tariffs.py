"""Leaving a tariff and changing to another, with what runs under it (CS-3)."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from customers.models import CustomerAgreement, Right
from customers.selectors import (
    agreements_for,
    require_right,
    rules_of,
    site_facts,
    tariff_versions_in_force,
)
from customers.selectors.tariffs import last_day_of, leaving_rules_of, said_by
from customers.services.leaving import earliest_of
from customers.tariffs.eligibility import check_all
from customers.tariffs.leaving import leaving_words
from customers.tariffs.picture import draw_prices
from derms.accounts.access import address_of, roles_required, signed_in
from derms.accounts.models import User
from derms.lib.errors import Conflict, InvalidInput, Refused
from derms.lib.words import say
from interconnection.forms.applying import AcceptanceForm
from interconnection.forms.tariffs import LeaveForm
from interconnection.selectors.tariffs import der_facts, ders_under, successor_of
from interconnection.services.tariff_change import change_tariff, leave_without_equipment
from interconnection.views.portal import PORTAL


@require_http_methods(["GET", "POST"])
@roles_required(*PORTAL)
def leave(request: HttpRequest, agreement_id: int) -> HttpResponse:
    """The rules, the earliest day, and what stands in the way."""
    user, at = signed_in(request), timezone.now()
    agreement = _open(user, agreement_id)
    rules = leaving_rules_of(agreement.tariff_version)
    earliest = earliest_of(rules, joined_at=agreement.accepted_at, at=at)
    form = LeaveForm(
        request.POST if request.method == "POST" else None, initial={"last_day": earliest}
    )
    if request.method == "POST" and form.is_valid():
        try:
            leave_without_equipment(
                agreement=agreement, last_day=form.cleaned_data["last_day"], at=at, by=user
            )
        except (Refused, Conflict) as refusal:
            form.add_error(None, refusal.message)
        else:
            messages.success(
                request, say("You leave {name}. You can take it back until then.", name=rules.name)
            )
            return redirect("portal_agreement", agreement.pk)
    context = {
        "agreement": agreement,
        "form": form,
        "earliest": earliest,
        "leaving": leaving_words(rules),
        "ders": ders_under(agreement),
        "successor": successor_of(agreement),
    }
    status = 422 if form.errors else 200
    return render(request, "interconnection/portal_leave.html", context, status=status)


@require_http_methods(["GET", "POST"])
@roles_required(*PORTAL)
def change(request: HttpRequest, agreement_id: int, version_id: int) -> HttpResponse:
    """Another tariff for what runs here: whether it fits, its text, accepted by a typed name."""
    user, at = signed_in(request), timezone.now()
    agreement = _open(user, agreement_id)
    version = get_object_or_404(tariff_versions_in_force(at), pk=version_id)
    form = AcceptanceForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            accepted = change_tariff(
                agreement=agreement,
                tariff_version=version,
                accepted_name=form.cleaned_data["accepted_name"],
                accepted_by=user,
                from_address=address_of(request.META.get("REMOTE_ADDR", "")),
                at=at,
            )
        except InvalidInput as refusal:
            for name, words in refusal.fields.items():
                form.add_error(name, words)
        except (Refused, Conflict) as refusal:
            form.add_error(None, refusal.message)
        else:
            messages.success(
                request, say("You accepted {name}. We keep a copy.", name=version.tariff.name)
            )
            return redirect("portal_agreement", accepted.pk)
    rules = leaving_rules_of(agreement.tariff_version)
    context = {
        "agreement": agreement,
        "version": version,
        "form": form,
        "against": check_all(
            rules_of(version),
            site_facts(agreement.usage_point),
            map(der_facts, ders_under(agreement)),
            at=at,
        ),
        "said": said_by(version),
        "days": draw_prices(version.schedule),
        "last_day": last_day_of(agreement)
        or earliest_of(rules, joined_at=agreement.accepted_at, at=at),
    }
    status = 422 if form.errors else 200
    return render(request, "interconnection/portal_change.html", context, status=status)


def _open(user: User, agreement_id: int) -> CustomerAgreement:
    at = timezone.now()
    mine = agreements_for(user, at).filter(ended_at=None)
    found = get_object_or_404(mine, pk=agreement_id)
    require_right(user, found.customer, Right.FILE, at)
    return found
