"""Keeping and removing saved views, from any list."""

from urllib.parse import parse_qsl

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from derms.accounts.access import roles_required, signed_in
from derms.accounts.roles import STAFF_ROLES
from derms.accounts.saved_views import (
    ViewInvalid,
    keep_view,
    lasting,
    list_address,
    remove_view,
)
from derms.lib.errors import NotFound


@require_POST
@roles_required(*STAFF_ROLES)
def keep(request: HttpRequest) -> HttpResponse:
    """Keep the view and show the list with it; what is refused leaves the list as it stands."""
    person, list_name = signed_in(request), request.POST.get("list", "")
    query = request.POST.get("query", "")
    try:
        view = keep_view(
            person=person,
            list_name=list_name,
            name=request.POST.get("name", ""),
            query=query,
            is_shared="is_shared" in request.POST,
            at=timezone.now(),
        )
    except ViewInvalid as refusal:
        messages.error(request, refusal.message)
        return redirect(f"{list_address(person, list_name)}?{lasting(parse_qsl(query))}")
    except NotFound as missing:
        raise Http404(missing.message) from missing
    shown = "everybody who opens this list" if view.is_shared else "you"
    messages.success(request, f"The view “{view.name}” is kept for {shown}.")
    return redirect(f"{list_address(person, list_name)}?{view.query}")


@require_POST
@roles_required(*STAFF_ROLES)
def remove(request: HttpRequest, view_id: int) -> HttpResponse:
    person = signed_in(request)
    try:
        view = remove_view(person=person, view_id=view_id)
        address = list_address(person, view.list_name)
    except NotFound as missing:
        raise Http404(missing.message) from missing
    messages.success(request, f"The view “{view.name}” is removed.")
    return redirect(f"{address}?{view.query}")
