"""The language chooser: a form of every customer's page, before and after sign-in."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from customers.services.languages import choose_language
from derms.accounts.access import open_to_anyone
from derms.accounts.models import User

ONE_YEAR_S = 365 * 24 * 3600


@require_POST
@open_to_anyone
def choose(request: HttpRequest) -> HttpResponse:
    """Keep the choice with the person, when there is one, and with this browser."""
    language, back = request.POST.get("language", ""), request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()})
    response = redirect(back if is_ours else "/")
    if language not in dict(settings.LANGUAGES):
        return response
    if isinstance(request.user, User):
        choose_language(person=request.user, language=language)
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=ONE_YEAR_S,
        secure=settings.LANGUAGE_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response
