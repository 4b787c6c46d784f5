"""Pages of the engineer: queue, one application with its screens, network upgrades (IC-3, IC-5)."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from derms.accounts.access import roles_required
from derms.accounts.models import User
from derms.accounts.roles import Role
from derms.lib.errors import DermsError, InvalidInput, NotFound
from interconnection.forms.decisions import ProposalForm
from interconnection.forms.network_facts import FindingForm
from interconnection.models import Feeder, InterconnectionApplication, NetworkUpgrade
from interconnection.selectors import decisions as selectors
from interconnection.selectors.commissioning import (
    finished_by,
    is_ready_for_permission,
    latest_tests,
    order_of,
    site_checks,
)
from interconnection.selectors.construction import schedule_of
from interconnection.selectors.missing_network import awaited
from interconnection.selectors.network import connection_of, feeder_loads
from interconnection.selectors.papers import papers_left
from interconnection.selectors.places import marks_of, place_of, restudies_of
from interconnection.selectors.progress import approval_of
from interconnection.selectors.screening import latest_run, screen_views
from interconnection.selectors.studies import studies_of
from interconnection.services.decisions import (
    NewUpgrade,
    Proposal,
    propose_decision,
)
from interconnection.services.holds import put_upgrade_in_service, return_from_hold
from interconnection.services.screening import SCREENED_IN
from interconnection.statuses import ApplicationStatus, DecisionVerdict

LANES = (
    (ApplicationStatus.IN_REVIEW, "To review"),
    (ApplicationStatus.DECISION_PROPOSED, "With Operations"),
    (ApplicationStatus.HELD, "On hold"),
    (ApplicationStatus.APPROVED, "Approved"),
    (ApplicationStatus.COMMISSIONING, "Commissioning"),
)


@roles_required(Role.ENGINEER)
@require_GET
def queue(request: HttpRequest) -> HttpResponse:
    """The review queue, one lane at a time."""
    lane = request.GET.get("lane", ApplicationStatus.IN_REVIEW)
    labels: dict[str, str] = {status.value: label for status, label in LANES}
    if lane not in labels:
        raise Http404(f"There is no lane {lane}. Choose one of {', '.join(labels)}.")
    counts = selectors.queue_counts()
    context = {
        "lane": lane,
        "lane_label": labels[lane],
        "lanes": [
            {"key": key, "label": label, "count": counts.get(key, 0), "is_current": key == lane}
            for key, label in labels.items()
        ],
        "rows": selectors.engineering_queue(lane),
        "feeders": feeder_loads(),
        "own": selectors.decisions_by(user_of(request)),
    }
    return render(request, "interconnection/engineering_queue.html", context)


@roles_required(Role.ENGINEER)
@require_GET
def application(request: HttpRequest, reference: str) -> HttpResponse:
    """One application: screens, facts, history and the decision."""
    row = found_application(reference)
    return application_page(request, row)


@roles_required(Role.ENGINEER)
@require_POST
def propose(request: HttpRequest, reference: str) -> HttpResponse:
    """Send a verdict to Operations, or show what it lacks with everything still typed in."""
    row = found_application(reference)
    feeder = _feeder_of(row)
    form = ProposalForm(request.POST, feeder=feeder)
    if not form.is_valid():
        return application_page(request, row, form=form, status=422)
    try:
        _propose(row, form, feeder, user_of(request))
    except InvalidInput as error:
        for name, words in error.fields.items():
            form.add_error(name if name in form.fields else None, words)
        return application_page(request, row, form=form, status=422)
    except DermsError as error:
        return application_page(
            request, found_application(reference), form=form, refusal=error.message, status=409
        )
    messages.success(request, f"{reference} is with Operations now.")
    return redirect("engineering_application", reference=reference)


@roles_required(Role.ENGINEER)
@require_POST
def resume(request: HttpRequest, reference: str) -> HttpResponse:
    """Take an application up again whose upgrade is in service."""
    row = found_application(reference)
    try:
        return_from_hold(application=row, at=timezone.now(), by=user_of(request))
    except DermsError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, f"{reference} is in review again; its screens are new.")
    return redirect("engineering_application", reference=reference)


@roles_required(Role.ENGINEER)
@require_GET
def upgrades(request: HttpRequest) -> HttpResponse:
    """Network upgrades and how many applications wait for each."""
    context = {"upgrades": selectors.upgrades()}
    return render(request, "interconnection/engineering_upgrades.html", context)


@roles_required(Role.ENGINEER)
@require_POST
def upgrade_in_service(request: HttpRequest, upgrade_id: int) -> HttpResponse:
    """Record that an upgrade is done; what waited for it goes on with new screens."""
    upgrade = NetworkUpgrade.objects.filter(pk=upgrade_id).first()
    if upgrade is None:
        raise Http404(f"There is no upgrade {upgrade_id}.")
    try:
        returned = put_upgrade_in_service(upgrade=upgrade, at=timezone.now(), by=user_of(request))
    except DermsError as error:
        messages.error(request, error.message)
    else:
        names = ", ".join(one.reference for one in returned) or "no application"
        messages.success(request, f"{upgrade} is in service. Back in review: {names}.")
        for mark in marks_of(upgrade):
            words = mark.words or "waits for its study."
            messages.info(request, f"{mark.application.reference} is still on hold: {words}")
    return redirect("engineering_upgrades")


def _propose(
    row: InterconnectionApplication, form: ProposalForm, feeder: Feeder | None, by: User
) -> None:
    entered = form.cleaned_data
    verdict = DecisionVerdict(entered["verdict"])
    is_hold, is_approval = verdict == DecisionVerdict.HOLD, verdict == DecisionVerdict.APPROVE
    new_upgrade = None
    if is_hold and entered["upgrade_name"]:
        if feeder is None:
            words = "The service point is on no feeder, so no upgrade can be named for it."
            raise InvalidInput(words, fields={"upgrade_name": [words]})
        new_upgrade = NewUpgrade(feeder, entered["upgrade_name"], entered["upgrade_date"])
    propose_decision(
        application=row,
        proposal=Proposal(
            verdict=verdict,
            reasons=entered["reasons"],
            conditions=entered["conditions"] if is_approval else (),
            terms=form.terms() if is_approval else (),
            upgrade=entered["upgrade"] if is_hold else None,
            override_reason=entered["override_reason"] if is_approval else "",
            new_upgrade=new_upgrade,
        ),
        at=timezone.now(),
        by=by,
    )


def application_page(
    request: HttpRequest,
    row: InterconnectionApplication,
    *,
    form: ProposalForm | None = None,
    finding_form: FindingForm | None = None,
    refusal: str = "",
    status: int = 200,
) -> HttpResponse:
    """The page of one application; a form that was refused comes back with what was typed."""
    run = latest_run(row)
    connection = connection_of(row.usage_point)
    feeder = connection.transformer.bus.feeder if connection else None
    marks = restudies_of(row)
    context: dict[str, Any] = {
        "application": row,
        "units": list(row.units.order_by("pk")),
        "connection": connection,
        "schedule": schedule_of(row, today=timezone.localdate(timezone.now())),
        "load": next((one for one in feeder_loads() if one.feeder == feeder), None),
        "run": run,
        "screens": screen_views(run),
        "largest_w": run.largest_passing_w if run else None,
        "studies": studies_of(row),
        "place": place_of(row),
        "awaited": awaited(row, connection, run) if row.status in SCREENED_IN else (),
        "restudies": marks,
        "is_studying": any(mark.study and mark.study.is_open for mark in marks),
        "may_override": row.status in SCREENED_IN,
        "findings": selectors.findings_on(row),
        "finding_form": finding_form or FindingForm(),
        "history": selectors.history_of(row),
        "decisions": selectors.decisions_on(row),
        "form": form or ProposalForm(feeder=feeder, initial=_first_wishes(row)),
        "refusal": refusal,
        "may_decide": row.status == ApplicationStatus.IN_REVIEW,
        "may_screen": row.status in SCREENED_IN,
        "is_held": row.status == ApplicationStatus.HELD,
        **_commissioning(row),
    }
    return render(request, "interconnection/engineering_application.html", context, status=status)


def _first_wishes(row: InterconnectionApplication) -> dict[str, Any]:
    """What the customer asked for, as a proposal to begin with."""
    return {"verdict": DecisionVerdict.APPROVE, "export_limit_w": row.export_limit_w}


def _commissioning(row: InterconnectionApplication) -> dict[str, Any]:
    order = order_of(row)
    if order is None:
        return {"order": None}
    left = papers_left(row, at=timezone.now())
    return {
        "order": order,
        "approval": approval_of(row),
        "checks": site_checks(order),
        "tests": list(latest_tests(order).values()),
        "finished_by": finished_by(order),
        "is_ready": is_ready_for_permission(order) and not left,
        "papers_left": left,
    }


def found_application(reference: str) -> InterconnectionApplication:
    try:
        return selectors.reviewed_application(reference)
    except NotFound as error:
        raise Http404(error.message) from error


def _feeder_of(row: InterconnectionApplication) -> Feeder | None:
    connection = connection_of(row.usage_point)
    return connection.transformer.bus.feeder if connection else None


def user_of(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # noqa: S101  RoleGate lets nobody else in
    return request.user
