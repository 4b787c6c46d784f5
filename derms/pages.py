"""Pages that belong to no floor: the door, health, errors and the API's description."""

import uuid
from datetime import timedelta

import redis
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, connection
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from drf_spectacular.views import SpectacularAPIView

from derms.accounts.access import ANYONE, open_to_anyone, roles_required
from derms.accounts.models import User
from derms.accounts.roles import ALL_ROLES, Role

FIRST_PAGES: tuple[tuple[Role, str], ...] = (
    (Role.OPERATOR, "operations_console"),
    (Role.ENGINEER, "engineering_queue"),
    (Role.CUSTOMER_SERVICE, "service_queue"),
    (Role.TECHNICIAN, "field_orders"),
    (Role.AUDITOR, "audit_log"),
    (Role.ADMINISTRATOR, "admin:index"),
    (Role.CUSTOMER, "portal_home"),
    (Role.THIRD_PARTY, "portal_home"),
    (Role.SYSTEM, "schema"),
)
WORKER_SILENT_AFTER = timedelta(seconds=30)


@roles_required(*ALL_ROLES)
def home(request: HttpRequest) -> HttpResponse:
    """Send each role to where its work is."""
    assert isinstance(request.user, User)  # noqa: S101  RoleGate lets nobody else in
    for role, name in FIRST_PAGES:
        if request.user.has_role(role):
            try:
                return redirect(reverse(name))
            except NoReverseMatch:
                continue
    raise PermissionDenied("No page is open to this account. Ask an administrator for a role.")


@open_to_anyone
def health_live(_request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "live"})


@open_to_anyone
def health_ready(_request: HttpRequest) -> JsonResponse:
    """Ready when the database answers and Redis answers; each named when it does not."""
    missing = []
    try:
        with connection.cursor() as cursor:
            cursor.execute("select 1")
    except DatabaseError:
        missing.append("database")
    try:
        redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2).ping()
    except redis.RedisError:
        missing.append("redis")
    body = {"status": "not ready" if missing else "ready", "missing": missing}
    return JsonResponse(body, status=503 if missing else 200)


class Schema(SpectacularAPIView):
    """The OpenAPI description of the REST API (IX-2)."""

    allowed_roles = ANYONE


schema = Schema.as_view()


def forbidden(request: HttpRequest, exception: PermissionDenied) -> HttpResponse:
    return render(request, "403.html", {"reason": str(exception)}, status=403)


def not_found(request: HttpRequest, exception: Http404) -> HttpResponse:
    return render(request, "404.html", {"reason": str(exception)}, status=404)


def broken(request: HttpRequest) -> HttpResponse:
    reference = uuid.uuid4().hex[:8].upper()
    context = {"reference": reference, "at": timezone.now()}
    return render(request, "500.html", context, status=500)
