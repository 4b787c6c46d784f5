"""Groups as operators see them: the list, a request, one group (O3)."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from derms.accounts.access import roles_required, signed_in
from derms.accounts.models import User
from derms.accounts.roles import Role
from derms.lib.errors import DermsError, InvalidInput
from groups.forms import FeederForm, GroupForm, ReasonForm
from groups.models import DERGroup
from groups.selectors import (
    candidates,
    capability_of,
    fleet,
    groups_for,
    membership_history,
    shown_to,
)
from groups.services import request_dissolution, request_group, take_group_live
from groups.statuses import GROUP_ENDED, GROUP_KINDS, GroupStatus
from groups.views.showing import checks, lines, member_lines, steps, timeline
from interconnection.models import Feeder

SEES_GROUPS = (
    Role.OPERATOR,
    Role.ENGINEER,
    Role.CUSTOMER_SERVICE,
    Role.AUDITOR,
    Role.THIRD_PARTY,
)
ASKS_FOR_GROUPS = (Role.OPERATOR, Role.THIRD_PARTY)


@require_GET
@roles_required(*SEES_GROUPS)
def group_list(request: HttpRequest) -> HttpResponse:
    person = signed_in(request)
    is_old = request.GET.get("show") == "ended"
    found = groups_for(person)
    chosen = (
        found.filter(status__in=GROUP_ENDED) if is_old else found.exclude(status__in=GROUP_ENDED)
    )
    context = {
        "lines": lines(chosen, timezone.now()),
        "is_old": is_old,
        "may_ask": person.has_role(*ASKS_FOR_GROUPS),
    }
    return render(request, "groups/groups.html", context)


@require_http_methods(["GET", "POST"])
@roles_required(*ASKS_FOR_GROUPS)
def group_new(request: HttpRequest) -> HttpResponse:
    """First the feeder, then its members; `preview` shows the capability of those ticked."""
    person, at = signed_in(request), timezone.now()
    feeder_form = FeederForm(request.GET if "feeder" in request.GET else None)
    feeder = feeder_form.cleaned_data["feeder"] if feeder_form.is_valid() else None
    if feeder is None:
        status = 422 if feeder_form.is_bound else 200
        return render(request, "groups/group_new.html", {"feeder_form": feeder_form}, status=status)
    offered = candidates(feeder, person, at)
    form = GroupForm(request.POST or None, offered=offered)
    is_asked = request.method == "POST" and "preview" not in request.POST
    if is_asked and form.is_valid():
        group = _request(form, feeder, person, at)
        if group is not None:
            messages.success(
                request,
                f"{group.name} is asked for. Customer service checks the tariff rules next.",
            )
            return redirect("operations_group", group_id=group.pk)
    context = _new_context(request, form, feeder, at)
    template = "groups/_preview.html" if is_preview(request) else "groups/group_new.html"
    return render(request, template, context, status=422 if is_asked else 200)


def is_preview(request: HttpRequest) -> bool:
    return bool(getattr(request, "htmx", False)) and "preview" in request.POST


def _request(form: GroupForm, feeder: Feeder, person: User, at: datetime) -> DERGroup | None:
    try:
        return request_group(
            name=form.cleaned_data["name"],
            purpose=form.cleaned_data["purpose"],
            feeder=feeder,
            der_ids=[der.pk for der in form.cleaned_data["ders"]],
            user=person,
            at=at,
        )
    except InvalidInput as refusal:
        for field, words in refusal.fields.items():
            form.add_error(field, words)
        return None


def _new_context(
    request: HttpRequest, form: GroupForm, feeder: Feeder, at: datetime
) -> dict[str, Any]:
    offered: Any = form.fields["ders"]
    rows = list(offered.queryset)
    ticked = {int(pk) for pk in request.POST.getlist("ders") if pk.isdecimal()}
    known = {row.pk for row in rows}
    seen = fleet(at, known)
    return {
        "form": form,
        "feeder": feeder,
        "rows": [
            {
                "der": row,
                "is_ticked": row.pk in ticked,
                "power_w": seen.states_of([row.pk])[0].power_w,
            }
            for row in rows
        ],
        "ticked": len(ticked & known),
        "capability": capability_of(sorted(ticked & known), seen) if ticked & known else None,
        "action": f"{reverse('operations_group_new')}?feeder={feeder.pk}",
    }


@require_http_methods(["GET", "POST"])
@roles_required(*SEES_GROUPS)
def group_page(request: HttpRequest, group_id: int) -> HttpResponse:
    """GET shows it; POST `deed` takes it live or asks for its end."""
    person, at = signed_in(request), timezone.now()
    group = groups_for(person).filter(pk=group_id).first()
    if group is None:
        raise Http404("There is no group with this number.")
    form = ReasonForm(request.POST if request.POST.get("deed") == "dissolve" else None)
    refusal = ""
    if request.method == "POST":
        refusal = _deed(request, group, form, at)
        if not refusal and not form.errors:
            return redirect("operations_group", group_id=group.pk)
        group.refresh_from_db()
    status = 422 if form.errors else 409 if refusal else 200
    context = {**_page_context(group, person, at), "form": form, "refusal": refusal}
    return render(request, "groups/group.html", context, status=status)


def _deed(request: HttpRequest, group: DERGroup, form: ReasonForm, at: datetime) -> str:
    """Empty, or why it was refused; a missing reason stays in the form."""
    person = signed_in(request)
    if not may_act(person, group):
        return "Only an operator, or the third party that asked for the group, can do this."
    by = person.get_username()
    try:
        if request.POST.get("deed") == "take_live":
            if not person.has_role(Role.OPERATOR):
                return "Only an operator takes a group live."
            take_group_live(group=group, at=at, by=by)
            messages.success(request, f"{group.name} is live. Its customers are told.")
        elif request.POST.get("deed") == "dissolve":
            if form.is_valid():
                request_dissolution(group=group, reason=form.cleaned_data["reason"], at=at, by=by)
                messages.success(request, "Customer service is asked to confirm the end.")
        else:
            return "Choose what to do."
    except DermsError as refused:
        return refused.message
    return ""


def may_act(person: User, group: DERGroup) -> bool:
    return person.has_role(Role.OPERATOR) or (
        person.has_role(Role.THIRD_PARTY) and group.third_party_id is not None
    )


def _page_context(group: DERGroup, person: User, at: datetime) -> dict[str, Any]:
    seen = fleet(at)
    members = member_lines(group, seen, person)
    is_operator = person.has_role(Role.OPERATOR)
    return {
        "group": group,
        "kind": GROUP_KINDS[group.status],
        "at": at,
        "members": members,
        "capability": capability_of([row.membership.der_id for row in members], seen),
        "steps": steps(group),
        "timeline": timeline(group),
        "checks": checks(group, {row.membership.der_id for row in members}, person)[:3],
        "history": list(shown_to(person, membership_history(group=group), at)[:200]),
        "may_take_live": is_operator and group.status == GroupStatus.APPROVED,
        "may_dissolve": may_act(person, group) and group.status == GroupStatus.LIVE,
        "is_live": group.status == GroupStatus.LIVE,
        "is_operator": is_operator,
        "stale_s": settings.READING_STALE_S,
        "trend_url": _trend_url(group) if is_operator else "",
    }


def _trend_url(group: DERGroup) -> str:
    try:
        return f"{reverse('operations_trend')}?minutes=120&group={group.pk}"
    except NoReverseMatch:
        return ""
