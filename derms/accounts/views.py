"""Keeping and removing saved views, from any list; a person's own API tokens."""

from urllib.parse import parse_qsl

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from derms.accounts.access import roles_required, signed_in
from derms.accounts.forms import TokenForm
from derms.accounts.models import ApiToken, User
from derms.accounts.roles import ALL_ROLES, STAFF_ROLES
from derms.accounts.saved_views import (
    ViewInvalid,
    keep_view,
    lasting,
    list_address,
    remove_view,
)
from derms.accounts.tokens import NewToken, TooManyTokens, create_token, revoke_token, tokens_of
from derms.lib.errors import Conflict, NotFound, Refused

ROWS = 100


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


@never_cache
@require_http_methods(["GET", "POST"])
@roles_required(*ALL_ROLES)
def tokens(request: HttpRequest) -> HttpResponse:
    """GET lists them; POST makes one and shows its key this one time."""
    user, at = signed_in(request), timezone.now()
    form = TokenForm(request.POST if request.method == "POST" else None)
    made: NewToken | None = None
    if request.method == "POST" and form.is_valid():
        try:
            made = create_token(owner=user, at=at, **form.cleaned_data)
        except TooManyTokens as refusal:
            form.add_error(None, refusal.message)
        else:
            form = TokenForm()
    context = {"form": form, "made": made, "rows": _rows(user), "at": at}
    status = 422 if form.errors else 201 if made else 200
    return render(request, "accounts/tokens.html", context, status=status)


@require_POST
@roles_required(*ALL_ROLES)
def revoke(request: HttpRequest, token_id: int) -> HttpResponse:
    user = signed_in(request)
    found = get_object_or_404(tokens_of([user]), pk=token_id)
    try:
        revoke_token(token=found, at=timezone.now(), by=user.get_username())
    except (Refused, Conflict) as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, _("%(name)s opens nothing any more.") % {"name": found.name})
    return redirect("tokens")


def _rows(user: User) -> list[ApiToken]:
    return list(tokens_of([user])[:ROWS])
