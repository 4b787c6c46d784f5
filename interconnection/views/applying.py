"""The way to an application, one topic a page, saved as the customer goes (CS-5, IC-1)."""

from datetime import datetime

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from customers.models import Right, TariffVersion, UsagePoint
from customers.selectors import (
    rules_of,
    service_area,
    site_facts,
    tariff_versions_in_force,
    usage_points_at,
    usage_points_for,
)
from customers.selectors.access import acting_third_party
from customers.tariffs.eligibility import check_all
from derms.accounts.access import address_of, roles_required, signed_in
from derms.lib.errors import Conflict, DermsError, InvalidInput, Refused
from derms.lib.words import say
from interconnection.forms.applying import (
    AcceptanceForm,
    AddressForm,
    ServicePointForm,
)
from interconnection.forms.connection_plan import PlannedDateForm
from interconnection.models import InterconnectionApplication
from interconnection.selectors.applications import (
    completeness_of,
    open_application_at,
    unit_facts,
)
from interconnection.selectors.tariffs import programmes_of_draft
from interconnection.services import applications as services
from interconnection.services.connection_plan import save_connection_plan
from interconnection.views.portal import PORTAL
from interconnection.views.steps import on_draft, step_page


@require_http_methods(["GET", "POST"])
@roles_required(*PORTAL)
def service_point(request: HttpRequest) -> HttpResponse:
    """Step 1: one of the person's service points, or whether another address is served."""
    user, at = signed_in(request), timezone.now()
    points = list(usage_points_for(user, at, Right.FILE))
    is_check = "check_address" in request.POST
    is_start = request.method == "POST" and not is_check
    form = ServicePointForm(request.POST if is_start else None, points=points)
    address = AddressForm(request.POST if is_check else None)
    if is_start and form.is_valid():
        try:
            draft = services.start_application(
                usage_point=form.chosen,
                third_party=acting_third_party(user, form.chosen.customer),
                at=at,
                by=user.get_username(),
            )
        except (Refused, Conflict) as refusal:
            form.add_error("usage_point", refusal.message)
        else:
            return redirect("portal_apply_tariff", draft.reference)
    served = _check_address(address, points) if is_check and address.is_valid() else ""
    context = {
        "form": form,
        "address": address,
        "points": points,
        "served": served,
        "open": [found for point in points if (found := open_application_at(point))],
    }
    return step_page(request, "service_point", 1, context, is_wrong=form.errors or address.errors)


@require_safe
@roles_required(*PORTAL)
@on_draft
def tariff(request: HttpRequest, draft: InterconnectionApplication) -> HttpResponse:
    """Step 2: the tariffs in force, which fit and why others do not."""
    at = timezone.now()
    site, units = site_facts(draft.usage_point), [unit_facts(unit) for unit in draft.units.all()]
    # What fits comes first, the narrowest before the widest: a home before a business.
    versions = sorted(tariff_versions_in_force(at), key=lambda one: one.apparent_power_max_va)
    offers = [
        {"version": version, "against": check_all(rules_of(version), site, units, at=at)}
        for version in versions
    ]
    offers.sort(key=lambda offer: bool(offer["against"]))
    return step_page(request, "tariff", 2, {"application": draft, "offers": offers})


@require_http_methods(["GET", "POST"])
@roles_required(*PORTAL)
@on_draft
def terms(request: HttpRequest, draft: InterconnectionApplication, version_id: int) -> HttpResponse:
    """Step 2, second page: the full text, accepted by typing a name."""
    user, at = signed_in(request), timezone.now()
    version = _version(version_id, at)
    form = AcceptanceForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            services.save_tariff_choice(
                application=draft,
                tariff_version=version,
                accepted_name=form.cleaned_data["accepted_name"],
                accepted_by=user,
                from_address=address_of(request.META.get("REMOTE_ADDR", "")),
                at=at,
            )
        except InvalidInput as refusal:
            for name, words in refusal.fields.items():
                form.add_error(name, words)
        except Refused as refusal:
            form.add_error(None, refusal.message)
        else:
            messages.success(
                request, say("You accepted {name}. We keep a copy.", name=version.tariff.name)
            )
            return redirect("portal_apply_units", draft.reference)
    context = {"application": draft, "version": version, "form": form}
    return step_page(request, "terms", 2, context, is_wrong=form.errors)


@require_http_methods(["GET", "POST"])
@roles_required(*PORTAL)
@on_draft
def planned_date(request: HttpRequest, draft: InterconnectionApplication) -> HttpResponse:
    """Step 4: when, and how; what the records know is not asked."""
    at = timezone.now()
    form = PlannedDateForm(request.POST if request.method == "POST" else None, application=draft)
    if request.method == "POST" and form.is_valid():
        try:
            save_connection_plan(
                application=draft,
                planned_in_service_date=form.cleaned_data["planned_in_service_date"],
                answers=form.answers(),
                at=at,
            )
        except InvalidInput as refusal:
            for name, words in refusal.fields.items():
                form.add_error(name, words)
        else:
            return redirect("portal_apply_review", draft.reference)
    context = {"application": draft, "form": form}
    return step_page(request, "date", 4, context, is_wrong=form.errors)


@require_http_methods(["GET", "POST"])
@roles_required(*PORTAL)
@on_draft
def review(request: HttpRequest, draft: InterconnectionApplication) -> HttpResponse:
    """Step 5: everything on one page with a way back to each, then sending."""
    user, at = signed_in(request), timezone.now()
    refusal = ""
    if request.method == "POST":
        try:
            services.submit_application(application=draft, at=at, by=user.get_username())
        except DermsError as error:
            refusal = error.message
        else:
            messages.success(request, say("Sent. We write to you at each step."))
            return redirect("portal_application", draft.reference)
    completeness = completeness_of(draft, today=timezone.localdate(at))
    context = {
        "application": draft,
        "units": list(draft.units.all()),
        "completeness": completeness,
        "refusal": refusal,
        "programmes": programmes_of_draft(draft, at=at),
    }
    return step_page(request, "review", 5, context, is_wrong=refusal)


def _version(version_id: int, at: datetime) -> TariffVersion:
    found = tariff_versions_in_force(at).filter(pk=version_id).first()
    if found is None:
        raise Http404(say("This tariff is not in force now."))
    return found


def _check_address(form: AddressForm, points: list[UsagePoint]) -> str:
    """In words, what an address that is served means; an address outside is refused."""
    street, postcode = form.cleaned_data["street"], form.cleaned_data["postcode"]
    area = service_area(postcode)
    if area is None:
        form.add_error(
            "postcode",
            say(
                "{street}, {postcode} is outside our service area: we do not serve "
                "postcode {postcode}. Please ask the utility that sends the "
                "electricity bill for it.",
                street=street,
                postcode=postcode,
            ),
        )
        return ""
    own = {point.pk for point in points}
    if any(p.pk in own for p in usage_points_at(street=street, postcode=area.postcode)):
        return say("This address is one of your service points. Choose it in the list above.")
    return say(
        "We serve {postcode} {locality}, but no meter at {street} is in your "
        "name. Call us and we add it to your account, or have a new connection "
        "planned.",
        postcode=area.postcode,
        locality=area.locality,
        street=street,
    )
