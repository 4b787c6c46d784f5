"""Dispatches: the list, and one with its commands, changes and result (O5, DI-3, DI-7)."""

from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from derms.accounts.access import roles_required, signed_in
from derms.accounts.roles import Role
from derms.lib.errors import DermsError
from dispatch.models import DERGroupDispatch
from dispatch.selectors.dispatches import dispatches_for
from dispatch.selectors.results import list_rows, page_of
from dispatch.selectors.why import points_told, with_words
from dispatch.services import release_dispatch
from dispatch.statuses import DISPATCH_IN_FORCE, DISPATCH_OVER, DispatchStatus

PER_PAGE = 50
FILTERS: tuple[tuple[str, str, frozenset[DispatchStatus]], ...] = (
    ("", "All", frozenset(DispatchStatus)),
    ("in_force", "In force", DISPATCH_IN_FORCE),
    ("over", "Over", DISPATCH_OVER),
    (
        "not_executed",
        "Not executed",
        frozenset({DispatchStatus.LAPSED, DispatchStatus.CANCELLED}),
    ),
)


@require_GET
@roles_required(Role.OPERATOR, Role.ENGINEER, Role.AUDITOR, Role.CUSTOMER_SERVICE)
def dispatch_list(request: HttpRequest) -> HttpResponse:
    chosen = request.GET.get("show", "")
    statuses = next((members for key, _, members in FILTERS if key == chosen), None)
    found = dispatches_for(signed_in(request)).filter(
        status__in=FILTERS[0][2] if statuses is None else statuses
    )
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "rows": list_rows(list(page.object_list)),
        "tabs": [
            {"key": key, "label": label, "current": key == chosen} for key, label, _ in FILTERS
        ],
        "query": f"show={chosen}&" if chosen else "",
    }
    return render(request, "dispatch/dispatches.html", context)


@require_http_methods(["GET", "POST"])
@roles_required(Role.OPERATOR, Role.ENGINEER, Role.AUDITOR, Role.CUSTOMER_SERVICE)
def dispatch_page(request: HttpRequest, dispatch_id: int) -> HttpResponse:
    """GET shows it; POST by an operator releases it and shows it again."""
    person = signed_in(request)
    dispatch = dispatches_for(person).filter(pk=dispatch_id).first()
    if dispatch is None:
        raise Http404("There is no dispatch with this number.")
    may_release = person.has_role(Role.OPERATOR)
    refusal = ""
    if request.method == "POST":
        refusal = _release(request, dispatch, may_release=may_release)
        if not refusal:
            return redirect("operations_dispatch", dispatch_id=dispatch.pk)
    context: dict[str, Any] = {
        "it": page_of(dispatch, timezone.now()),
        "may_release": may_release,
        "refusal": refusal,
    }
    template = "dispatch/_dispatch.html" if is_part(request) else "dispatch/dispatch.html"
    return render(request, template, context, status=409 if refusal else 200)


@require_GET
@roles_required(Role.OPERATOR, Role.ENGINEER, Role.AUDITOR, Role.CUSTOMER_SERVICE)
def dispatch_words(request: HttpRequest, dispatch_id: int) -> HttpResponse:
    """What each member's owner reads of this dispatch."""
    dispatch = dispatches_for(signed_in(request)).filter(pk=dispatch_id).first()
    if dispatch is None:
        raise Http404("There is no dispatch with this number.")
    page = Paginator(points_told(dispatch), PER_PAGE).get_page(request.GET.get("page"))
    context = {"dispatch": dispatch, "page": page, "rows": with_words(page.object_list)}
    return render(request, "dispatch/words.html", context)


def _release(request: HttpRequest, dispatch: DERGroupDispatch, *, may_release: bool) -> str:
    """Empty, or why it was refused."""
    if not may_release:
        return "Only an operator can release a dispatch."
    try:
        release_dispatch(
            dispatch=dispatch,
            at=timezone.now(),
            by=signed_in(request).get_username(),
            reason=request.POST.get("reason", "")[:200] or "Released by hand.",
        )
    except DermsError as refusal:
        return refusal.message
    return ""


def is_part(request: HttpRequest) -> bool:
    return request.GET.get("part") == "1"
