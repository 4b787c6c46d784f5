"""The customer's own requests: start one of any kind, follow it, answer, send files (CS-4)."""

import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from customers import selectors
from customers.flows.flow import Actor, way_of, ways_by_hand
from customers.flows.kinds import FLOWS
from customers.forms.requests import FileForm, ReasonForm, RequestForm, way_form
from customers.models import Customer, RequestFile, Right, ServiceRequest, UsagePoint
from customers.selectors import requests as request_selectors
from customers.services import files as file_services
from customers.services import requests as services
from customers.views.doing import show_beside
from customers.views.files import file_response, keep_sent
from customers.views.portal import PORTAL
from customers.views.request_list import place_of
from derms.accounts.access import roles_required, signed_in
from derms.accounts.models import User
from derms.lib.errors import Conflict, InvalidInput, Refused
from derms.lib.words import say

ROWS = 20
AS_CUSTOMER = frozenset({Actor.CUSTOMER.value})


@require_safe
@roles_required(*PORTAL)
def request_list(request: HttpRequest) -> HttpResponse:
    user, at = signed_in(request), timezone.now()
    page = Paginator(_theirs(user, at), ROWS).get_page(request.GET.get("page"))
    today, free_days = timezone.localdate(at), request_selectors.holidays()
    states = [request_selectors.state_of(row, today=today, free_days=free_days) for row in page]
    context = {
        "flows": FLOWS.values(),
        "page": page,
        "rows": [{"state": state, "place": place_of(state)} for state in states],
        "for_others": selectors.third_party_of(user) is not None,
    }
    return render(request, "customers/portal_requests.html", context)


