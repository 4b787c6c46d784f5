"""Programmes for staff: versions, rules, places (CS-8)."""

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from customers.models import ProgrammeVersion
from customers.selectors.programmes import all_programme_versions
from customers.views.tariffs import READERS
from derms.accounts.access import roles_required
from derms.lib.csv_export import Column, csv_response

COLUMNS: tuple[Column[ProgrammeVersion], ...] = (
    Column("Code", lambda one: one.programme.code),
    Column("Programme", lambda one: one.programme.name),
    Column("Version", lambda one: one.number),
    Column("From", lambda one: one.active_from),
    Column("To", lambda one: one.active_to),
    Column("Incentive", lambda one: one.incentive_amount),
    Column("Paid", lambda one: one.get_incentive_kind_display()),
    Column("Enrolled", lambda one: getattr(one, "enrolled", None)),
    Column("Places", lambda one: one.places_max),
)


@require_safe
@roles_required(*READERS)
def programmes(request: HttpRequest) -> HttpResponseBase:
    """Every version of every programme, with how many take part under it."""
    rows = all_programme_versions()
    if request.GET.get("format") == "csv":
        return csv_response(request, name="programmes", columns=COLUMNS, rows=rows)
    context = {"rows": rows, "at": timezone.now()}
    return render(request, "customers/programmes.html", context)
