"""The list of service requests, and a new one taken at the desk or on the telephone (CS-4)."""

from datetime import date
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from customers import selectors
from customers.flows.kinds import FLOWS
from customers.forms.requests import HolidayForm, RequestForm, RequestListForm
from customers.models import Customer, Holiday, ServiceRequest
from customers.selectors import requests as request_selectors
from customers.selectors.requests import RequestState
from customers.services.holidays import Calendar, keep_holiday, remove_holiday
from customers.services.requests import open_request
from customers.views.doing import show_beside
from derms.accounts.access import roles_required, signed_in
from derms.accounts.exports import record_export
from derms.accounts.roles import Role
from derms.accounts.saved_views import views_of
from derms.lib.csv_export import Column, csv_response
from derms.lib.errors import Refused

ROWS = 50
READERS = (Role.CUSTOMER_SERVICE, Role.ENGINEER)


def place_of(state: RequestState) -> str:
    point = state.request.usage_point
    return str(point.location) if point else state.request.answers.get("place", "")


def step_of(state: RequestState) -> str:
    return "" if state.is_over else state.flow.label_of(state.request.step)


COLUMNS: tuple[Column[RequestState], ...] = (
    Column("Request", lambda one: one.request.number),
    Column("Kind", lambda one: one.flow.label),
    Column("Customer", lambda one: one.request.customer.name),
    Column("Account", lambda one: one.request.customer.account_number),
    Column("Place", place_of),
    Column("Status", lambda one: one.request.get_status_display()),
    Column("Step", step_of),
    Column("Waits on", lambda one: one.next_actor),
    Column("Due", lambda one: one.request.due_date),
    Column("Working days", lambda one: one.clock_word),
    Column("Opened", lambda one: one.request.opened_at),
    Column("Closed", lambda one: one.request.closed_at),
    Column("Assigned", lambda one: one.request.assigned_to),
)


@require_safe
@roles_required(*READERS)
def request_list(request: HttpRequest) -> HttpResponseBase:
    user, at = signed_in(request), timezone.now()
    today, free_days = timezone.localdate(at), request_selectors.holidays()
    form = RequestListForm(request.GET)
    wanted = form.cleaned_data if form.is_valid() else {"show": "", "kind": "", "q": ""}
    found = request_selectors.find_requests(
        show=wanted["show"] or "open",
        kind=wanted["kind"],
        text=wanted["q"],
        user=user,
        today=today,
    )

    def state(row: ServiceRequest) -> RequestState:
        return request_selectors.state_of(row, today=today, free_days=free_days)

    if request.GET.get("format") == "csv":
        record_export(
            person=user,
            list_name="service_requests",
            query=request.GET.urlencode(),
            rows=found.count(),
            at=at,
        )
        rows = (state(row) for row in found.iterator(chunk_size=500))
        return csv_response(request, name="requests", columns=COLUMNS, rows=rows)
    page = Paginator(found, ROWS).get_page(request.GET.get("page"))
    parameters = {name: value for name, value in wanted.items() if value}
    context = {
        "form": form,
        "page": page,
        "rows": [
            {"state": one, "place": place_of(one), "step": step_of(one)} for one in map(state, page)
        ],
        "q": wanted["q"],
        "is_filtered": bool(parameters),
        "query": f"{urlencode(parameters)}&" if parameters else "",
        "saved": views_of(
            user,
            list_name="service_requests",
            parameters=[(name, str(value)) for name, value in request.GET.items()],
        ),
        "may_take": user.has_role(Role.CUSTOMER_SERVICE),
    }
    return render(request, "customers/requests.html", context)


@require_safe
@roles_required(Role.CUSTOMER_SERVICE)
def choose_kind(request: HttpRequest, customer_id: int) -> HttpResponse:
    context = {
        "customer": get_object_or_404(Customer, pk=customer_id),
        "flows": [flow for flow in FLOWS.values() if not flow.is_mirrored],
    }
    return render(request, "customers/request_kinds.html", context)


@require_http_methods(["GET", "POST"])
@roles_required(Role.CUSTOMER_SERVICE)
def new_request(request: HttpRequest, customer_id: int, kind: str) -> HttpResponse:
    customer = get_object_or_404(Customer, pk=customer_id)
    flow = FLOWS.get(kind)
    if flow is None or flow.is_mirrored:
        raise Http404("There is no such kind of request here.")
    points = selectors.usage_points().filter(customer=customer)
    form = RequestForm(flow, points, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            made = open_request(
                kind=kind,
                customer=customer,
                usage_point=form.cleaned_data["usage_point"],
                answers=form.answers(),
                at=timezone.now(),
                by=signed_in(request).get_username(),
            )
        except Refused as refusal:
            show_beside(form, refusal)
        else:
            messages.success(request, f"{made.number} is open and the customer is told.")
            return redirect("service_request", made.number)
    context = {"customer": customer, "flow": flow, "form": form}
    status = 422 if form.errors else 200
    return render(request, "customers/request_new.html", context, status=status)


@require_http_methods(["GET", "POST"])
@roles_required(Role.CUSTOMER_SERVICE, Role.ADMINISTRATOR)
def holiday_list(request: HttpRequest) -> HttpResponse:
    form = HolidayForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        day, name = form.cleaned_data["date"], form.cleaned_data["name"]
        made = keep_holiday(day=day, name=name, at=timezone.now())
        messages.success(request, f"{made.holiday.name} is a holiday. {_moved(made)}")
        return redirect("service_holidays")
    today = timezone.localdate(timezone.now())
    rows = Holiday.objects.filter(date__gte=date(today.year, 1, 1)).order_by("date")
    context = {"form": form, "rows": rows}
    status = 422 if form.errors else 200
    return render(request, "customers/holidays.html", context, status=status)


@require_POST
@roles_required(Role.CUSTOMER_SERVICE, Role.ADMINISTRATOR)
def holiday_remove(request: HttpRequest, holiday_id: int) -> HttpResponse:
    holiday = get_object_or_404(Holiday, pk=holiday_id)
    done = remove_holiday(holiday=holiday, at=timezone.now())
    messages.success(request, f"{holiday.name} counts as a working day again. {_moved(done)}")
    return redirect("service_holidays")


def _moved(done: Calendar) -> str:
    """What it moved, in words."""
    counts = ((done.requests, "request"), (done.applications, "application"))
    said = [f"{count} {what}{'' if count == 1 else 's'}" for count, what in counts if count]
    if not said:
        return "No due date moved."
    one = done.requests + done.applications == 1
    return f"{' and '.join(said)} {'is' if one else 'are'} due on another day now."
