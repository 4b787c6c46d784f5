"""Dates of construction and incentives: the customer's page and the desk's (IC-8)."""

from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from customers.models import Right
from customers.selectors import require_right
from derms.accounts.access import roles_required, signed_in
from derms.accounts.roles import Role
from derms.lib.errors import Conflict, DermsError, InvalidInput, NotFound
from derms.lib.words import say
from interconnection.forms.construction import DatesForm, OfferForm
from interconnection.models import InterconnectionApplication
from interconnection.selectors.applications import application_by_reference
from interconnection.selectors.construction import Schedule, schedule_of
from interconnection.services.construction import state_dates
from interconnection.services.date_offers import answer_offer, offer_incentive
from interconnection.views.portal import PORTAL, application_of

DESK = (Role.CUSTOMER_SERVICE, Role.ENGINEER)


@require_http_methods(["GET", "POST"])
@roles_required(*PORTAL)
def own_dates(request: HttpRequest, reference: str) -> HttpResponse:
    """The customer, or who files for her, states or moves the dates."""
    user, at = signed_in(request), timezone.now()
    found = application_of(user, reference, at)
    require_right(user, found.customer, Right.FILE, at)
    form, status = _fresh(found), 200
    if request.method == "POST":
        form = DatesForm(request.POST)
        status = _state(request, found, form)
        if status == 200:
            messages.success(request, say("Your dates are kept. The grid operator sees them."))
            return redirect("portal_application", reference)
    context = {"application": found, "form": form, "schedule": _schedule(found)}
    return render(request, "interconnection/portal_dates.html", context, status=status)


@require_POST
@roles_required(*PORTAL)
def answer(request: HttpRequest, reference: str, offer_id: int) -> HttpResponse:
    """Accept or decline an offer; `answer` says which."""
    user, at = signed_in(request), timezone.now()
    found = application_of(user, reference, at)
    require_right(user, found.customer, Right.FILE, at)
    offer = get_object_or_404(found.date_offers, pk=offer_id)
    is_accepted = request.POST.get("answer") == "accept"
    if not is_accepted and request.POST.get("answer") != "decline":
        messages.error(request, say("Say whether you accept or decline."))
        return redirect("portal_application", reference)
    try:
        answer_offer(offer=offer, is_accepted=is_accepted, at=at, by=user.get_username())
    except DermsError as error:
        messages.error(request, error.message)
    else:
        done = say("You accepted the offer.") if is_accepted else say("You declined the offer.")
        messages.success(request, done)
    return redirect("portal_application", reference)


@require_http_methods(["GET", "POST"])
@roles_required(*DESK)
def desk(request: HttpRequest, reference: str) -> HttpResponse:
    """What was stated and offered; customer service and engineers state dates for the customer."""
    found = _found(reference)
    form, status = _fresh(found), 200
    if request.method == "POST":
        form = DatesForm(request.POST)
        status = _state(request, found, form)
        if status == 200:
            messages.success(request, f"{reference}: the dates are kept and the customer is told.")
            return redirect("service_construction", reference)
    return _desk_page(request, found, form=form, status=status)


@require_POST
@roles_required(*DESK)
def offer(request: HttpRequest, reference: str) -> HttpResponse:
    """Offer money for a date."""
    found, form = _found(reference), OfferForm(request.POST)
    if not form.is_valid():
        return _desk_page(request, found, offer_form=form, status=422)
    try:
        offer_incentive(
            application=found, terms=form.terms(), at=timezone.now(), by=signed_in(request)
        )
    except DermsError as error:
        status = _show(form, error)
        return _desk_page(request, found, offer_form=form, status=status)
    messages.success(request, f"{reference}: offered, the customer is told.")
    return redirect("service_construction", reference)


def _found(reference: str) -> InterconnectionApplication:
    try:
        return application_by_reference(reference)
    except NotFound as missing:
        raise Http404(missing.message) from missing


def _schedule(found: InterconnectionApplication) -> Schedule:
    return schedule_of(found, today=timezone.localdate(timezone.now()))


def _fresh(found: InterconnectionApplication) -> DatesForm:
    """With what is known: the dates stated last, or the date applied for."""
    plan = _schedule(found).plan
    if plan is not None:
        known = {"starts_on": plan.starts_on, "finishes_on": plan.finishes_on}
        return DatesForm(initial={"seen": plan.pk, **known})
    return DatesForm(initial={"seen": 0, "finishes_on": found.planned_in_service_date})


def _state(request: HttpRequest, found: InterconnectionApplication, form: DatesForm) -> int:
    """200 when the dates are kept; else the status of the page that says why not."""
    if not form.is_valid():
        return 422
    try:
        state_dates(
            application=found,
            dates=form.dates(),
            at=timezone.now(),
            by=signed_in(request).get_username(),
            seen=form.cleaned_data["seen"],
        )
    except DermsError as error:
        return _show(form, error)
    return 200


def _show(form: Form, error: DermsError) -> int:
    if isinstance(error, InvalidInput):
        for name, words in error.fields.items():
            form.add_error(name if name in form.fields else None, words[0])
        return 422
    form.add_error(None, error.message)
    return 409 if isinstance(error, Conflict) else 422


def _desk_page(
    request: HttpRequest, found: InterconnectionApplication, *, status: int, **extra: Any
) -> HttpResponse:
    context = {
        "application": found,
        "schedule": _schedule(found),
        "form": _fresh(found),
        "offer_form": OfferForm(),
        **extra,
    }
    return render(request, "interconnection/construction.html", context, status=status)
