"""Two plans of a feeder beside each other, as page and as CSV (IC-9)."""

from collections.abc import Iterator
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_GET

from derms.accounts.access import roles_required
from derms.accounts.roles import Role
from derms.lib.csv_export import Column, csv_response
from derms.lib.errors import InvalidInput
from interconnection.selectors.circuits import current_version
from interconnection.selectors.plan_comparison import Comparison, comparable, compare
from interconnection.selectors.study_tables import numbered_columns


@roles_required(Role.ENGINEER, Role.OPERATOR, Role.AUDITOR)
@require_GET
def comparison(request: HttpRequest, name: str) -> HttpResponse:
    """Choose two; pictures beside each other, and every figure of both in one line."""
    version = current_version(name)
    if version is None:
        raise Http404(f"No network model is called {name}.")
    first, second = request.GET.get("one", ""), request.GET.get("other", "")
    context: dict[str, Any] = {
        "version": version,
        "studies": comparable(name),
        "first": first,
        "second": second,
        "found": None,
        "refusal": "",
    }
    if first or second:
        try:
            context["found"] = compare(name, first, second)
        except InvalidInput as refusal:
            context["refusal"] = refusal.message
    status = 422 if context["refusal"] else 200
    return render(request, "interconnection/plan_comparison.html", context, status=status)


@roles_required(Role.ENGINEER, Role.OPERATOR, Role.AUDITOR)
@require_GET
def comparison_table(request: HttpRequest, name: str) -> HttpResponseBase:
    """The same figures as CSV."""
    first, second = request.GET.get("one", ""), request.GET.get("other", "")
    try:
        found = compare(name, first, second)
    except InvalidInput as refusal:
        raise Http404(refusal.message) from refusal
    columns, rows = _sheet(found)
    file_name = f"{name}-{found.one.pk}-and-{found.other.pk}"
    return csv_response(request, name=file_name, columns=columns, rows=rows)


def _sheet(found: Comparison) -> tuple[list[Column[Any]], Iterator[tuple[object, ...]]]:
    if found.maps is not None:
        columns = numbered_columns("Bus", "First, W", "Second, W", "Change, W", "First binds",
                                   "Second binds")  # fmt: skip
        return columns, (
            (line.bus, line.one and line.one.capacity_w, line.other and line.other.capacity_w,
             line.change_w, line.one and line.one.binding, line.other and line.other.binding)
            for line in found.buses
        )  # fmt: skip
    columns = numbered_columns("Scenario", "Criterion", "Unit", "Limit", "First", "First verdict",
                               "Second", "Second verdict")  # fmt: skip
    return columns, (
        (line.scenario, line.name, line.unit, line.limit,
         line.one and line.one.criterion.value, line.one and line.one.word,
         line.other and line.other.criterion.value, line.other and line.other.word)
        for line in found.lines
    )  # fmt: skip
