"""The search of the desk (CS-1)."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.views.decorators.http import require_safe

from customers.forms.desk import SearchForm
from customers.models import SearchEntry
from customers.selectors.search import Found, Hit, search
from derms.accounts.access import roles_required
from derms.accounts.roles import Role

Kind = SearchEntry.Kind
# Which page shows what was found: its URL name, and whether its number or its customer leads there.
PAGES: dict[str, tuple[str, bool]] = {
    Kind.APPLICATION: ("service_application", True),
    Kind.UNIT: ("service_application", True),
    Kind.REQUEST: ("service_request", True),
}


@dataclass(frozen=True, kw_only=True)
class Line:
    """One hit with the address of its page."""

    hit: Hit
    url: str


@require_safe
@roles_required(Role.CUSTOMER_SERVICE)
def search_page(request: HttpRequest) -> HttpResponse:
    """The whole page, or for a search while typing only what was found."""
    form = SearchForm(request.GET)
    text, kind = (
        (form.cleaned_data["q"], form.cleaned_data["kind"]) if form.is_valid() else ("", "")
    )
    found = search(text, kind=kind)
    context = {"form": form, "q": text, "kind": kind, "found": found, "groups": _lines(found)}
    is_part = request.headers.get("HX-Target") == "found"
    name = "_service_found" if is_part else "service_search"
    return render(request, f"customers/{name}.html", context)


def _lines(found: Found) -> list[tuple[object, list[Line]]]:
    return [
        (group, [Line(hit=hit, url=_page_of(hit)) for hit in group.hits]) for group in found.groups
    ]


def _page_of(hit: Hit) -> str:
    name, is_by_key = PAGES.get(hit.kind, ("", False))
    try:
        return reverse(name, args=[hit.key]) if is_by_key else _customer(hit)
    except NoReverseMatch:
        return _customer(hit)


def _customer(hit: Hit) -> str:
    return reverse("service_customer", args=[hit.customer_id])
