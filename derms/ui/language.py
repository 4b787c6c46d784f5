"""Which language a page speaks: customers' pages theirs, everything else the product's."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.translation.trans_real import parse_accept_lang_header

from derms.accounts.models import User
from derms.accounts.roles import STAFF_ROLES

# Where customers read. REST, CSV, XML and the pages of staff are English whoever asks.
PORTAL = "/portal/"
# Where staff sign in too: theirs are English once it is known who it is.
SHARED = ("/account/", "/tokens/")


class PageLanguage:
    """Middleware that speaks one language for one request, and takes it back afterwards."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        is_chosen = _is_for_customers(request)
        language = reading_language(request) if is_chosen else settings.LANGUAGE_CODE
        request.LANGUAGE_CODE = language
        with translation.override(language):
            response = self._get_response(request)
        if is_chosen:
            response.headers.setdefault("Content-Language", language)
            patch_vary_headers(response, ("Accept-Language", "Cookie"))
        return response


def reading_language(request: HttpRequest) -> str:
    """What the person chose, else what this browser chose here, else what it asks for."""
    person = request.user
    kept = person.language if isinstance(person, User) else ""
    for wanted in (kept, request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")):
        if wanted in dict(settings.LANGUAGES):
            return wanted
    return _asked_for(request.META.get("HTTP_ACCEPT_LANGUAGE", ""))


def _asked_for(header: str) -> str:
    """The first of ours in the order of a browser; a dialect counts as its language."""
    # https://www.rfc-editor.org/rfc/rfc9110#section-12.5.4
    for wanted, _ in parse_accept_lang_header(header):
        if wanted == "*":
            break
        if (language := str(wanted).split("-")[0]) in dict(settings.LANGUAGES):
            return language
    return str(settings.LANGUAGE_CODE)


def _is_for_customers(request: HttpRequest) -> bool:
    if request.path.startswith(PORTAL):
        return True
    if not request.path.startswith(SHARED):
        return False
    person = request.user
    return not (isinstance(person, User) and person.has_role(*STAFF_ROLES))
