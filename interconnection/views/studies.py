"""Power-flow studies of an application: ask, follow, cancel, read (IC-4)."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from derms.accounts.access import roles_required, signed_in
from derms.accounts.roles import Role
from derms.lib import letters
from derms.lib.csv_export import csv_response
from derms.lib.errors import DermsError
from interconnection.models import InterconnectionApplication, Study
from interconnection.selectors.network_versions import newer_than
from interconnection.selectors.studies import distances_of, result_of, studied_circuit
from interconnection.selectors.study_page import Pictures, pictures_of
from interconnection.selectors.study_picture import MARKS
from interconnection.selectors.study_report import heading, study_letter
from interconnection.selectors.study_tables import TABLES
from interconnection.services.application_studies import cancel_study, request_study
from interconnection.statuses import StudyStatus


@roles_required(Role.ENGINEER)
@require_POST
def request_one(request: HttpRequest, reference: str) -> HttpResponse:
    """Put a study in the queue and go where it can be followed."""
    application = InterconnectionApplication.objects.filter(reference=reference).first()
    if application is None:
        raise Http404(f"There is no application {reference}.")
    try:
        by = signed_in(request).username
        asked = request_study(application=application, at=timezone.now(), by=by)
    except DermsError as error:
        messages.error(request, error.message)
        return redirect("engineering_application", reference=reference)
    return redirect("engineering_study", study_id=asked.pk)


@roles_required(Role.ENGINEER, Role.OPERATOR, Role.AUDITOR)
@require_GET
def study(request: HttpRequest, study_id: int) -> HttpResponse:
    """Progress while it runs, the result when there is one; htmx asks for the part that changes."""
    row = _found(study_id)
    pictures = pictures_of(row) if row.status == StudyStatus.DONE else Pictures()
    shown = pictures.study
    context = {
        "study": row,
        "heading": heading(row),
        "picture": pictures.capacity,
        "newer": newer_than(row.version),
        "line": shown.line if shown else None,
        "result": shown.result if shown else None,
        "verdict": MARKS[shown.result.verdict] if shown else None,
        "year": shown.year if shown else None,
        "views": shown.views if shown else (),
    }
    is_part = request.headers.get("HX-Request") == "true" and row.is_open
    name = "_study_progress" if is_part else "study"
    response = render(request, f"interconnection/{name}.html", context)
    if request.headers.get("HX-Request") == "true" and not row.is_open:
        response["HX-Refresh"] = "true"
    return response


@roles_required(Role.ENGINEER, Role.OPERATOR, Role.AUDITOR)
@require_GET
def report(request: HttpRequest, study_id: int) -> HttpResponse:
    """The same study on paper."""
    row = _found(study_id)
    result = result_of(row)
    if result is None:
        raise Http404(f"Study {study_id} has no result to report.")
    letter = study_letter(row, result, distances_of(studied_circuit(row)))
    response = HttpResponse(letters.pdf(letter), content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="study-{row.pk}.pdf"'
    return response


@roles_required(Role.ENGINEER, Role.OPERATOR, Role.AUDITOR)
@require_GET
def table(request: HttpRequest, study_id: int, name: str) -> HttpResponseBase:
    """The figures of one of its pictures, all of them, as CSV."""
    row = _found(study_id)
    if name not in TABLES:
        raise Http404(f"There is no table {name}. There are {', '.join(TABLES)}.")
    found = TABLES[name](row) if row.status == StudyStatus.DONE else None
    if found is None:
        raise Http404(f"Study {study_id} has no {name}.")
    columns, rows = found
    return csv_response(request, name=f"study-{row.pk}-{name}", columns=columns, rows=rows)


@roles_required(Role.ENGINEER)
@require_POST
def cancel(request: HttpRequest, study_id: int) -> HttpResponse:
    """End one that waits or runs."""
    row = _found(study_id)
    try:
        cancel_study(study_id=row.pk, at=timezone.now(), by=signed_in(request).username)
    except DermsError as error:
        messages.error(request, error.message)
    return redirect("engineering_study", study_id=row.pk)


def _found(study_id: int) -> Study:
    rows = Study.objects.defer("task", "result", "version__circuit")
    row = rows.filter(pk=study_id).select_related("application", "version").first()
    if row is None:
        raise Http404(f"There is no study {study_id}.")
    return row
