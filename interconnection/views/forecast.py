"""What feeders will carry in 30 and 60 days, and what delays have changed (IC-8)."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from derms.accounts.access import roles_required, signed_in
from derms.accounts.roles import Role
from derms.lib.csv_export import csv_response
from interconnection.models import Feeder
from interconnection.selectors.forecast import feeder_forecasts, shifts, unseen_shifts
from interconnection.selectors.forecast_picture import (
    day_rows,
    picture_of,
    project_rows,
    rows_of,
)
from interconnection.selectors.study_tables import numbered_columns
from interconnection.services.construction import mark_shifts_seen

READERS = (Role.OPERATOR, Role.ENGINEER, Role.AUDITOR)
ROWS = 25


@require_safe
@roles_required(*READERS)
def overview(request: HttpRequest) -> HttpResponse:
    """Every feeder's figures, and the changes, those not seen yet first."""
    today = timezone.localdate(timezone.now())
    context = {
        "feeders": [
            {
                "name": one.feeder.name,
                "row": rows_of(one.forecast)[-1],
                "changes": len(one.forecast.changes),
                "coming": len(one.projects),
                "shift_30_w": one.forecast.shift_w(30),
                "shift_60_w": one.forecast.shift_w(60),
                "of_capacity_pct": 100 * one.forecast.after[60].total_w / one.capacity_w
                if one.capacity_w
                else None,
            }
            for one in feeder_forecasts(today)
        ],
        "unseen": unseen_shifts()[:ROWS],
        "page": Paginator(shifts().exclude(seen_at=None), ROWS).get_page(request.GET.get("page")),
        "may_see": signed_in(request).has_role(Role.OPERATOR),
    }
    return render(request, "interconnection/forecast.html", context)


@require_safe
@roles_required(*READERS)
def feeder(request: HttpRequest, name: str) -> HttpResponse:
    """One feeder: the picture, the same as a table, the projects, what moved."""
    found = get_object_or_404(Feeder, name=name)
    (one,) = feeder_forecasts(timezone.localdate(timezone.now()), [found])
    context = {
        "feeder": found,
        "forecast": one.forecast,
        "picture": picture_of(one.forecast),
        "rows": rows_of(one.forecast),
        "projects": project_rows(one),
        "shifts": shifts().filter(feeder=found)[:ROWS],
        "may_open": signed_in(request).has_role(Role.ENGINEER),
    }
    return render(request, "interconnection/forecast_feeder.html", context)


@require_safe
@roles_required(Role.OPERATOR)
def news(request: HttpRequest) -> HttpResponse:
    """The console's badge: how many changes nobody has seen yet; empty when there are none."""
    unseen = unseen_shifts()
    context = {"count": unseen.count(), "newest": unseen.first()}
    return render(request, "interconnection/_forecast_news.html", context)


@require_safe
@roles_required(*READERS)
def days(request: HttpRequest) -> HttpResponseBase:
    """Every feeder, or the one that is named, by technology today, in 30 and in 60 days."""
    name = request.GET.get("feeder", "")
    feeders = [get_object_or_404(Feeder, name=name)] if name else None
    found = feeder_forecasts(timezone.localdate(timezone.now()), feeders)
    columns = numbered_columns(
        "Feeder", "Technology", "In days", "Day", "Capacity, W", "A month ago, W", "Moved by, W"
    )
    return csv_response(
        request, name=f"forecast-{name or 'feeders'}", columns=columns, rows=day_rows(found)
    )


@require_POST
@roles_required(Role.OPERATOR)
def seen(request: HttpRequest) -> HttpResponse:
    """An operator has read the changes that the page named."""
    ids = [int(one) for one in request.POST.getlist("shift") if one.isdecimal() and len(one) < 15]
    count = mark_shifts_seen(ids=ids, at=timezone.now(), by=signed_in(request).get_username())
    messages.success(request, f"{count} marked as seen.")
    return redirect("operations_forecast")
