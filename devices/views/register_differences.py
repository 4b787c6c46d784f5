"""Where register and devices differ: the list, its picture, its file, and decisions (DV-6)."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from customers.selectors.requests import working_days
from derms.accounts.access import roles_required, signed_in
from derms.accounts.exports import record_export
from derms.accounts.roles import Role
from derms.accounts.saved_views import lasting, views_of
from derms.lib.csv_export import csv_response
from derms.lib.errors import Conflict, InvalidInput, Refused
from derms.ui import scatter
from devices import services
from devices.forms.differences import DecisionForm, DifferenceSearch, seen_of
from devices.models import RegisterDifference
from devices.register.nameplates import BY_KEY
from devices.selectors.differences import ORDERS, difference_counts, differences
from devices.selectors.register import fleet_choices
from devices.views.register_difference_rows import CELLS, difference_line, words_of

LIST = "operations_differences"
DECIDERS = (Role.OPERATOR, Role.ENGINEER)
READERS = (*DECIDERS, Role.CUSTOMER_SERVICE, Role.AUDITOR)
ROWS, ROWS_AT_ONCE, POINTS_MAX = 50, 1000, 500
HEADS = (
    ("device", "Device"), ("attribute", "What"), ("registered", "Registered"),
    ("said", "Device says"), ("apart", "Apart"), ("found", "Since"), ("status", "Decision"),
)  # fmt: skip


@require_safe
@roles_required(*READERS)
def difference_list(request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
    """The list as a page, or with `?format=csv` as a file."""
    return _file(request) if request.GET.get("format") == "csv" else _page(request)


@require_POST
@roles_required(*DECIDERS)
def decide(request: HttpRequest) -> HttpResponse:
    """One decision for all that are ticked, or the list again with the words and what was typed."""
    form = DecisionForm(request.POST)
    if not form.is_valid():
        return _page(request, form=form, status=422)
    try:
        done = _decide(request, form)
    except InvalidInput as refusal:
        for name, words in refusal.fields.items():
            form.add_error(name if name in form.fields else None, words)
        if not refusal.fields:
            form.add_error(None, refusal.message)
        return _page(request, form=form, status=422)
    except (Conflict, Refused) as refusal:
        messages.error(request, refusal.message)
        return _page(request, form=form, status=409)
    messages.success(request, done)
    query = lasting(_parameters(request))
    return redirect(f"{reverse(LIST)}?{query}" if query else reverse(LIST))


def _decide(request: HttpRequest, form: DecisionForm) -> str:
    """Do it and say what was done."""
    person, at, seen = signed_in(request), timezone.now(), seen_of(request.POST)
    facts = form.cleaned_data
    how: dict[str, Any] = {
        "seen": seen, "reason": facts["reason"], "at": at, "by": person.get_username(),
    }  # fmt: skip
    if facts["decision"] == DecisionForm.ACCEPT:
        if not person.has_role(Role.ENGINEER):
            _only_identities(seen)
        rows = services.accept_differences(**how)
        return f"The register is corrected in {len(rows)} place{'s' * (len(rows) != 1)}."
    if facts["decision"] == DecisionForm.SEND:
        planned_from, planned_to = form.visit()
        if planned_to <= at:
            words = "The visit must lie in the future."
            raise InvalidInput(words, fields={"visit_on": [words]})
        orders = services.send_somebody(planned_from=planned_from, planned_to=planned_to, **how)
        return f"Ordered: {', '.join(order.number for order in orders)}. The register is kept."
    rows = services.ignore_differences(until=facts["until"], today=timezone.localdate(at), **how)
    return f"Ignored until {facts['until']:%d %b %Y}, or until the values change."


def _only_identities(seen: dict[int, str]) -> None:
    ratings = [key for key, rule in BY_KEY.items() if rule.is_rating]
    if RegisterDifference.objects.filter(pk__in=seen, attribute__in=ratings).exists():
        raise Refused(
            "Ratings count in screens and studies: only an engineer corrects them. Send somebody, "
            "or ask an engineer to accept them."
        )


def _page(
    request: HttpRequest, *, form: DecisionForm | None = None, status: int = 200
) -> HttpResponse:
    person, today = signed_in(request), timezone.localdate(timezone.now())
    search = _search(request)
    wanted, parameters = search.wanted(), _parameters(request)
    found = differences(wanted)
    page = Paginator(found, ROWS).get_page(request.GET.get("page"))
    ticked = set(seen_of(request.POST)) if form is not None else set()
    context = {
        "search": search,
        "filters": [search[name] for name in ("status", "attribute", "kind", "zone")],
        "form": form or DecisionForm(initial=DecisionForm.usual(working_days(today))),
        "may_decide": person.has_role(*DECIDERS),
        "page": page,
        "lines": [difference_line(row, ticked) for row in page],
        "heads": [_head(key, label, wanted.sort, parameters) for key, label in HEADS],
        "query": f"{urlencode(parameters)}&",
        "counts": difference_counts(),
        "saved": views_of(person, list_name=LIST, parameters=parameters),
        **_picture(found),
    }
    return render(request, "devices/differences.html", context, status=status)


def _search(request: HttpRequest) -> DifferenceSearch:
    return DifferenceSearch(request.GET, zones=fleet_choices().zones)


def _picture(found: QuerySet[RegisterDifference, Any]) -> dict[str, Any]:
    """The ratings that differ, as many as a picture bears."""
    rows = found.filter(registered_value__isnull=False, said_value__isnull=False)
    pairs = [
        scatter.Pair(row.registered_value, row.said_value, words_of(row))
        for row in rows[: POINTS_MAX + 1]
        if row.registered_value is not None and row.said_value is not None
    ]
    return {"scatter": scatter.draw(pairs[:POINTS_MAX]), "is_cut": len(pairs) > POINTS_MAX}


def _file(request: HttpRequest) -> StreamingHttpResponse:
    found = differences(_search(request).wanted())
    record_export(
        person=signed_in(request),
        list_name=LIST,
        query=lasting(_parameters(request)),
        rows=found.count(),
        at=timezone.now(),
    )
    return csv_response(
        request, name="differences", columns=CELLS, rows=found.iterator(chunk_size=ROWS_AT_ONCE)
    )


def _parameters(request: HttpRequest) -> list[tuple[str, str]]:
    return [
        (name, value)
        for name, values in request.GET.lists()
        for value in values
        if name not in ("page", "format") and value
    ]


def _head(key: str, label: str, sort: str, parameters: list[tuple[str, str]]) -> dict[str, object]:
    others = [pair for pair in parameters if pair[0] != "sort"]
    is_up, is_down = sort == key, sort == f"-{key}"
    return {
        "label": label,
        "is_right": key in ("registered", "said"),
        "url": f"?{urlencode([*others, ('sort', f'-{key}' if is_up else key)])}",
        "order": "ascending" if is_up else "descending" if is_down else "",
        "is_sortable": key in ORDERS,
    }
