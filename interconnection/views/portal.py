"""The customer's own pages about her applications: overview, status, withdrawal (CS-5, IC-1)."""

from datetime import datetime

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from customers.models import Right
from customers.selectors import (
    agreements_for,
    customers_for,
    notices_for,
    require_right,
    third_party_of,
    unread_count,
)
from customers.selectors.access import representation_of
from customers.selectors.requests import holidays
from derms.accounts.access import roles_required, signed_in
from derms.accounts.models import User
from derms.accounts.roles import Role
from derms.lib.errors import Refused
from derms.lib.words import say
from interconnection.forms.applying import WithdrawForm
from interconnection.models import DER, InterconnectionApplication
from interconnection.selectors.applications import (
    applications_for,
    name_of,
    total_power_w,
)
from interconnection.selectors.construction import schedule_of
from interconnection.selectors.papers import papers_of
from interconnection.selectors.progress import approval_of, progress_of
from interconnection.selectors.why import why
from interconnection.services import applications as services
from interconnection.statuses import APPLICATION_ENDED

ROWS = 20
PORTAL = (Role.CUSTOMER, Role.THIRD_PARTY)


@require_safe
@roles_required(*PORTAL)
def home(request: HttpRequest) -> HttpResponse:
    user, at = signed_in(request), timezone.now()
    today = timezone.localdate(at)
    customers = list(customers_for(user, at))
    mine = applications_for(user, at)
    page = Paginator(mine.exclude(status__in=APPLICATION_ENDED), ROWS).get_page(
        request.GET.get("page")
    )
    free_days = holidays()
    shown = [
        {
            "row": application,
            "progress": progress_of(application, today=today, free_days=free_days),
            "power_w": total_power_w(application),
        }
        for application in page
    ]
    context = {
        "applications": shown,
        "page": page,
        "ended": mine.filter(status__in=APPLICATION_ENDED)[:ROWS],
        "agreements": agreements_for(user, at).filter(ended_at=None),
        "has_der": DER.objects.filter(
            usage_point__customer__in=customers_for(user, at, Right.READINGS)
        ).exists(),
        "notices": notices_for(user, at)[:3],
        "unread": unread_count(user, at),
        "customers": customers,
        "third_party": third_party_of(user),
    }
    return render(request, "interconnection/portal_home.html", context)


@require_safe
@roles_required(*PORTAL)
def application(request: HttpRequest, reference: str) -> HttpResponse:
    user, at = signed_in(request), timezone.now()
    found = application_of(user, reference, at)
    may_file = customers_for(user, at, Right.FILE).filter(pk=found.customer_id).exists()
    progress = progress_of(found, today=timezone.localdate(at))
    context = {
        "approval": approval_of(found),
        "application": found,
        "schedule": schedule_of(found, today=timezone.localdate(at)),
        "progress": progress,
        "why": why(found, progress),
        "units": [{"row": unit, "name": name_of(unit)} for unit in found.units.all()],
        "notices": notices_for(user, at).filter(about__startswith=f"{reference}/"),
        "can_withdraw": found.status not in APPLICATION_ENDED and may_file,
        "may_file": may_file,
        "papers": papers_of(found),
        "papers_open": may_file and found.status not in APPLICATION_ENDED,
        "acting": representation_of(found.customer, at),
    }
    return render(request, "interconnection/portal_application.html", context)


@require_http_methods(["GET", "POST"])
@roles_required(*PORTAL)
def withdraw(request: HttpRequest, reference: str) -> HttpResponse:
    user, at = signed_in(request), timezone.now()
    found = application_of(user, reference, at)
    require_right(user, found.customer, Right.FILE, at)
    form = WithdrawForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            services.withdraw_application(
                application=found,
                reason=form.cleaned_data["reason"],
                at=at,
                by=user.get_username(),
            )
        except Refused as refusal:
            form.add_error(None, refusal.message)
        else:
            messages.success(
                request, say("Application {reference} is withdrawn.", reference=reference)
            )
            return redirect("portal_home")
    context = {"application": found, "form": form}
    status = 422 if form.errors else 200
    return render(request, "interconnection/portal_withdraw.html", context, status=status)


def application_of(user: User, reference: str, at: datetime) -> InterconnectionApplication:
    """An application of those this person may act for; to others it does not exist."""
    found = applications_for(user, at).filter(reference=reference).first()
    if found is None:
        raise Http404(say("You have no application {reference}.", reference=reference))
    return found
