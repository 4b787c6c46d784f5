"""Pages where Operations confirms or declines what Engineering proposes (IC-5)."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from derms.accounts.access import roles_required
from derms.accounts.models import User
from derms.accounts.roles import Role
from derms.lib.errors import DermsError, NotFound
from interconnection.forms.decisions import AnswerForm
from interconnection.models import Decision
from interconnection.selectors import decisions as selectors
from interconnection.selectors.network import connection_of, feeder_loads
from interconnection.selectors.screening import screen_views
from interconnection.services.decisions import confirm_decision, decline_decision
from interconnection.statuses import DecisionStatus


@roles_required(Role.OPERATOR)
@require_GET
def confirmations(request: HttpRequest) -> HttpResponse:
    """What waits for Operations, longest wait first."""
    rows = [
        {
            "decision": decision,
            "active_power_w": sum(
                unit.active_power_rating_at_unity_power_factor_w
                for unit in decision.application.units.all()
            ),
            "strip": selectors.marks(decision.screening_run.results.all())
            if decision.screening_run
            else (),
            "is_own": decision.proposed_by_id == request.user.pk,
        }
        for decision in selectors.open_decisions()
    ]
    return render(request, "interconnection/confirmation_list.html", {"rows": rows})


@roles_required(Role.OPERATOR)
@require_http_methods(["GET", "POST"])
def confirmation(request: HttpRequest, decision_id: int) -> HttpResponse:
    """One proposal with its screens; confirm it or send it back."""
    try:
        decision = selectors.decision(decision_id)
    except NotFound as error:
        raise Http404(error.message) from error
    if request.method != "POST":
        return _page(request, decision, AnswerForm())
    form = AnswerForm(request.POST)
    if not form.is_valid():
        return _page(request, decision, form, status=422)
    note = form.cleaned_data["note"]
    answer = confirm_decision if form.cleaned_data["answer"] == "confirm" else decline_decision
    try:
        answered = answer(decision=decision, note=note, at=timezone.now(), by=_user(request))
    except DermsError as error:
        return _page(
            request, selectors.decision(decision_id), form, refusal=error.message, status=409
        )
    words = DecisionStatus(answered.status).label.lower()
    messages.success(request, f"{decision.application.reference}: {words}.")
    return redirect("operations_confirmation", decision_id=decision.pk)


def _page(
    request: HttpRequest,
    decision: Decision,
    form: AnswerForm,
    *,
    refusal: str = "",
    status: int = 200,
) -> HttpResponse:
    application = decision.application
    connection = connection_of(application.usage_point)
    feeder = connection.transformer.bus.feeder if connection else None
    is_own = decision.proposed_by_id == request.user.pk
    is_open = decision.status == DecisionStatus.PROPOSED
    context = {
        "decision": decision,
        "application": application,
        "units": list(application.units.order_by("pk")),
        "connection": connection,
        "load": next((one for one in feeder_loads() if one.feeder == feeder), None),
        "screens": screen_views(decision.screening_run),
        "run": decision.screening_run,
        "form": form,
        "refusal": refusal,
        "is_own": is_own,
        "is_open": is_open,
        "may_answer": is_open and not is_own,
    }
    return render(request, "interconnection/confirmation_detail.html", context, status=status)


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # noqa: S101  RoleGate lets nobody else in
    return request.user
