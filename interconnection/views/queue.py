"""The desk's queue by deadline: table, board, saved views, assigning many (CS-1, CS-5)."""

from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from customers.selectors.requests import working_days
from derms.accounts.access import roles_required, signed_in
from derms.accounts.exports import record_export
from derms.accounts.roles import Role
from derms.accounts.saved_views import lasting, views_of
from derms.lib.csv_export import Column, csv_response
from interconnection.forms.queue import AssignForm, QueueForm
from interconnection.selectors import queue as desk
from interconnection.selectors import waiting
from interconnection.selectors.queue import QueueRow
from interconnection.selectors.waiting import Key
from interconnection.services.assigning import assign_many
from interconnection.statuses import ApplicationStatus

ROWS = 50
S = ApplicationStatus
# Where customer service may bring a card: the lane, the words, and the form of the application's
# page that asks for more; without one the move is made at once.
MOVES: dict[str, tuple[tuple[str, str, str], ...]] = {
    S.SUBMITTED: (
        (S.IN_REVIEW, "With engineers", ""),
        (S.INCOMPLETE, "Incomplete …", "return"),
    ),
    S.IN_REVIEW: ((S.INCOMPLETE, "Incomplete …", "return"),),
    S.APPROVED: ((S.COMMISSIONING, "Commission …", "visit"),),
}
COLUMNS: tuple[Column[QueueRow], ...] = (
    Column("Number", lambda row: row.reference),
    Column("Kind", lambda row: row.what),
    Column("Customer", lambda row: row.customer),
    Column("Site", lambda row: row.place),
    Column("Power, W", lambda row: row.power_w),
    Column("Status", lambda row: row.status_word),
    Column("Next", lambda row: row.next_actor),
    Column("Due", lambda row: row.due_date),
    Column("Working days", lambda row: row.clock_word),
    Column("Assigned", lambda row: row.assigned),
)


@require_safe
@roles_required(Role.CUSTOMER_SERVICE)
def queue(request: HttpRequest) -> HttpResponseBase:
    at, user = timezone.now(), signed_in(request)
    days = working_days(timezone.localdate(at))
    form = QueueForm(request.GET)
    parameters = list(request.GET.dict().items())
    wanted, is_board = form.wanted(), request.GET.get("as") == "board"
    found = waiting.keys(wanted, user=user, days=days)
    if request.GET.get("format") == "csv":
        query, count = request.GET.urlencode(), len(found)
        record_export(person=user, list_name="service_queue", query=query, rows=count, at=at)
        rows = waiting.every_row(wanted, user=user, days=days)
        return csv_response(request, name="queue", columns=COLUMNS, rows=rows)
    counts = desk.counts()
    context = {
        "form": form,
        "wanted": wanted,
        "is_board": is_board,
        "query": f"{lasting(parameters)}&",
        "table_query": urlencode({"show": wanted.show, "q": wanted.text, "kind": wanted.kind}),
        "waiting": sum(counts[one] for one in desk.DESK_ACTS) + waiting.waiting_for_desk(),
        "with_engineers": counts[S.IN_REVIEW],
        "saved": views_of(user, list_name="service_queue", parameters=parameters),
        "people": desk.desk_people(),
        "moves": MOVES,
    }
    if is_board:
        context["lanes"] = waiting.lanes(wanted, user=user, days=days)
    else:
        page: Page[Key] = Paginator(found, ROWS).get_page(request.GET.get("page"))
        context["page"], context["rows"] = page, waiting.rows(list(page), days=days)
    return render(request, "interconnection/service_queue.html", context)


@require_POST
@roles_required(Role.CUSTOMER_SERVICE)
def assign_chosen(request: HttpRequest) -> HttpResponse:
    """Give what was ticked to one person; what somebody else changed meanwhile is told instead."""
    form = AssignForm(request.POST, people=desk.desk_people())
    address = f"{reverse('service_queue')}?{lasting(form.where())}"
    if not form.is_valid():
        messages.error(request, form.first_error())
        return redirect(address)
    to = form.person(signed_in(request))
    came = assign_many(chosen=form.cleaned_data["chosen"], to=to)
    if came.count:
        whom = (to.get_full_name() or to.get_username()) if to else "nobody"
        messages.success(request, f"{came.count} assigned to {whom}.")
    for words in came.refusals:
        messages.error(request, words)
    return redirect(address)
