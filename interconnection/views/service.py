"""One application at the desk of customer service, with its deeds (CS-5)."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from derms.accounts.access import roles_required, signed_in
from derms.accounts.roles import Role
from derms.lib.errors import Conflict, InvalidInput, NotFound, Refused
from interconnection.forms.service import (
    ReturnForm,
    SeenForm,
    StaffWithdrawForm,
    VisitForm,
)
from interconnection.models import InterconnectionApplication
from interconnection.selectors import desk
from interconnection.selectors.applications import (
    application_by_reference,
    completeness_of,
    name_of,
    total_power_w,
)
from interconnection.selectors.construction import schedule_of
from interconnection.selectors.papers import papers_of
from interconnection.selectors.progress import progress_of
from interconnection.selectors.why import why
from interconnection.services import applications as services
from interconnection.services.assigning import assign_application
from interconnection.services.commissioning import order_commissioning
from interconnection.services.turns import check_seen
from interconnection.statuses import APPLICATION_ENDED, ApplicationStatus

Deed = Callable[[InterconnectionApplication, Any], object]


@require_safe
@roles_required(Role.CUSTOMER_SERVICE)
def application(request: HttpRequest, reference: str) -> HttpResponse:
    return _page(request, _found(reference))


@require_POST
@roles_required(Role.CUSTOMER_SERVICE)
def return_to_customer(request: HttpRequest, reference: str) -> HttpResponse:
    form = ReturnForm(request.POST)
    return _do(
        request,
        reference,
        form,
        "return_form",
        lambda found, how: services.return_as_incomplete(
            application=found, request_text=form.cleaned_data["request_text"], **how
        ),
        done="The customer is asked to complete it.",
    )


@require_POST
@roles_required(Role.CUSTOMER_SERVICE)
def forward(request: HttpRequest, reference: str) -> HttpResponse:
    return _do(
        request,
        reference,
        SeenForm(request.POST),
        "forward_form",
        lambda found, how: services.forward_to_engineering(application=found, **how),
        done="It is complete and with Engineering. The quick screens have run.",
    )


@require_POST
@roles_required(Role.CUSTOMER_SERVICE)
def order_visit(request: HttpRequest, reference: str) -> HttpResponse:
    form = VisitForm(request.POST)

    def order(found: InterconnectionApplication, how: dict[str, Any]) -> None:
        check_seen(found, seen=how.pop("seen"))
        planned_from, planned_to = form.window()
        if planned_from <= how["at"]:
            words = "The visit must lie in the future."
            raise InvalidInput(words, fields={"day": [words]})
        order_commissioning(
            application=found,
            planned_from=planned_from,
            planned_to=planned_to,
            assigned_to=form.cleaned_data["technician"],
            **how,
        )

    return _do(
        request,
        reference,
        form,
        "visit_form",
        order,
        done="The visit is ordered, the customer told.",
    )


@require_POST
@roles_required(Role.CUSTOMER_SERVICE)
def withdraw(request: HttpRequest, reference: str) -> HttpResponse:
    form = StaffWithdrawForm(request.POST)
    return _do(
        request,
        reference,
        form,
        "withdraw_form",
        lambda found, how: services.withdraw_application(
            application=found, reason=form.cleaned_data["reason"], **how
        ),
        done="It is withdrawn and the customer is told.",
    )


@require_POST
@roles_required(Role.CUSTOMER_SERVICE)
def assign(request: HttpRequest, reference: str) -> HttpResponse:
    """Take it, or give it back when it is one's own; nobody takes what another just took."""
    user, found = signed_in(request), _found(reference)
    to = None if found.assigned_to_id == user.pk else user
    read = request.POST.get("version", "")
    version = int(read) if read.isdecimal() and len(read) < 10 else None
    try:
        assign_application(application=found, to=to, version=version)
    except Conflict as conflict:
        messages.error(request, conflict.message)
    else:
        messages.success(request, "It is yours." if to else "It is nobody's now.")
    return redirect("service_application", reference)


def _found(reference: str) -> InterconnectionApplication:
    try:
        return application_by_reference(reference)
    except NotFound as missing:
        raise Http404(missing.message) from missing


def _do(
    request: HttpRequest,
    reference: str,
    form: Form,
    form_name: str,
    deed: Deed,
    *,
    done: str,
) -> HttpResponse:
    """One deed; when it is refused, the page again with the words and all that was typed."""
    found = _found(reference)
    if not form.is_valid():
        return _page(request, found, status=422, **{form_name: form})
    how = {
        "at": timezone.now(),
        "by": signed_in(request).get_username(),
        "seen": form.cleaned_data["seen"],
    }
    try:
        deed(found, how)
    except InvalidInput as refusal:
        for name, words in refusal.fields.items():
            form.add_error(name if name in form.fields else None, words[0])
        return _page(request, found, status=422, **{form_name: form})
    except Conflict as conflict:
        again = _found(reference)
        return _page(request, again, status=409, refusal=conflict.message, **{form_name: form})
    except Refused as refusal:
        return _page(request, found, status=422, refusal=refusal.message, **{form_name: form})
    messages.success(request, f"{reference}: {done}")
    return redirect("service_application", reference)


def _page(
    request: HttpRequest,
    found: InterconnectionApplication,
    *,
    status: int = 200,
    **extra: Any,
) -> HttpResponse:
    today = timezone.localdate(timezone.now())
    completeness = completeness_of(found, today=today)
    progress = progress_of(found, today=today)
    moves = found.moves_in_order()
    seen = {"seen": moves[-1].pk if moves else None}
    context = {
        "application": found,
        "schedule": schedule_of(found, today=today),
        "progress": progress,
        "why": why(found, progress),
        "steps": [{"label": step.short, "state": step.state} for step in progress.steps],
        "completeness": completeness,
        "units": [{"row": unit, "name": name_of(unit)} for unit in found.units.all()],
        "power_w": total_power_w(found),
        "papers": papers_of(found),
        "entries": desk.timeline(found),
        "is_checking": found.status == ApplicationStatus.SUBMITTED,
        "visit_form": (
            VisitForm(initial=seen) if found.status == ApplicationStatus.APPROVED else None
        ),
        "may_return": ApplicationStatus.INCOMPLETE in found.MOVES[found.status],
        "is_over": found.status in APPLICATION_ENDED,
        "is_mine": found.assigned_to_id == signed_in(request).pk,
        "forward_form": SeenForm(initial=seen),
        "return_form": ReturnForm(initial={**seen, "request_text": completeness.request_text}),
        "withdraw_form": StaffWithdrawForm(initial=seen),
        **extra,
    }
    return render(request, "interconnection/service_application.html", context, status=status)
