"""Field orders at the desk: the list, proposed visits, one order with its result (CS-6)."""

from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from customers.flows.checklists import checklist_of
from customers.forms.visits import VisitForm
from customers.forms.works import NewOrderForm, OrderListForm, WhyForm
from customers.models import Customer, OrderProposal, ServiceOrder
from customers.selectors import orders as selectors
from customers.selectors import usage_points
from customers.services.orders import open_service_order
from customers.services.proposals import accept_proposal, decline_proposal
from customers.services.sending import Visit
from customers.services.visits import cancel_visit
from customers.statuses import SERVICE_ORDER_ENDED, ProposalStatus
from customers.views.doing import do
from derms.accounts.access import roles_required, signed_in
from derms.accounts.exports import record_export
from derms.accounts.roles import Role
from derms.lib.csv_export import Column, csv_response
from derms.lib.errors import InvalidInput

ROWS = 50
READERS = (Role.CUSTOMER_SERVICE, Role.ENGINEER)
COLUMNS: tuple[Column[ServiceOrder], ...] = (
    Column("Order", lambda one: one.number),
    Column("Kind", lambda one: one.get_kind_display()),
    Column("Status", lambda one: one.get_status_display()),
    Column("Customer", lambda one: one.usage_point.customer.name),
    Column("Place", lambda one: one.usage_point.location),
    Column("Meter", lambda one: one.usage_point.meter_number),
    Column("From", lambda one: one.planned_from),
    Column("To", lambda one: one.planned_to),
    Column("Technician", lambda one: one.assigned_to),
    Column("Crew", lambda one: one.crew),
    Column("Request", lambda one: one.request.number if one.request else ""),
    Column("Result", lambda one: one.result),
)


@require_safe
@roles_required(*READERS)
def order_list(request: HttpRequest) -> HttpResponseBase:
    user, form = signed_in(request), OrderListForm(request.GET)
    wanted = form.cleaned_data if form.is_valid() else {"show": "", "kind": ""}
    found = selectors.find_orders(**wanted)
    if request.GET.get("format") == "csv":
        record_export(
            person=user,
            list_name="service_orders",
            query=request.GET.urlencode(),
            rows=found.count(),
            at=timezone.now(),
        )
        rows = found.iterator(chunk_size=500)
        return csv_response(request, name="orders", columns=COLUMNS, rows=rows)
    parameters = {name: value for name, value in wanted.items() if value}
    context = {
        "form": form,
        "page": Paginator(found, ROWS).get_page(request.GET.get("page")),
        "query": f"{urlencode(parameters)}&" if parameters else "",
        "proposals": selectors.open_proposals(),
        "may_decide": user.has_role(Role.CUSTOMER_SERVICE),
    }
    return render(request, "customers/orders.html", context)


@require_safe
@roles_required(*READERS)
def order_page(request: HttpRequest, number: str) -> HttpResponse:
    return _page(request, number, 200, "")


@require_POST
@roles_required(Role.CUSTOMER_SERVICE)
def cancel(request: HttpRequest, number: str) -> HttpResponse:
    found, form = _found(number), WhyForm(request.POST)

    def deed() -> object:
        return cancel_visit(
            order=found,
            reason=form.cleaned_data["reason"],
            at=timezone.now(),
            by=signed_in(request).get_username(),
        )

    def show(status: int, refusal: str) -> HttpResponse:
        return _page(request, number, status, refusal, cancel_form=form)

    to = reverse("service_order", args=[number])
    return do(request, form, deed, show=show, done=f"{number} is called off.", to=to)


