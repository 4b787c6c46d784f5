"""Who decided what and when, over every floor (OP-1)."""

from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Any
from urllib.parse import urlencode

from django.apps import apps
from django.core.paginator import Paginator
from django.db.models import CharField, F, QuerySet, Value
from django.db.models.functions import Cast
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from derms.accounts.access import roles_required
from derms.accounts.exports import exports
from derms.accounts.models import ExportRecord
from derms.accounts.roles import Role
from derms.lib.csv_export import Column, csv_response
from derms.lib.lifecycle import StatusChange

ROWS_PER_PAGE = 100
ROWS_AT_ONCE = 2000
COLUMNS = ("at", "by", "kind", "subject", "old_status", "new_status", "reason")


@dataclass(frozen=True)
class Entry:
    """One recorded move of one row."""

    at: datetime
    by: str
    kind: str
    subject: str
    old_status: str
    new_status: str
    reason: str


def change_tables() -> list[type[StatusChange]]:
    return [model for model in apps.get_models() if issubclass(model, StatusChange)]


@dataclass(frozen=True)
class Owner:
    """The key that points from a change to the row that changed, and what that row is called."""

    key: str
    label: str


def owner_of(model: type[StatusChange]) -> Owner:
    field: Any = next(field for field in model._meta.get_fields() if field.many_to_one)
    return Owner(f"{field.name}_id", str(field.related_model._meta.verbose_name))


def moves(*, by: str, kind: str) -> QuerySet[Any, dict[str, Any]]:
    """Recorded moves of all floors, newest first."""
    selected: list[QuerySet[Any, dict[str, Any]]] = []
    for model in change_tables():
        owner = owner_of(model)
        rows = model._default_manager.annotate(
            kind=Value(owner.label, output_field=CharField()),
            subject=Cast(F(owner.key), CharField()),
        )
        if by:
            rows = rows.filter(by__icontains=by)
        if not kind or kind == owner.label:
            selected.append(rows.values(*COLUMNS))
    return selected[0].union(*selected[1:], all=True).order_by("-at")


def kinds() -> list[str]:
    return sorted(owner_of(model).label for model in change_tables())


@require_safe
@roles_required(Role.AUDITOR, Role.ADMINISTRATOR)
def audit_log(request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
    """The log as a page, or with `?format=csv` as a file."""
    by, kind = _wanted(request, "by"), _wanted(request, "kind")
    kind = kind if kind in kinds() else ""
    rows = moves(by=by, kind=kind)
    if request.GET.get("format") == "csv":
        columns = [Column[dict[str, Any]](name, itemgetter(name)) for name in COLUMNS]
        return csv_response(
            request, name="audit", columns=columns, rows=rows.iterator(chunk_size=ROWS_AT_ONCE)
        )
    page = Paginator(rows, ROWS_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "entries": [Entry(**row) for row in page.object_list],
        "kinds": kinds(),
        "by": by,
        "kind": kind,
        "query": urlencode({"by": by, "kind": kind}) + "&",
    }
    return render(request, "audit/log.html", context)


@require_safe
@roles_required(Role.AUDITOR, Role.ADMINISTRATOR)
def export_log(request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
    """Lists with facts about customers that were taken out of the product."""
    by = _wanted(request, "by")
    rows = exports(by=by)
    if request.GET.get("format") == "csv":
        columns = [
            Column[ExportRecord]("at", lambda row: row.at),
            Column[ExportRecord]("by", lambda row: row.by),
            Column[ExportRecord]("list", lambda row: row.list_name),
            Column[ExportRecord]("filters", lambda row: row.query),
            Column[ExportRecord]("rows", lambda row: row.rows),
        ]
        return csv_response(
            request, name="exports", columns=columns, rows=rows.iterator(chunk_size=ROWS_AT_ONCE)
        )
    page = Paginator(rows, ROWS_PER_PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "by": by, "query": urlencode({"by": by}) + "&"}
    return render(request, "audit/exports.html", context)


def _wanted(request: HttpRequest, name: str) -> str:
    """One filter as typed, without what no text in the database can hold."""
    return request.GET.get(name, "").replace("\0", "")[:150]
