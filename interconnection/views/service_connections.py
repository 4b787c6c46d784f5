"""The page where an engineer hangs a service point on the network model (IC-2)."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods

from customers.models import UsagePoint
from derms.accounts.access import roles_required, signed_in
from derms.accounts.roles import Role
from derms.lib.errors import DermsError
from interconnection.forms.service_connection import ServiceConnectionForm
from interconnection.selectors.network import connection_of
from interconnection.services.missing_network import connect_and_look_again

MOST_SUGGESTED = 500


@roles_required(Role.ENGINEER)
@require_http_methods(["GET", "POST"])
def service_connection(request: HttpRequest, meter: str) -> HttpResponse:
    """Where it hangs; where nobody knows yet, the form to say it."""
    point = UsagePoint.objects.select_related("location").filter(meter_number=meter).first()
    if point is None:
        raise Http404(f"There is no meter {meter}.")
    form = ServiceConnectionForm(
        request.POST if request.method == "POST" else None, point=point,
        initial={"feeder": request.GET.get("feeder", "")},
    )  # fmt: skip
    before = connection_of(point)
    if request.method == "POST" and form.is_valid():
        if before is not None:
            form.add_error(None, f"It hangs on {before.transformer.name} already.")
        elif _connected(request, point, form):
            return redirect(_next(request) or request.path)
    context = {
        "point": point,
        "form": form,
        "connection": before,
        "next": _next(request),
    }
    status = 422 if form.errors else 200
    return render(request, "interconnection/service_connection.html", context, status=status)


def _connected(request: HttpRequest, point: UsagePoint, form: ServiceConnectionForm) -> bool:
    entered = form.cleaned_data
    try:
        made = connect_and_look_again(
            usage_point=point, feeder=entered["feeder"], phases=entered["phases"],
            transformer=entered["transformer"], bus=entered["bus"], at=timezone.now(),
            by=signed_in(request).username,
        )  # fmt: skip
    except DermsError as error:
        form.add_error(None, error.message)
        return False
    place = made.transformer
    messages.success(
        request, f"Meter {point.meter_number} hangs on {place.name} at bus {place.bus.name}."
    )
    return True


def _next(request: HttpRequest) -> str:
    """The page that asked for this one, of ours only."""
    wanted = request.POST.get("next") or request.GET.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(wanted, allowed_hosts=None)
    return wanted if is_ours and wanted.startswith("/") else ""
