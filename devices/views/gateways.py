"""Gateway health: the zones and who serves them, the endpoints behind each (DV-2, OP-3)."""

from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from derms.accounts.access import roles_required
from derms.accounts.roles import FLEET_READERS
from derms.lib.csv_export import Column, csv_response
from devices.models import Zone
from devices.selectors.gateway_health import (
    EndpointHealth,
    ZoneHealth,
    endpoints_of,
    zones_health,
)

ROWS = 50
ZONE_COLUMNS: tuple[Column[ZoneHealth], ...] = (
    Column("zone", lambda zone: zone.name),
    Column("served", lambda zone: zone.is_served),
    Column("owner", lambda zone: zone.owner),
    Column("fence", lambda zone: zone.fence),
    Column("heartbeat_age_s", lambda zone: zone.heartbeat_age_s),
    Column("lateness_ms", lambda zone: zone.lateness_ms),
    Column("devices", lambda zone: zone.devices),
    Column("endpoints", lambda zone: zone.endpoints),
    Column("answering", lambda zone: zone.count_of("up")),
    Column("in_trouble", lambda zone: zone.count_of("degraded")),
    Column("given_up", lambda zone: zone.count_of("open")),
    Column("not_read", lambda zone: zone.count_of("unread")),
    Column("never_answered", lambda zone: zone.count_of("never")),
    Column("polls_per_s", lambda zone: zone.polls_per_s),
    Column("polls_due_per_s", lambda zone: round(zone.polls_due_per_s, 2)),
    Column("connects_this_term", lambda zone: zone.connects),
    Column("polls", lambda zone: zone.polls),
    Column("failures", lambda zone: zone.failures),
    Column("round_trip_p95_ms", lambda zone: zone.round_trip_p95_ms),
    Column("commands_waiting", lambda zone: zone.waiting),
    Column("oldest_command_s", lambda zone: zone.oldest_s),
)
ENDPOINT_COLUMNS: tuple[Column[EndpointHealth], ...] = (
    Column("host", lambda one: one.host),
    Column("port", lambda one: one.port),
    Column("state", lambda one: one.state[0]),
    Column("units", lambda one: one.units),
    Column("answering", lambda one: one.up),
    Column("in_trouble", lambda one: one.degraded),
    Column("given_up", lambda one: one.open),
    Column("not_read", lambda one: one.unread),
    Column("never_answered", lambda one: one.never),
    Column("round_trip_ms", lambda one: one.round_trip_ms),
    Column("polls", lambda one: one.polls),
    Column("failures", lambda one: one.failures),
    Column("failures_in_row", lambda one: one.failures_in_row),
    Column("circuit_open_since", lambda one: one.open_since),
    Column("retry_at", lambda one: one.retry_at),
    Column("last_answer_at", lambda one: one.answered_at),
    Column("last_fault", lambda one: one.last_fault),
    Column("last_fault_at", lambda one: one.last_fault_at),
)


@require_safe
@roles_required(*FLEET_READERS)
def gateways(request: HttpRequest) -> HttpResponseBase:
    at = timezone.now()
    zones = zones_health(at)
    if request.GET.get("format") == "csv":
        return csv_response(request, name="gateways", columns=ZONE_COLUMNS, rows=zones)
    return render(request, "devices/gateways.html", {"zones": zones, "at": at})


@require_safe
@roles_required(*FLEET_READERS)
def endpoints(request: HttpRequest, zone: str) -> HttpResponseBase:
    """The addresses of one zone; `show=all` also those that answer as they should."""
    found = Zone.objects.filter(name=zone).first()
    if found is None:
        raise Http404(f"There is no zone {zone}.")
    at = timezone.now()
    show = "all" if request.GET.get("show") == "all" else "trouble"
    listed = endpoints_of(found, at, only_trouble=show == "trouble")
    if request.GET.get("format") == "csv":
        name = f"endpoints-{found.name}"
        return csv_response(request, name=name, columns=ENDPOINT_COLUMNS, rows=listed)
    context = {
        "zone": next((one for one in zones_health(at) if one.name == found.name), None),
        "name": found.name,
        "page": Paginator(listed, ROWS).get_page(request.GET.get("page")),
        "show": show,
        "query": f"{urlencode({'show': show})}&",
        "at": at,
    }
    return render(request, "devices/endpoints.html", context)