@require_http_methods(["GET", "POST"])
@roles_required(*PORTAL)
def new_request(request: HttpRequest, kind: str) -> HttpResponse:
    user, at = signed_in(request), timezone.now()
    flow = FLOWS.get(kind)
    if flow is None:
        raise Http404(say("There is no such kind of request."))
    if flow.is_mirrored:
        return redirect("portal_apply")
    points = selectors.usage_points_for(user, at, Right.FILE)
    form = RequestForm(flow, points, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            made = services.open_request(
                kind=kind,
                customer=_customer(user, form.cleaned_data["usage_point"], at),
                usage_point=form.cleaned_data["usage_point"],
                answers=form.answers(),
                at=at,
                by=user.get_username(),
            )
        except InvalidInput as refusal:
            show_beside(form, refusal)
        else:
            messages.success(request, say("Your request {number} has arrived.", number=made.number))
            return redirect("portal_request", made.number)
    status = 422 if form.errors else 200
    context = {"flow": flow, "form": form}
    return render(request, "customers/portal_request_new.html", context, status=status)


@require_safe
@roles_required(*PORTAL)
def request_page(request: HttpRequest, number: str) -> HttpResponse:
    return _page(request, _found(request, number))


@require_POST
@roles_required(*PORTAL)
def answer(request: HttpRequest, number: str, way: str) -> HttpResponse:
    found, user = _to_change(request, number), signed_in(request)
    flow = FLOWS[found.kind]
    wanted = way_of(flow.step(found.step), way) if found.step in flow else None
    if wanted is None:
        words = say("This has been answered already. Look at what happens next.")
        return _page(request, found, status=409, refusal=words)
    form = way_form(wanted, request.POST, seen=None)

    def deed() -> object:
        return services.take_way(
            request=found,
            way=way,
            actors=AS_CUSTOMER,
            words=form.cleaned_data.get("words", ""),
            seen=form.cleaned_data["seen"],
            at=timezone.now(),
            by=user.get_username(),
        )

    return _do(request, found, form, deed, done=say("Thank you. We go on."), typed={way: form})


@require_POST
@roles_required(*PORTAL)
def add_file(request: HttpRequest, number: str) -> HttpResponse:
    found, form = _to_change(request, number), FileForm(request.POST, request.FILES)

    def deed() -> object:
        return keep_sent(form, request=found, by=signed_in(request).get_username())

    return _do(request, found, form, deed, done=say("We have your file."), file_form=form)


@require_safe
@roles_required(*PORTAL)
def file(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    theirs = _theirs(signed_in(request), timezone.now())
    found = get_object_or_404(RequestFile, key=key, is_internal=False, request__in=theirs)
    path = file_services.path_of(found.key)
    return file_response(path, name=found.name, content_type=found.content_type)


@require_POST
@roles_required(*PORTAL)
def withdraw(request: HttpRequest, number: str) -> HttpResponse:
    found, form = _to_change(request, number), ReasonForm(request.POST)

    def deed() -> object:
        return services.withdraw_request(
            request=found,
            reason=form.cleaned_data["reason"],
            seen=form.cleaned_data["seen"],
            at=timezone.now(),
            by=signed_in(request).get_username(),
        )

    done = say("Your request {number} is withdrawn.", number=number)
    return _do(request, found, form, deed, done=done, withdraw_form=form)


def _theirs(user: User, at: datetime) -> QuerySet[ServiceRequest]:
    return request_selectors.requests_of(selectors.customers_for(user, at, Right.CASES))


def _found(request: HttpRequest, number: str) -> ServiceRequest:
    """A request of those this person may act for; to others it does not exist."""
    theirs = _theirs(signed_in(request), timezone.now())
    return get_object_or_404(theirs, number=number)


def _to_change(request: HttpRequest, number: str) -> ServiceRequest:
    found = _found(request, number)
    selectors.require_right(signed_in(request), found.customer, Right.FILE, timezone.now())
    return found


def _customer(user: User, point: UsagePoint | None, at: datetime) -> Customer:
    if point is not None:
        return point.customer
    mine = list(selectors.customers_for(user, at, Right.FILE)[:2])
    if len(mine) != 1:
        words = say("Choose the meter, so that we know whom it is for.")
        raise InvalidInput(words, fields={"usage_point": [words]})
    return mine[0]


def _do(
    request: HttpRequest,
    found: ServiceRequest,
    form: Form,
    deed: Callable[[], object],
    *,
    done: str,
    **forms: Any,
) -> HttpResponse:
    if not form.is_valid():
        return _page(request, found, status=422, **forms)
    try:
        deed()
    except InvalidInput as refusal:
        show_beside(form, refusal)
        return _page(request, found, status=422, **forms)
    except (Conflict, Refused) as refusal:
        again = _found(request, found.number)
        return _page(request, again, status=409, refusal=refusal.message, **forms)
    messages.success(request, done)
    return redirect("portal_request", found.number)


def _page(
    request: HttpRequest,
    found: ServiceRequest,
    *,
    status: int = 200,
    typed: dict[str, Form] | None = None,
    **extra: Any,
) -> HttpResponse:
    user, at = signed_in(request), timezone.now()
    today = timezone.localdate(at)
    may_file = selectors.customers_for(user, at, Right.FILE).filter(pk=found.customer_id).exists()
    state = request_selectors.state_of(found, today=today, free_days=request_selectors.holidays())
    passages = found.passages_in_order()
    seen = passages[-1].pk if passages else None
    is_theirs = state.is_customers_turn and not state.flow.is_mirrored and may_file
    ways = ways_by_hand(state.flow.step(found.step)) if is_theirs else ()
    context = {
        "found": found,
        "state": state,
        "place": place_of(state),
        "steps": [
            {"label": say(one.plain), "state": one.state, "note": one.note} for one in state.stages
        ],
        "ways": [
            {"way": way, "form": (typed or {}).get(way.key) or way_form(way, None, seen=seen)}
            for way in ways
        ],
        "entries": request_selectors.request_timeline(
            found,
            with_internal=False,
            names=request_selectors.names_of(found, for_customer=True),
        ),
        "files": found.files.filter(is_internal=False).order_by("pk"),
        "file_form": FileForm(),
        "withdraw_form": ReasonForm(initial={"seen": seen}),
        "may_withdraw": may_file and not state.is_over and not state.flow.is_mirrored,
        "may_file": may_file,
        **extra,
    }
    return render(request, "customers/portal_request.html", context, status=status)
