"""One alarm: what to do about it, what happened, and its device around that time (DV-5)."""

from datetime import datetime

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from derms.accounts.access import roles_required, signed_in
from derms.accounts.roles import Role
from devices import selectors
from devices.alarming.guidance import guidance_for
from devices.forms.alarms import ShelveForm
from devices.models import Alarm
from devices.selectors.alarm_timeline import timeline_of
from devices.selectors.alarm_trend import AlarmTrend, shown_for, trend_around
from devices.selectors.why import why_of
from devices.views.alarms import READERS, ROWS


@require_safe
@roles_required(*READERS)
def alarm(request: HttpRequest, alarm_id: int) -> HttpResponse:
    found = _found(alarm_id)
    members = Paginator(selectors.members_of(found), ROWS).get_page(request.GET.get("page"))
    context = {
        "alarm": found,
        "where": selectors.place_words(found),
        "guidance": guidance_for(found.kind),
        "why": why_of(found),
        "timeline": timeline_of(found),
        "page": members,
        "rows": [(member, selectors.place_words(member)) for member in members],
        "query": "",
        "form": ShelveForm(),
        "may_act": signed_in(request).has_role(Role.OPERATOR),
        "shown": shown_for(found),
        "trend_url": reverse("operations_alarm_trend", args=[found.pk]),
    }
    return render(request, "devices/alarm.html", context)


@require_safe
@roles_required(*READERS)
def trend(request: HttpRequest, alarm_id: int) -> JsonResponse:
    return JsonResponse(_as_columns(trend_around(_found(alarm_id), timezone.now())))


def _found(alarm_id: int) -> Alarm:
    found = selectors.alarms().select_related("group", "escalation").filter(pk=alarm_id).first()
    if found is None:
        raise Http404(f"There is no alarm {alarm_id}.")
    return found


def _as_columns(trend: AlarmTrend) -> dict[str, object]:
    values = [value for _, value in trend.points]
    series = [{"key": "value", "label": trend.label, "role": "actual", "values": values}]
    if trend.limit is not None:
        limits = [trend.limit] * len(values)
        series.append({"key": "limit", "label": "Limit", "role": "limit", "values": limits})
    return {
        "unit": trend.unit,
        "now": _epoch(trend.now),
        "y": None,
        "x": [_epoch(moment) for moment, _ in trend.points],
        "series": series,
    }


def _epoch(moment: datetime) -> float:
    return moment.timestamp()
