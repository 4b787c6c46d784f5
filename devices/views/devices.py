"""A device's own page: values with age and quality, and what was asked of it."""

from datetime import datetime, timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from derms.accounts.access import roles_required, signed_in
from derms.accounts.roles import Role
from devices import selectors
from devices.models import Device
from interconnection.models import InterconnectionApplication

LAST_COMMANDS = 20
POINTS = 360
RANGES = {"15m": 15, "1h": 60, "6h": 360, "1d": 1440}
APPLICATION_PAGES = (
    (Role.ENGINEER, "engineering_application"),
    (Role.CUSTOMER_SERVICE, "service_application"),
)
READERS = (Role.OPERATOR, Role.ENGINEER, Role.CUSTOMER_SERVICE, Role.AUDITOR)


@require_safe
@roles_required(*READERS)
def device(request: HttpRequest, device_id: int) -> HttpResponse:
    """The face-plate; htmx asks the same page again for the values only."""
    context = _context(device_id, timezone.now())
    context["application_url"] = _application_url(request, context["application"])
    return render(request, "devices/device.html", context)


@require_safe
@roles_required(*READERS)
def trend(request: HttpRequest, device_id: int) -> JsonResponse:
    """The power of the last minutes for the chart, in W."""
    minutes = RANGES.get(request.GET.get("range", ""), RANGES["15m"])
    at = timezone.now()
    points = selectors.readings_between(
        _found(device_id).pk, at - timedelta(minutes=minutes), at, POINTS
    )
    return JsonResponse(
        {
            "unit": "kW",
            "now": at.timestamp(),
            "y": None,
            "x": [point.at.timestamp() for point in points],
            "series": [
                {
                    "key": "power",
                    "label": "Active power",
                    "role": "actual",
                    "values": [
                        None if p.active_power_w is None else p.active_power_w / 1000
                        for p in points
                    ],
                }
            ],
        }
    )


def _application_url(
    request: HttpRequest, application: InterconnectionApplication | None
) -> str | None:
    """The application's page that this person's role opens."""
    for role, name in APPLICATION_PAGES:
        if application is not None and signed_in(request).has_role(role):
            return reverse(name, args=[application.reference])
    return None


def _found(device_id: int) -> Device:
    found = (
        Device.objects.filter(pk=device_id)
        .select_related("zone", "latest", "der__unit__application", "usage_point__location")
        .first()
    )
    if found is None:
        raise Http404(f"There is no device {device_id}.")
    return found


def _context(device_id: int, at: datetime) -> dict[str, Any]:
    found = _found(device_id)
    unit = found.der.unit if found.der else None
    trend_url = reverse("operations_device_trend", args=[found.pk])
    return {
        "device": found,
        "face": selectors.face_of(found, at),
        "at": at,
        "application": unit.application if unit else None,
        "commands": selectors.commands_for([found.pk])[:LAST_COMMANDS],
        "in_force": selectors.commands_in_force([found.pk]),
        "alarms": selectors.open_alarms().filter(device=found),
        "trend_url": f"{trend_url}?range=15m",
        "ranges": [
            {"label": label, "url": f"{trend_url}?range={label}", "current": label == "15m"}
            for label in RANGES
        ],
    }
