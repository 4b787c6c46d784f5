"""Doors where the field meets the device: the live test, and permission to operate (IC-6)."""

import asyncio
from dataclasses import replace

from asgiref.sync import async_to_sync
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from derms.accounts.access import roles_required
from derms.accounts.models import User
from derms.accounts.roles import Role
from derms.lib.errors import DermsError, NotFound
from devices.capabilities import DriverFault, Endpoint, Timeout
from devices.forms.commissioning import LiveTestForm
from devices.gateway import Inspection, inspect
from devices.services.commissioning import commission_devices, record_live_test
from devices.services.reaching import AddressNotAllowed, address_to_call
from interconnection.models import ApplicationUnit, CommissioningOrder
from interconnection.selectors.commissioning import latest_tests, open_order
from interconnection.selectors.decisions import reviewed_application

REPLY_S = 3.0
LONGEST_S = 25.0
METER = 0


@roles_required(Role.TECHNICIAN)
@require_http_methods(["GET", "POST"])
def field_live_test(request: HttpRequest, number: str, unit_id: int) -> HttpResponse:
    """Ask a device who it is and compare; unit 0 is the meter of the service point."""
    order, unit = _order_and_unit(number, unit_id)
    last = latest_tests(order).get(unit.pk if unit else None)
    initial = {"host": last.host, "port": last.port, "unit": last.modbus_unit} if last else None
    form = LiveTestForm(request.POST if request.method == "POST" else None, initial=initial)
    refusal = ""
    if request.method == "POST" and form.is_valid():
        entered = form.cleaned_data
        endpoint = Endpoint(entered["host"], entered["port"], entered["unit"])
        try:
            called = replace(endpoint, host=address_to_call(endpoint.host, endpoint.port))
            record_live_test(
                order=order,
                unit=unit,
                endpoint=endpoint,
                found=_look(called),
                at=timezone.now(),
                by=_user(request),
            )
        except AddressNotAllowed as refused:
            form.add_error("host", refused.message)
        except DermsError as error:
            refusal = error.message
        else:
            return redirect(request.path)
    context = {
        "order": order, "unit": unit, "test": last, "form": form, "refusal": refusal,
        "longest_s": round(LONGEST_S),
        "outcome_title": f"{last.get_outcome_display()}." if last else "",
    }  # fmt: skip
    status = 422 if form.errors else 409 if refusal else 200
    return render(request, "devices/field_live_test.html", context, status=status)


@roles_required(Role.ENGINEER)
@require_POST
def engineering_permission(request: HttpRequest, reference: str) -> HttpResponse:
    """Grant permission to operate and put the tested devices into service."""
    try:
        application = reviewed_application(reference)
        devices = commission_devices(application=application, at=timezone.now(), by=_user(request))
    except NotFound as error:
        raise Http404(error.message) from error
    except DermsError as error:
        messages.error(request, error.message)
    else:
        polled = f"{len(devices)} devices are being polled." if devices else "Nothing is polled."
        messages.success(request, f"Permission to operate granted. {polled}")
    return redirect("engineering_application", reference=reference)


def _order_and_unit(number: str, unit_id: int) -> tuple[CommissioningOrder, ApplicationUnit | None]:
    try:
        order = open_order(number)
    except NotFound as error:
        raise Http404(error.message) from error
    if unit_id == METER:
        return order, None
    for unit in order.application.units.all():
        if unit.pk == unit_id:
            return order, unit
    raise Http404(f"{order.service_order} has no unit {unit_id}.")


def _look(endpoint: Endpoint) -> Inspection | DriverFault:
    """One look at the device, outside any transaction, within `LONGEST_S`."""

    async def look() -> Inspection:
        return await asyncio.wait_for(
            inspect(endpoint, timeout_s=REPLY_S, now=timezone.now), LONGEST_S
        )

    try:
        return async_to_sync(look)()
    except DriverFault as fault:
        return fault
    except TimeoutError:
        return Timeout(f"not finished within {LONGEST_S:.0f} s")


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # noqa: S101  RoleGate lets nobody else in
    return request.user
