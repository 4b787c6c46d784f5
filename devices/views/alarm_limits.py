"""The limits of alarms: which hold where, who decided them, and deciding anew (DV-5)."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from derms.accounts.access import roles_required, signed_in
from derms.accounts.roles import Role
from devices.alarming.limits import WATCHED
from devices.forms.alarm_limits import AlarmLimitForm, RemovalForm, filled_with
from devices.models import AlarmLimit, Device
from devices.selectors.alarm_limits import limit_at, limit_changes, limit_rows
from devices.services import remove_alarm_limit, set_alarm_limit
from devices.services.alarm_limits import AlarmLimitInvalid
from devices.views.alarms import READERS
from interconnection.models import Feeder


@require_safe
@roles_required(*READERS)
def limits(request: HttpRequest) -> HttpResponse:
    context = {
        "rows": limit_rows(),
        "changes": limit_changes(),
        "may_decide": signed_in(request).has_role(Role.ENGINEER),
    }
    return render(request, "devices/alarm_limits.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@roles_required(Role.ENGINEER)
def decide(request: HttpRequest) -> HttpResponse:
    """A limit at a scope: what is sent replaces what was decided there before."""
    if request.method != "POST":
        return _form(request, AlarmLimitForm(initial=_first_values(request)), 200)
    form = AlarmLimitForm(request.POST)
    if form.is_valid():
        facts = form.cleaned_data
        try:
            row = set_alarm_limit(
                limit=form.as_limit(),
                feeder=facts["feeder"],
                device_kind=facts["device_kind"],
                reason=facts["reason"],
                at=timezone.now(),
                by=signed_in(request).get_username(),
            )
        except AlarmLimitInvalid as error:
            _take_over(form, error)
        else:
            messages.success(request, f"{row.get_kind_display()} is {row.limit:g} for {row.scope}.")
            return redirect("alarm_limits")
    return _form(request, form, 422)


@require_http_methods(["GET", "HEAD", "POST"])
@roles_required(Role.ENGINEER)
def remove(request: HttpRequest, limit_id: int) -> HttpResponse:
    row = AlarmLimit.objects.select_related("feeder").filter(pk=limit_id).first()
    if row is None:
        raise Http404(f"There is no limit {limit_id}.")
    form = RemovalForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        remove_alarm_limit(
            limit_id=limit_id,
            reason=form.cleaned_data["reason"],
            at=timezone.now(),
            by=signed_in(request).get_username(),
        )
        messages.success(request, f"The limit for {row.scope} is gone; the next wider one holds.")
        return redirect("alarm_limits")
    status = 422 if form.is_bound else 200
    context = {"form": form, "row": row, "watched": WATCHED[row.kind]}
    return render(request, "devices/alarm_limit_remove.html", context, status=status)


def _form(request: HttpRequest, form: AlarmLimitForm, status: int) -> HttpResponse:
    context = {"form": form, "watched": WATCHED.values()}
    return render(request, "devices/alarm_limit.html", context, status=status)


def _first_values(request: HttpRequest) -> dict[str, Any]:
    """What holds now at the scope that the address names; odd words name the whole fleet."""
    kind = request.GET.get("kind", "")
    given = request.GET.get("feeder", "")
    feeder = (
        Feeder.objects.filter(pk=int(given)).first()
        if given.isdecimal() and len(given) < 19
        else None
    )
    device_kind = request.GET.get("device_kind", "")
    device_kind = device_kind if device_kind in Device.Kind.values else ""
    limit = limit_at(kind if kind in WATCHED else next(iter(WATCHED)), feeder, device_kind)
    return filled_with(limit) | {
        "feeder": feeder.pk if feeder else None,
        "device_kind": device_kind,
    }


def _take_over(form: AlarmLimitForm, error: AlarmLimitInvalid) -> None:
    for name, words in error.fields.items():
        form.add_error(name, words)
