"""One service request at the desk: steps, clock, timeline, notes, files, what to do (CS-4)."""

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from customers.flows.flow import Actor, way_of, ways_by_hand
from customers.flows.kinds import FLOWS
from customers.forms.requests import FileForm, NoteForm, ReasonForm, way_form
from customers.forms.visits import VisitForm
from customers.models import RequestFile, ServiceRequest
from customers.selectors import requests as selectors
from customers.services import files as file_services
from customers.services import requests as services
from customers.services.passages import who_was_first
from customers.services.sending import Visit
from customers.views.doing import show_beside
from customers.views.files import file_response, keep_sent
from customers.views.request_list import READERS, place_of, step_of
from derms.accounts.access import roles_required, signed_in
from derms.accounts.models import User
from derms.accounts.roles import Role
from derms.lib.errors import Conflict, InvalidInput, Refused

ACTS_AS: dict[Role, str] = {
    Role.CUSTOMER_SERVICE: Actor.CUSTOMER_SERVICE,
    Role.ENGINEER: Actor.ENGINEERING,
}
FILE_READERS = (*READERS, Role.TECHNICIAN, Role.AUDITOR)


def actors_of(user: User) -> frozenset[str]:
    """Whose turn this person may take; the desk also writes down what a customer says."""
    actors = {actor for role, actor in ACTS_AS.items() if user.has_role(role)}
    if Actor.CUSTOMER_SERVICE in actors:
        actors.add(Actor.CUSTOMER)
    return frozenset(actors)


@require_safe
@roles_required(*READERS)
def request_page(request: HttpRequest, number: str) -> HttpResponse:
    return _page(request, _found(number))


@require_POST
@roles_required(*READERS)
def take_way(request: HttpRequest, number: str, way: str) -> HttpResponse:
    """One answer at the present step."""
    found, user = _found(number), signed_in(request)
    flow = FLOWS[found.kind]
    wanted = way_of(flow.step(found.step), way) if found.step in flow else None
    if wanted is None:
        told = who_was_first(found, found.passages_in_order()[-1])
        typed = request.POST.get("words", "").strip()
        words = f"{told} You had written: {typed}" if typed else told
        return _page(request, found, status=409, refusal=words)
    form = way_form(wanted, request.POST, seen=None)

    def deed() -> object:
        return services.take_way(
            request=found,
            way=way,
            actors=actors_of(user),
            words=form.cleaned_data.get("words", ""),
            visit=_visit(form) if isinstance(form, VisitForm) else None,
            seen=form.cleaned_data["seen"],
            at=timezone.now(),
            by=user.get_username(),
        )

    return _do(request, found, form, deed, done=wanted.label, typed={way: form})


@require_POST
@roles_required(*READERS)
def write_note(request: HttpRequest, number: str) -> HttpResponse:
    found, form = _found(number), NoteForm(request.POST)

    def deed() -> object:
        return file_services.write_note(
            request=found,
            text=form.cleaned_data["text"],
            is_internal=not form.cleaned_data["for_customer"],
            at=timezone.now(),
            by=signed_in(request).get_username(),
        )

    return _do(request, found, form, deed, done="The note is kept", note_form=form)


@require_POST
@roles_required(*READERS)
def add_file(request: HttpRequest, number: str) -> HttpResponse:
    found, form = _found(number), FileForm(request.POST, request.FILES)

    def deed() -> object:
        return keep_sent(form, request=found, by=signed_in(request).get_username())

    return _do(request, found, form, deed, done="The file is kept", file_form=form)


@require_safe
@roles_required(*FILE_READERS)
def file(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    found = get_object_or_404(RequestFile, key=key)
    path = file_services.path_of(found.key)
    return file_response(path, name=found.name, content_type=found.content_type)


@require_POST
@roles_required(Role.CUSTOMER_SERVICE)
def withdraw(request: HttpRequest, number: str) -> HttpResponse:
    found, form = _found(number), ReasonForm(request.POST)

    def deed() -> object:
        return services.withdraw_request(
            request=found,
            reason=form.cleaned_data["reason"],
            seen=form.cleaned_data["seen"],
            at=timezone.now(),
            by=signed_in(request).get_username(),
        )

    return _do(request, found, form, deed, done="It is withdrawn", withdraw_form=form)


@require_POST
@roles_required(*READERS)
def assign(request: HttpRequest, number: str) -> HttpResponse:
    """Take it, or give it back when it is one's own."""
    user, found = signed_in(request), _found(number)
    to = None if found.assigned_to_id == user.pk else user
    read = request.POST.get("version", "")
    version = int(read) if read.isdecimal() and len(read) < 10 else None
    try:
        services.assign_request(request=found, to=to, version=version)
    except Conflict as conflict:
        messages.error(request, conflict.message)
    else:
        messages.success(request, "It is yours." if to else "It is nobody's now.")
    return redirect("service_request", number)


def _found(number: str) -> ServiceRequest:
    return get_object_or_404(selectors.requests(), number=number)


def _visit(form: VisitForm) -> Visit:
    begins, ends = form.window()
    return Visit(planned_from=begins, planned_to=ends, assigned_to=form.cleaned_data["technician"])


def _do(
    request: HttpRequest,
    found: ServiceRequest,
    form: Form,
    deed: Callable[[], object],
    *,
    done: str,
    **forms: Any,
) -> HttpResponse:
    """One deed; when it is refused, the page again with the words and all that was typed."""
    if not form.is_valid():
        return _page(request, found, status=422, **forms)
    try:
        deed()
    except InvalidInput as refusal:
        show_beside(form, refusal)
        return _page(request, found, status=422, **forms)
    except Conflict as conflict:
        again = _found(found.number)
        return _page(request, again, status=409, refusal=conflict.message, **forms)
    except Refused as refusal:
        return _page(request, found, status=422, refusal=refusal.message, **forms)
    messages.success(request, f"{found.number}: {done}.")
    return redirect("service_request", found.number)


def _page(
    request: HttpRequest,
    found: ServiceRequest,
    *,
    status: int = 200,
    typed: dict[str, Form] | None = None,
    **extra: Any,
) -> HttpResponse:
    user, today = signed_in(request), timezone.localdate(timezone.now())
    state = selectors.state_of(found, today=today, free_days=selectors.holidays())
    passages = found.passages_in_order()
    seen = passages[-1].pk if passages else None
    step = None if state.is_over else state.flow.step(found.step)
    may_act = step is not None and step.actor in actors_of(user) and not state.flow.is_mirrored
    ways = ways_by_hand(step) if step is not None and may_act else ()
    context = {
        "found": found,
        "state": state,
        "place": place_of(state),
        "step": step_of(state),
        "ways": [
            {"way": way, "form": (typed or {}).get(way.key) or way_form(way, None, seen=seen)}
            for way in ways
        ],
        "for_the_customer": may_act and state.is_customers_turn,
        "entries": selectors.request_timeline(
            found, with_internal=True, names=selectors.names_of(found, for_customer=False)
        ),
        "files": found.files.order_by("pk"),
        "orders": found.orders.order_by("pk"),
        "works": found.works.order_by("pk"),
        "is_mine": found.assigned_to_id == user.pk,
        "note_form": NoteForm(),
        "file_form": FileForm(),
        "withdraw_form": ReasonForm(initial={"seen": seen}),
        "may_withdraw": user.has_role(Role.CUSTOMER_SERVICE)
        and not state.is_over
        and not state.flow.is_mirrored,
        **extra,
    }
    return render(request, "customers/request.html", context, status=status)
