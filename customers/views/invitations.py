"""The link in an invitation: accepted with a sign-in, or with one that is opened here (ui P7)."""

from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from customers.forms.access import NewPasswordForm
from customers.models import AccountAccess
from customers.services import accesses
from derms.accounts.access import open_to_anyone
from derms.accounts.models import User
from derms.accounts.pace import is_too_fast
from derms.lib.errors import Conflict, InvalidInput, NotFound, Refused

PER_MINUTE = 20
BACKEND = "django.contrib.auth.backends.ModelBackend"


@never_cache
@require_http_methods(["GET", "POST"])
@open_to_anyone
def invitation(request: HttpRequest, key: str) -> HttpResponse:
    at = timezone.now()
    if is_too_fast("invitation", request.META.get("REMOTE_ADDR", ""), most=PER_MINUTE):
        return HttpResponse(_("Too many tries. Wait a minute."), status=429)
    try:
        found = accesses.find_invitation(key=key, at=at)
    except NotFound as missing:
        raise Http404(missing.message) from missing
    if request.method != "POST":
        return _page(request, found, NewPasswordForm())
    if "sign_in" in request.POST:
        return redirect_to_login(request.get_full_path())
    return _accept(request, found, key)


def _accept(request: HttpRequest, found: AccountAccess, key: str) -> HttpResponse:
    at = timezone.now()
    form = NewPasswordForm(request.POST)
    person = request.user
    try:
        if isinstance(person, User):
            accesses.accept(key=key, person=person, at=at)
        elif form.is_valid():
            opened = accesses.open_sign_in(key=key, password=form.cleaned_data["password"], at=at)
            login(request, opened, backend=BACKEND)
        else:
            return _page(request, found, form, status=422)
    except InvalidInput as refusal:
        for words in refusal.fields["password"]:
            form.add_error("password", words)
        return _page(request, found, form, status=422)
    except (Refused, Conflict) as refusal:
        return _page(request, found, NewPasswordForm(), status=409, refusal=refusal.message)
    words = _("You now have access to the account of %(name)s.")
    messages.success(request, words % {"name": found.customer.name})
    return redirect("portal_home")


def _page(
    request: HttpRequest,
    found: AccountAccess,
    form: NewPasswordForm,
    *,
    status: int = 200,
    refusal: str = "",
) -> HttpResponse:
    context = {
        "access": found,
        "form": form,
        "refusal": refusal,
        "person": request.user if isinstance(request.user, User) else None,
    }
    return render(request, "customers/portal_invitation.html", context, status=status)
