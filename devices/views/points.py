"""Every point of a device, as last read, and the deed that has it read anew."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from derms.accounts.access import roles_required, signed_in
from derms.accounts.roles import FLEET_READERS, Role
from derms.lib.csv_export import Column, csv_response
from derms.lib.errors import NotFound
from devices.selectors.points import PointsSheet, points_of
from devices.services.points import PATIENCE, ask_for_points
from devices.views.devices import sheet_or_404

Line = tuple[int, str, str, object, str]
COLUMNS: tuple[Column[Line], ...] = (
    Column("model", lambda line: line[0]),
    Column("title", lambda line: line[1]),
    Column("point", lambda line: line[2]),
    Column("value", lambda line: line[3]),
    Column("unit", lambda line: line[4]),
)


@require_safe
@roles_required(*FLEET_READERS)
def points(request: HttpRequest, device_id: int) -> HttpResponseBase:
    sheet = sheet_or_404(device_id)
    found = points_of(device_id)
    if request.GET.get("format") == "csv":
        name = f"device-{device_id}-points"
        return csv_response(request, name=name, columns=COLUMNS, rows=_lines(found))
    context = {
        "sheet": sheet,
        "found": found,
        "tab": "points",
        "is_late": found.is_late(sheet.at, PATIENCE),
        "may_read": signed_in(request).has_role(Role.OPERATOR, Role.ENGINEER)
        and sheet.device.active_to is None,
    }
    return render(request, "devices/points.html", context)


@require_POST
@roles_required(Role.OPERATOR, Role.ENGINEER)
def read_points(request: HttpRequest, device_id: int) -> HttpResponse:
    """Have it read now; the page shows how far it has come."""
    try:
        ask_for_points(device_id=device_id, at=timezone.now(), by=signed_in(request).get_username())
    except NotFound as error:
        raise Http404(error.message) from error
    if "HX-Request" not in request.headers:
        messages.info(request, "The gateway was asked to read every point.")
    return redirect("operations_device_points", device_id)


def _lines(found: PointsSheet) -> list[Line]:
    return [
        (model.id, model.title, point.name, point.value, point.unit)
        for model in found.models
        for point in model.points
    ]
