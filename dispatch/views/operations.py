"""The operator's console, its trend and its alarms (O1)."""

from datetime import timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from derms.accounts.access import roles_required, signed_in
from derms.accounts.roles import Role
from derms.ui.console import CommandPanel
from dispatch.forms import CommandForm
from dispatch.selectors.alarms import alarm_list
from dispatch.selectors.dispatches import dispatches
from dispatch.selectors.trends import trend_of_group, trend_of_system
from dispatch.views.panel import IDLE, panel_of, select_panel
from dispatch.views.showing import console_page
from groups.selectors import groups_for, live_groups

SHORTEST_MIN, LONGEST_MIN = 1, 24 * 60


@require_GET
@roles_required(Role.OPERATOR)
def console(request: HttpRequest) -> HttpResponse:
    return console_page(request, _panel(request))


def _panel(request: HttpRequest) -> CommandPanel:
    """`?dispatch=` shows how it stands, `?group=` what can be asked of it, else nothing."""
    dispatch_id, group_id = request.GET.get("dispatch", ""), request.GET.get("group", "")
    if dispatch_id.isdecimal():
        dispatch = dispatches().filter(pk=int(dispatch_id)).first()
        if dispatch is not None:
            return panel_of(dispatch)
    if group_id.isdecimal():
        group = live_groups().filter(pk=int(group_id)).first()
        if group is not None:
            return select_panel(group, CommandForm(), timezone.now())
    return IDLE


@require_GET
@roles_required(Role.OPERATOR)
def alarm_panel(request: HttpRequest) -> HttpResponse:
    """The alarm region and the banner, for the console to fetch again."""
    alarms = alarm_list(timezone.now(), url=reverse("operations_alarm_panel"))
    return render(request, "dispatch/_alarm_panel.html", {"alarms": alarms})


@require_GET
@roles_required(Role.OPERATOR)
def trend(request: HttpRequest) -> JsonResponse:
    """Columns for the chart: `?minutes=` back from now, `?group=` one group's sum."""
    at = timezone.now()
    span = timedelta(minutes=_minutes(request.GET.get("minutes", "120")))
    group_id = request.GET.get("group", "")
    if not group_id:
        columns: dict[str, Any] = trend_of_system(at - span, at)
        return JsonResponse(columns)
    group = (
        groups_for(signed_in(request)).filter(pk=group_id).first() if group_id.isdecimal() else None
    )
    if group is None:
        raise Http404("There is no group with this number.")
    return JsonResponse(trend_of_group(group, at - span, at))


def _minutes(text: str) -> int:
    return min(LONGEST_MIN, max(SHORTEST_MIN, int(text))) if text.isdecimal() else 120
