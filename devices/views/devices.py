"""A device's own page: values with age and quality, curves, settings, alarms, its trend."""

from collections.abc import Sequence
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from derms.accounts.access import roles_required, signed_in
from derms.accounts.models import User
from derms.accounts.roles import FLEET_READERS, Role
from derms.lib.csv_export import Column, csv_response
from devices import selectors
from devices.models import Device, Resolution
from devices.selectors.command_rows import command_row
from devices.selectors.connection_limit import connection_limit
from devices.selectors.ratings import nameplate_rows
from devices.selectors.resolutions import reach, resolution_for
from devices.selectors.sheet import Sheet, find_device, sheet_of
from devices.selectors.trends import (
    FIRST_SPAN,
    QUANTITIES,
    SPANS,
    Span,
    Trend,
    quantities_for,
    trend_of,
)
from devices.services import export_readings
from devices.views.command_panel import idle_panel
from interconnection.selectors.network import connection_of

LAST_COMMANDS = 8
OPEN_ALARMS = 8
APPLICATION_PAGES = (
    (Role.ENGINEER, "engineering_application"),
    (Role.CUSTOMER_SERVICE, "service_application"),
)


@require_safe
@roles_required(*FLEET_READERS)
def device(request: HttpRequest, device_id: int) -> HttpResponse:
    sheet = sheet_or_404(device_id)
    user = signed_in(request)
    span = _span(request)
    context = {
        "sheet": sheet,
        "tab": "overview",
        "limit": connection_limit(sheet.device, sheet.facts, sheet.at),
        "place": connection_of(sheet.device.usage_point),
        "rows": [command_row(c) for c in selectors.command_log(device_id)[:LAST_COMMANDS]],
        "alarms": selectors.open_alarms().filter(device=device_id)[:OPEN_ALARMS],
        "charts": _charts(sheet.device, span),
        "readings_url": reverse("operations_device_readings", args=[device_id]),
        "spans": SPANS.values(),
        "span": span,
        "checks": _checks(sheet),
        "nameplate": nameplate_rows(sheet.device),
        "panel": idle_panel(sheet),
        **_links(user, sheet.device),
    }
    return render(request, "devices/device.html", context)


@require_safe
@roles_required(*FLEET_READERS)
def trend(request: HttpRequest, device_id: int) -> HttpResponseBase:
    """Columns for the chart, or with `format=csv` as a file. Powers in kW and kvar."""
    found = find_device(device_id)
    if found is None:
        raise Http404(f"There is no device {device_id}.")
    quantity = QUANTITIES.get(request.GET.get("of", ""), QUANTITIES["power"])
    shown = trend_of(found, quantity, _span(request), timezone.now())
    if request.GET.get("format") != "csv":
        return JsonResponse(shown.columns())
    return csv_response(
        request,
        name=f"device-{device_id}-{quantity.key}",
        columns=_trend_columns(shown),
        rows=range(len(shown.x)),
    )


@require_safe
@roles_required(*FLEET_READERS)
def readings(request: HttpRequest, device_id: int) -> HttpResponseBase:
    """The period of the trends as a file with every value; `each=reading` takes them one by one."""
    if find_device(device_id) is None:
        raise Http404(f"There is no device {device_id}.")
    at = timezone.now()
    from_at = at - _span(request).length
    is_each = request.GET.get("each") == "reading"
    export = export_readings(
        device_id=device_id,
        from_at=from_at,
        to_at=at,
        resolution=Resolution.RAW if is_each else resolution_for(from_at, at, reach()),
        at=at,
        by=signed_in(request),
    )
    return csv_response(request, name=export.name, columns=export.columns, rows=export.rows)


def sheet_or_404(device_id: int) -> Sheet:
    found = find_device(device_id)
    if found is None:
        raise Http404(f"There is no device {device_id}.")
    return sheet_of(found, timezone.now())


def _trend_columns(shown: Trend) -> list[Column[int]]:
    columns = [Column[int]("at", lambda row: shown.x[row])]
    columns += [
        Column[int](one.label, lambda row, values=one.values: _rounded(values, row))  # type: ignore[misc]  # mypy cannot type a lambda's default
        for one in shown.series
    ]
    return columns


def _rounded(values: Sequence[float | None], row: int) -> float | None:
    value = values[row]
    return None if value is None else round(value, 4)


def _span(request: HttpRequest) -> Span:
    return SPANS.get(request.GET.get("range", ""), FIRST_SPAN)


def _charts(device: Device, span: Span) -> list[dict[str, str]]:
    url = reverse("operations_device_trend", args=[device.pk])
    return [
        {
            "id": quantity.key,
            "label": quantity.label,
            "title": f"{quantity.label}, {quantity.unit}",
            "unit": quantity.unit,
            "url": f"{url}?of={quantity.key}&range={span.key}",
            "describe": f"{quantity.label} over time",
        }
        for quantity in quantities_for(device)
    ]


def _links(user: User, device: Device) -> dict[str, Any]:
    """Pages of other floors that this person's role opens; names are shown to all readers."""
    application = device.der.unit.application if device.der and device.der.unit else None
    application_url = next(
        (
            reverse(name, args=[application.reference])
            for role, name in APPLICATION_PAGES
            if application is not None and user.has_role(role)
        ),
        "",
    )
    customer_url = ""
    if user.has_role(Role.CUSTOMER_SERVICE):
        customer_url = reverse("service_customer", args=[device.usage_point.customer_id])
    return {
        "application": application,
        "application_url": application_url,
        "agreement": device.der.agreement if device.der else None,
        "customer_url": customer_url,
        "may_command": user.has_role(Role.OPERATOR) and may_be_commanded(device),
        "may_acknowledge": user.has_role(Role.OPERATOR),
    }


def may_be_commanded(device: Device) -> bool:
    return device.active_to is None and device.kind != Device.Kind.METER


def _checks(sheet: Sheet) -> list[dict[str, str]]:
    """What to look at for a device that has never answered."""
    if sheet.plate.readout is not None:
        return []
    device, talk = sheet.device, sheet.communication
    fault = next((fact.text for fact in talk.facts if fact.label == "Last fault"), "")
    address = f"{device.host}:{device.port}, unit {device.unit}"
    return [
        {"label": "It is in the register", "state": "pass"},
        {
            "label": f"A gateway serves zone {device.zone.name}",
            "state": "pass" if talk.is_served else "fail",
            "why": talk.zone_words,
        },
        {
            "label": f"It answers at {address}",
            "state": "fail" if fault else "open",
            "why": fault
            or "It has not been asked yet. Is the address right, is it powered, is "
            "port 502 open on its side?",
        },
        {
            "label": f"It says its serial number is {device.serial_number}",
            "state": "open",
            "why": "Another number means that somebody changed the machine.",
        },
    ]