@require_http_methods(["GET", "POST"])
@roles_required(Role.CUSTOMER_SERVICE)
def new_order(request: HttpRequest, customer_id: int) -> HttpResponse:
    customer = get_object_or_404(Customer, pk=customer_id)
    form = NewOrderForm(request.POST if request.method == "POST" else None)
    form.fields["usage_point"].queryset = usage_points().filter(customer=customer)  # type: ignore[attr-defined]  # a model choice

    def show(status: int, refusal: str) -> HttpResponse:
        context = {"customer": customer, "form": form, "refusal": refusal}
        return render(request, "customers/order_new.html", context, status=status)

    if request.method == "GET":
        return show(200, "")

    def deed() -> object:
        begins, ends = form.window()
        _check_future(begins > timezone.now())
        return open_service_order(
            kind=ServiceOrder.Kind(form.cleaned_data["kind"]),
            usage_point=form.cleaned_data["usage_point"],
            summary=form.cleaned_data["summary"],
            planned_from=begins,
            planned_to=ends,
            assigned_to=form.cleaned_data["technician"],
            at=timezone.now(),
            by=signed_in(request).get_username(),
        )

    to = reverse("service_orders")
    return do(request, form, deed, show=show, done="The order is open.", to=to)


@require_http_methods(["GET", "POST"])
@roles_required(Role.CUSTOMER_SERVICE)
def proposal(request: HttpRequest, proposal_id: int) -> HttpResponse:
    """Accept a proposed visit with a window."""
    found = get_object_or_404(OrderProposal, pk=proposal_id)
    form = VisitForm(request.POST if request.method == "POST" else None)

    def deed() -> object:
        begins, ends = form.window()
        technician = form.cleaned_data["technician"]
        return accept_proposal(
            proposal=found,
            visit=Visit(planned_from=begins, planned_to=ends, assigned_to=technician),
            at=timezone.now(),
            by=signed_in(request).get_username(),
        )

    def show(status: int, refusal: str) -> HttpResponse:
        return _proposal(request, found, status, refusal, form=form)

    if request.method == "GET":
        return show(200, "")
    to = reverse("service_orders")
    return do(request, form, deed, show=show, done="The visit is ordered.", to=to)


@require_POST
@roles_required(Role.CUSTOMER_SERVICE)
def decline(request: HttpRequest, proposal_id: int) -> HttpResponse:
    found = get_object_or_404(OrderProposal, pk=proposal_id)
    form = WhyForm(request.POST)

    def deed() -> object:
        return decline_proposal(
            proposal=found,
            reason=form.cleaned_data["reason"],
            at=timezone.now(),
            by=signed_in(request).get_username(),
        )

    def show(status: int, refusal: str) -> HttpResponse:
        return _proposal(request, found, status, refusal, why_form=form)

    to = reverse("service_orders")
    return do(request, form, deed, show=show, done="Nobody is sent.", to=to)


def _check_future(is_future: bool) -> None:  # noqa: FBT001  a question answered by its caller
    if not is_future:
        words = "The visit must lie in the future."
        raise InvalidInput(words, fields={"day": [words]})


def _found(number: str) -> ServiceOrder:
    return get_object_or_404(selectors.orders(), number=number)


def _proposal(
    request: HttpRequest, found: OrderProposal, status: int, refusal: str, **extra: Any
) -> HttpResponse:
    context = {
        "proposal": found,
        "refusal": refusal,
        "is_open": found.status == ProposalStatus.PROPOSED,
        "form": VisitForm(),
        "why_form": WhyForm(),
        **extra,
    }
    return render(request, "customers/proposal.html", context, status=status)


def _page(
    request: HttpRequest, number: str, status: int, refusal: str, **extra: Any
) -> HttpResponse:
    found = _found(number)
    context = {
        "order": found,
        "refusal": refusal,
        "lines": [(line, found.answers.get(line.key, "")) for line in checklist_of(found.kind)],
        "photos": selectors.photos_of(found),
        "entries": [
            {
                "at": one.at,
                "who": one.by,
                "what": one.new_status.replace("_", " "),
                "reason": one.reason,
            }
            for one in found.status_changes.order_by("-pk")
        ],
        "may_cancel": found.status not in SERVICE_ORDER_ENDED
        and found.kind != selectors.COMMISSIONING
        and signed_in(request).has_role(Role.CUSTOMER_SERVICE),
        "cancel_form": WhyForm(),
        **extra,
    }
    return render(request, "customers/order.html", context, status=status)
