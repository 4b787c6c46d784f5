"""The operators' alarm list (DV-5)."""

from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from derms.accounts.access import roles_required, signed_in
from derms.accounts.roles import Role
from derms.lib.errors import Conflict, NotFound
from devices import selectors
from devices.forms.alarms import AlarmSearch
from devices.models import Alarm
from devices.services import acknowledge_alarm

ROWS = 50


@require_safe
@roles_required(Role.OPERATOR, Role.ENGINEER, Role.AUDITOR)
def alarms(request: HttpRequest) -> HttpResponse:
    search = AlarmSearch(request.GET)
    show, priority = search.wanted()
    page = Paginator(_found(show, priority), ROWS).get_page(request.GET.get("page"))
    context = {
        "search": search,
        "page": page,
        "show": show,
        "query": f"{urlencode({'show': show, 'priority': priority or ''})}&",
        "gateways": selectors.gateways(timezone.now()),
        "may_acknowledge": signed_in(request).has_role(Role.OPERATOR),
    }
    return render(request, "devices/alarms.html", context)


@require_POST
@roles_required(Role.OPERATOR)
def acknowledge(request: HttpRequest, alarm_id: int) -> HttpResponse:
    try:
        acknowledge_alarm(
            alarm_id=alarm_id, at=timezone.now(), by=signed_in(request).get_username()
        )
    except NotFound as error:
        raise Http404(error.message) from error
    except Conflict as error:
        messages.warning(request, error.message)
    return redirect(_back(request))


def _found(show: str, priority: int | None) -> "QuerySet[Alarm]":
    rows = selectors.alarms() if show == "all" else selectors.open_alarms()
    return rows if priority is None else rows.filter(priority=priority)


def _back(request: HttpRequest) -> str:
    """Where the button was; the console's own panel when the console asked."""
    wanted = request.POST.get("next", "")
    if wanted and url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()}):
        return wanted
    try:
        if "HX-Request" in request.headers:
            return reverse("operations_alarm_panel")
    except NoReverseMatch:
        pass
    return reverse("operations_alarms")
