"""Can I connect? Asked by anybody, before there is an account (portal, IC-1)."""

from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from customers.models import UsagePoint
from customers.selectors import service_area, usage_points_at
from derms.accounts.access import open_to_anyone
from derms.accounts.pace import is_too_fast
from interconnection.forms.connecting import PlaceForm
from interconnection.selectors.room import Room, room_at

MOST_A_MINUTE = 20


@require_safe
@open_to_anyone
def can_i_connect(request: HttpRequest) -> HttpResponse:
    """Says what the grid can take at a place, and never who lives there or what is connected."""
    asked = bool(request.GET)
    address = request.META.get("REMOTE_ADDR", "")
    if asked and is_too_fast("can_i_connect", address, most=MOST_A_MINUTE):
        context = {"form": PlaceForm(), "too_fast": True}
        status = HTTPStatus.TOO_MANY_REQUESTS
        return render(request, "interconnection/can_i_connect.html", context, status=status)
    form = PlaceForm(request.GET if asked else None)
    context = {"form": form, "help_phone": settings.HELP_PHONE}
    if asked and form.is_valid():
        context |= _answer(form)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if asked and not form.is_valid() else HTTPStatus.OK
    return render(request, "interconnection/can_i_connect.html", context, status=status)


def _answer(form: PlaceForm) -> dict[str, object]:
    values = form.cleaned_data
    found = _points(values["meter"], values["street"], values["postcode"])
    if not found:
        return {"area": None if values["meter"] else service_area(values["postcode"]),
                "is_unknown": True, "by_meter": bool(values["meter"])}  # fmt: skip
    rooms = [room_at(point) for point in found]
    room = min(rooms, key=lambda one: one.size_w)
    return {"room": room, "size_w": values["size"], "fits": _fits(room, values["size"])}


def _points(meter: str, street: str, postcode: str) -> list[UsagePoint]:
    if meter:
        return list(UsagePoint.objects.filter(meter_number__iexact=meter.strip()))
    return list(usage_points_at(street=street, postcode=postcode))


def _fits(room: Room, size_w: int | None) -> bool | None:
    return None if size_w is None else size_w <= room.size_w
