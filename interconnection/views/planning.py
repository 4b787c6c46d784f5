"""Planning: feeders and their risk by hour, capacity maps, what-if studies (IC-9)."""

from http import HTTPStatus

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from derms.accounts.access import roles_required, signed_in
from derms.accounts.roles import Role
from derms.lib.csv_export import Column, csv_response
from derms.lib.errors import DermsError
from interconnection.forms.planning import WhatIfForm
from interconnection.selectors import planning as selectors
from interconnection.selectors.circuits import current_version
from interconnection.selectors.study_page import pictures_of
from interconnection.services.planning import request_capacity_map, request_what_if

MOST_RUNS = 50


@roles_required(Role.ENGINEER, Role.OPERATOR, Role.AUDITOR)
@require_GET
def overview(request: HttpRequest) -> HttpResponse:
    """Every feeder: penetration, least load, risk of reverse power by hour."""
    context = {
        "plans": selectors.feeder_plans(),
        "hours": selectors.HOURS,
        "models": selectors.model_names(),
        "runs": selectors.planning_studies()[:MOST_RUNS],
    }
    return render(request, "interconnection/planning.html", context)


@roles_required(Role.ENGINEER, Role.OPERATOR, Role.AUDITOR)
@require_GET
def hours(request: HttpRequest) -> HttpResponseBase:
    """Penetration and the risk of each hour of every feeder, as CSV."""
    columns = [
        Column[tuple[selectors.FeederPlan, selectors.HourRisk | None]](header, value)
        for header, value in (
            ("Feeder", lambda row: row[0].load.feeder.name),
            ("Connected, W", lambda row: row[0].load.generation.connected_w),
            ("Queued, W", lambda row: row[0].load.generation.queued_w),
            ("Of its capacity, %", lambda row: round(row[0].load.penetration_pct, 3)),
            ("Peak load, W", lambda row: row[0].peak_w),
            ("Reverse hours a year", lambda row: row[0].reverse_hours),
            ("Hour", lambda row: row[1].hour if row[1] else None),
            ("Least at the head, W", lambda row: round(row[1].least_w) if row[1] else None),
            (
                "Generation in % of load",
                lambda row: round(row[1].generation_pct, 3) if row[1] else None,
            ),
        )
    ]
    rows = ((plan, risk) for plan in selectors.feeder_plans() for risk in plan.risks or (None,))
    return csv_response(request, name="feeders-by-hour", columns=columns, rows=rows)


@roles_required(Role.ENGINEER)
@require_http_methods(["GET", "POST"])
def feeder(request: HttpRequest, name: str) -> HttpResponse:
    """One feeder: its latest map, the form of a what-if, and what was studied."""
    version = current_version(name)
    if version is None:
        raise Http404(f"No network model is called {name}.")
    form = WhatIfForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            study = request_what_if(
                feeder=name, title=form.cleaned_data["title"], planned=form.cleaned_data["der"],
                growth=form.growth(), at=timezone.now(), by=signed_in(request).username,
            )  # fmt: skip
            return redirect("engineering_study", study_id=study.pk)
        except DermsError as error:
            form.add_error("der", error.message)
    latest = selectors.latest_map(name)
    context = {
        "version": version,
        "form": form,
        "map": latest,
        "picture": pictures_of(latest).capacity if latest else None,
        "is_stale": latest is not None and latest.version_id != version.pk,
        "runs": selectors.planning_studies(name)[:MOST_RUNS],
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    return render(request, "interconnection/planning_feeder.html", context, status=status)


@roles_required(Role.ENGINEER)
@require_POST
def capacity(request: HttpRequest, name: str) -> HttpResponse:
    """Put a capacity map in the queue and go where it can be followed."""
    try:
        study = request_capacity_map(feeder=name, at=timezone.now(), by=signed_in(request).username)
    except DermsError as error:
        messages.error(request, error.message)
        return redirect("engineering_planning")
    return redirect("engineering_study", study_id=study.pk)
