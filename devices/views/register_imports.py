"""Lists of devices: brought, looked at, decided, applied (DV-6)."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from derms.accounts.access import roles_required, signed_in
from derms.accounts.exports import record_export
from derms.accounts.roles import Role
from derms.lib.csv_export import csv_response
from derms.lib.errors import DermsError, NotFound
from devices import services
from devices.forms.importing import ListForm, choices_of, edition_of
from devices.models import ImportRun
from devices.register.columns import COLUMNS
from devices.register.matching import Verdict
from devices.register.table import LIMITS, FileRefused
from devices.selectors.importing import (
    APPLICABLE,
    TO_CORRECT,
    import_runs,
    rows_of,
    run_counts,
    zones_to_make,
)
from devices.statuses import IMPORT_KINDS, IMPORT_OPEN, ImportStatus
from devices.views.register_rows import CORRECTION, TEMPLATE, VERDICTS, row_line

CHANGERS = (Role.OPERATOR, Role.ENGINEER)
READERS = (*CHANGERS, Role.AUDITOR)
RUNS, ROWS = 20, 100


@require_http_methods(["GET", "HEAD", "POST"])
@roles_required(*READERS)
def imports(request: HttpRequest) -> HttpResponse:
    """The lists so far, and a form for the next one."""
    person, form = signed_in(request), ListForm()
    if request.method == "POST":
        _only_changers(request)
        form = ListForm(request.POST, request.FILES)
        if form.is_valid():
            file = form.cleaned_data["file"]
            try:
                run = services.receive_list(
                    content=file.read(),
                    file_name=file.name or "",
                    at=timezone.now(),
                    by=person.get_username(),
                )
            except FileRefused as refusal:
                form.add_error("file", refusal.message)
            else:
                return redirect("operations_import", run.pk)
    page = Paginator(import_runs(), RUNS).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "page": page,
        "runs": [{"run": run, "kind": IMPORT_KINDS[ImportStatus(run.status)]} for run in page],
        "columns": COLUMNS,
        "limits": LIMITS,
        "may_change": person.has_role(*CHANGERS),
    }
    return render(request, "devices/imports.html", context, status=422 if form.errors else 200)


@require_safe
@roles_required(*READERS)
def template(request: HttpRequest) -> StreamingHttpResponse:
    """An empty list with its heads."""
    return csv_response(request, name="devices-template", columns=TEMPLATE, rows=())


@require_safe
@roles_required(*READERS)
def one_import(request: HttpRequest, run_id: int) -> HttpResponse:
    """The preview, or how far it is; htmx asks the same page again while a worker is at it."""
    return _page(request, _found(run_id))


@require_POST
@roles_required(*CHANGERS)
def choose(request: HttpRequest, run_id: int) -> HttpResponse:
    asked = choices_of(request.POST)
    return _do(
        request,
        run_id,
        lambda: services.choose_rows(
            run_id=run_id,
            edition=asked.edition,
            choices=asked.choices,
            left_out=asked.left_out,
            at=timezone.now(),
        ),
    )


@require_POST
@roles_required(*CHANGERS)
def check(request: HttpRequest, run_id: int) -> HttpResponse:
    run = _found(run_id)
    return _do(request, run_id, lambda: services.review_list(run=run, at=timezone.now()))


@require_POST
@roles_required(*CHANGERS)
def apply(request: HttpRequest, run_id: int) -> HttpResponse:
    by = signed_in(request).get_username()
    return _do(
        request,
        run_id,
        lambda: services.ask_to_apply(
            run_id=run_id, edition=edition_of(request.POST), at=timezone.now(), by=by
        ),
    )


@require_POST
@roles_required(*CHANGERS)
def discard(request: HttpRequest, run_id: int) -> HttpResponse:
    by = signed_in(request).get_username()
    return _do(
        request,
        run_id,
        lambda: services.discard_list(run_id=run_id, at=timezone.now(), by=by),
    )


@require_safe
@roles_required(*READERS)
def to_correct(request: HttpRequest, run_id: int) -> StreamingHttpResponse:
    """The rows that were not accepted, with what is wrong, as a list to correct and bring again."""
    run = _found(run_id)
    rows = rows_of(run).filter(verdict__in=TO_CORRECT)
    record_export(
        person=signed_in(request),
        list_name="operations_import_rows",
        query=f"run={run.pk}",
        rows=rows.count(),
        at=timezone.now(),
    )
    name = f"import-{run.pk}-to-correct"
    return csv_response(request, name=name, columns=CORRECTION, rows=rows.iterator(chunk_size=1000))


def _found(run_id: int) -> ImportRun:
    run = import_runs().filter(pk=run_id).first()
    if run is None:
        raise Http404(f"There is no import {run_id}.")
    return run


def _only_changers(request: HttpRequest) -> None:
    if not signed_in(request).has_role(*CHANGERS):
        raise PermissionDenied("Operators and engineers bring lists of devices.")


def _do(request: HttpRequest, run_id: int, deed: Callable[[], object]) -> HttpResponse:
    """One deed; when it is refused, the page as it is now with the words."""
    try:
        deed()
    except NotFound as missing:
        raise Http404(missing.message) from missing
    except DermsError as refusal:
        messages.error(request, refusal.message)
        return _page(request, _found(run_id), status=409)
    query = request.POST.get("query", "")[:200]
    path = request.path.rpartition("/")[0]
    return redirect(f"{path}?{query}" if query and query.isprintable() else path)


def _page(request: HttpRequest, run: ImportRun, *, status: int = 200) -> HttpResponse:
    wanted = request.GET.get("show", "")
    shown = wanted if wanted in set(Verdict) else ""
    counts = run_counts(run)
    page = Paginator(rows_of(run, shown), ROWS).get_page(request.GET.get("page"))
    may_change = signed_in(request).has_role(*CHANGERS)
    is_preview = run.status == ImportStatus.READY
    context: dict[str, Any] = {
        "run": run,
        "kind": IMPORT_KINDS[ImportStatus(run.status)],
        "is_waiting": run.status in IMPORT_OPEN,
        "is_preview": is_preview,
        "may_choose": may_change and is_preview,
        "counts": counts,
        "parts": _parts(counts.by_verdict, counts.total),
        "tabs": [
            {"key": key, "label": label, "count": counts.by_verdict[key], "current": key == shown}
            for key, (label, _) in VERDICTS.items()
        ],
        "shown": shown,
        "page": page,
        "lines": [row_line(row) for row in page],
        "query": f"show={shown}&" if shown else "",
        "to_correct": sum(counts.by_verdict[verdict] for verdict in TO_CORRECT),
        "new_zones": zones_to_make(run) if is_preview else [],
        "applicable": APPLICABLE,
    }
    return render(request, "devices/import.html", context, status=status)


def _parts(by_verdict: Any, total: int) -> list[dict[str, object]]:  # noqa: ANN401  counts by name
    """The bar above the preview."""
    kinds = {"refused": "bad", "undecided": "part", "new": "fresh", "unchanged": "rest"}
    return [
        {
            "label": label.lower(),
            "count": by_verdict[key],
            "kind": kinds.get(key, ""),
            "percent": 100 * by_verdict[key] / total if total else 0,
        }
        for key, (label, _) in VERDICTS.items()
    ]
