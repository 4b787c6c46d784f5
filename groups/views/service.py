"""Group requests as customer service works them off (EPRI figures 5-1 and 5-2)."""

from datetime import datetime

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from derms.accounts.access import roles_required, signed_in
from derms.accounts.roles import Role
from derms.lib.errors import DermsError
from groups.forms import ReasonForm
from groups.models import DERGroup
from groups.selectors import groups_for
from groups.services import (
    approve_group,
    check_members,
    dissolve_group,
    keep_group,
    refuse_group,
)
from groups.statuses import GROUP_KINDS, GroupStatus
from groups.views.showing import checks, lines, steps, timeline

WAITING = frozenset({GroupStatus.REQUESTED, GroupStatus.DISSOLUTION_REQUESTED})


@require_GET
@roles_required(Role.CUSTOMER_SERVICE)
def request_list(request: HttpRequest) -> HttpResponse:
    """What waits for customer service first, then what was decided lately."""
    at = timezone.now()
    found = groups_for(signed_in(request))
    context = {
        "waiting": lines(found.filter(status__in=WAITING).order_by("requested_at"), at),
        "decided": lines(found.exclude(status__in=WAITING).order_by("-requested_at")[:50], at),
    }
    return render(request, "groups/group_requests.html", context)


@require_http_methods(["GET", "POST"])
@roles_required(Role.CUSTOMER_SERVICE)
def request_page(request: HttpRequest, group_id: int) -> HttpResponse:
    """GET shows what the check would find now; POST `deed` decides."""
    at = timezone.now()
    group = groups_for(signed_in(request)).filter(pk=group_id).first()
    if group is None:
        raise Http404("There is no group with this number.")
    form = ReasonForm(request.POST if request.POST.get("deed") in {"refuse", "keep"} else None)
    refusal = ""
    if request.method == "POST":
        refusal = _deed(request, group, form, at)
        if not refusal and not form.errors:
            return redirect("service_group_request", group_id=group.pk)
        group.refresh_from_db()
    is_new = group.status == GroupStatus.REQUESTED
    found = check_members(group, at) if is_new else []
    context = {
        "group": group,
        "kind": GROUP_KINDS[group.status],
        "steps": steps(group),
        "found": found,
        "is_clear": bool(found) and all(row.is_passed for row in found),
        "is_new": is_new,
        "is_ending": group.status == GroupStatus.DISSOLUTION_REQUESTED,
        "members": group.memberships.select_related(
            "der__usage_point__customer", "tariff_version__tariff"
        ).order_by("der__name"),
        "checks": checks(group, (), signed_in(request)),
        "timeline": timeline(group),
        "form": form,
        "refusal": refusal,
    }
    status = 422 if form.errors else 409 if refusal else 200
    return render(request, "groups/group_request.html", context, status=status)


def _deed(request: HttpRequest, group: DERGroup, form: ReasonForm, at: datetime) -> str:
    """Empty, or why it was refused; a missing reason stays in the form."""
    deed, by = request.POST.get("deed", ""), signed_in(request).get_username()
    try:
        if deed == "approve":
            approve_group(group=group, at=at, by=by)
            messages.success(request, f"{group.name} is approved. Operations takes it live next.")
        elif deed == "dissolve":
            dissolve_group(group=group, at=at, by=by)
            messages.success(request, f"{group.name} is dissolved. Its customers are told.")
        elif deed in {"refuse", "keep"}:
            if form.is_valid():
                decide = refuse_group if deed == "refuse" else keep_group
                decide(group=group, reason=form.cleaned_data["reason"], at=at, by=by)
        else:
            return "Choose what to do."
    except DermsError as refused:
        return refused.message
    return ""
