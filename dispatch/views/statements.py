"""The customer's statements: list, one of them, a period so far, files (CS-10, P6)."""

from datetime import date, datetime, timedelta

from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from customers.models import Statement, UsagePoint
from customers.selectors.access import readable_customers
from derms.accounts.access import roles_required, signed_in
from derms.accounts.roles import Role
from derms.lib.attachments import attachment
from derms.lib.csv_export import csv_response
from derms.lib.days import day_from, midnight, month_of
from derms.lib.errors import NotFound
from derms.lib.wire import from_data
from derms.lib.words import say
from dispatch.selectors.statement_feed import DAYS, green_button_of
from dispatch.selectors.statement_picture import picture_of
from dispatch.selectors.statements import period_words, points_with_der, statements_of
from dispatch.selectors.why import parts_told
from dispatch.services.statements import draw_up
from dispatch.statements import Content
from dispatch.views.statement_files import Issued, issued, paper

PORTAL = (Role.CUSTOMER, Role.THIRD_PARTY)
PER_PAGE = 24
LONGEST = timedelta(days=366)


@require_safe
@roles_required(*PORTAL)
def statement_list(request: HttpRequest) -> HttpResponse:
    at = timezone.now()
    only = request.GET.get("customer", "")
    customers = readable_customers(signed_in(request), at, only=only)
    context = {
        "page": Paginator(statements_of(customers), PER_PAGE).get_page(request.GET.get("page")),
        "points": points_with_der(at).filter(customer__in=customers).order_by("pk"),
        "month": month_of(timezone.localdate(at))[0],
        "today": timezone.localdate(at),
        "currency": settings.CURRENCY,
    }
    return render(request, "dispatch/statements.html", context)


@require_safe
@roles_required(*PORTAL)
def statement(request: HttpRequest, statement_id: int) -> HttpResponse:
    one = _of(request, statement_id)
    return render(request, "dispatch/statement.html", _context(one))


@require_safe
@roles_required(*PORTAL)
def statement_pdf(request: HttpRequest, statement_id: int) -> HttpResponse:
    one = _of(request, statement_id)
    return attachment(paper(one), content_type="application/pdf", name=f"{one.file_name}.pdf")


@require_safe
@roles_required(*PORTAL)
def statement_csv(request: HttpRequest, statement_id: int) -> HttpResponseBase:
    one = _of(request, statement_id)
    return csv_response(request, name=one.file_name, columns=DAYS, rows=one.content.days)


@require_safe
@roles_required(*PORTAL)
def statement_green_button(request: HttpRequest, statement_id: int) -> HttpResponse:
    one = _of(request, statement_id)
    if one.statement is None:
        raise Http404(say("Nothing is issued yet."))
    try:
        feed = green_button_of(one.statement)
    except NotFound as missing:
        raise Http404(missing.message) from missing
    return attachment(feed, content_type="application/atom+xml", name=f"{one.file_name}.xml")


@require_safe
@roles_required(*PORTAL)
def period(request: HttpRequest, usage_point_id: int) -> HttpResponse:
    """Any period as it is known now: nothing is issued."""
    at = timezone.now()
    customers = readable_customers(signed_in(request), at)
    point = get_object_or_404(points_with_der(at).filter(customer__in=customers), pk=usage_point_id)
    today = timezone.localdate(at)
    (begins_on, last), refusal = _asked(request, today)
    one = _so_far(point, begins_on, last, at)
    context = _context(one) | {
        "refusal": refusal,
        "begins_on": begins_on,
        "last": last,
        "today": today,
        "point": point,
    }
    return render(request, "dispatch/statement.html", context, status=422 if refusal else 200)


def _of(request: HttpRequest, statement_id: int) -> Issued:
    """This person's statement, or 404."""
    mine = statements_of(readable_customers(signed_in(request), timezone.now()))
    row = get_object_or_404(mine, pk=statement_id)
    return issued(row, from_data(Content, row.content))


def _so_far(point: UsagePoint, begins_on: date, last: date, at: datetime) -> Issued:
    ends_on = last + timedelta(days=1)
    content = draw_up(point, midnight(begins_on), min(midnight(ends_on), at))
    return Issued(point, content, period_words(begins_on, ends_on))


def _context(one: Issued) -> dict[str, object]:
    versions = Statement.objects.none()
    if one.statement is not None:
        versions = Statement.objects.filter(
            usage_point=one.usage_point, begins_on=one.statement.begins_on
        ).order_by("-version")
    return {
        "one": one,
        "it": one.content,
        "picture": picture_of(one.content),
        "asked": parts_told(one.usage_point.pk, one.content.parts),
        "versions": versions,
        "currency": settings.CURRENCY,
    }


def _asked(request: HttpRequest, today: date) -> tuple[tuple[date, date], str]:
    """First and last day asked for, else this month so far; and why what was typed is none."""
    usual = (month_of(today)[0], today)
    typed = (request.GET.get("from", ""), request.GET.get("to", ""))
    if typed == ("", ""):
        return usual, ""
    begins_on, last = map(day_from, typed)
    if begins_on is None or last is None:
        return usual, say("Give two dates in the form 2026-06-15.")
    if last < begins_on:
        return usual, say("The last day lies before the first one. Exchange them.")
    if last > today:
        return usual, say("The last day has not come yet. Choose today or an earlier day.")
    if last - begins_on > LONGEST:
        return usual, say("That is more than a year. Choose a shorter period.")
    return (begins_on, last), ""
