"""Work requests: Engineering plans, then a crew is planned (CS-7)."""

from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from customers.forms.works import (
    NewPointCrewForm,
    PlanForm,
    WhyForm,
    WorkListForm,
    crew_form_of,
)
from customers.models import WorkRequest
from customers.selectors import orders as selectors
from customers.services import works as services
from customers.services.sending import Visit
from customers.statuses import WORK_OPEN, WORK_STATUS_KIND, WorkStatus
from customers.views.doing import do
from derms.accounts.access import roles_required, signed_in
from derms.accounts.exports import record_export
from derms.accounts.roles import Role
from derms.lib.csv_export import Column, csv_response

ROWS = 50
READERS = (Role.ENGINEER, Role.CUSTOMER_SERVICE)
COLUMNS: tuple[Column[WorkRequest], ...] = (
    Column("Work", lambda one: one.number),
    Column("Kind", lambda one: one.get_kind_display()),
    Column("Status", lambda one: one.get_status_display()),
    Column("Customer", lambda one: one.customer.name),
    Column("Place", lambda one: one.place),
    Column("Request", lambda one: one.request.number),
    Column("Requested", lambda one: one.requested_at),
    Column("Cost", lambda one: one.cost),
    Column("Ready by", lambda one: one.planned_date),
)


@require_safe
@roles_required(*READERS)
def work_list(request: HttpRequest) -> HttpResponseBase:
    form = WorkListForm(request.GET)
    show = form.cleaned_data["show"] if form.is_valid() else ""
    found = selectors.find_works(show=show)
    if request.GET.get("format") == "csv":
        record_export(
            person=signed_in(request),
            list_name="engineering_works",
            query=request.GET.urlencode(),
            rows=found.count(),
            at=timezone.now(),
        )
        rows = found.iterator(chunk_size=500)
        return csv_response(request, name="works", columns=COLUMNS, rows=rows)
    page = Paginator(found, ROWS).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "page": page,
        "rows": [{"work": work, "kind": WORK_STATUS_KIND[work.status]} for work in page],
        "query": f"{urlencode({'show': show})}&" if show else "",
    }
    return render(request, "customers/works.html", context)


@require_safe
@roles_required(*READERS)
def work_page(request: HttpRequest, number: str) -> HttpResponse:
    return _page(request, number, 200, "")


@require_POST
@roles_required(Role.ENGINEER)
def plan(request: HttpRequest, number: str) -> HttpResponse:
    form = PlanForm(request.POST)

    def deed() -> object:
        typed = form.cleaned_data
        return services.plan_work(
            work=_found(number),
            plan=services.Plan(
                text=typed["plan"], cost=typed["cost"], ready_date=typed["ready_date"]
            ),
            at=timezone.now(),
            by=signed_in(request).get_username(),
        )

    def show(status: int, refusal: str) -> HttpResponse:
        return _page(request, number, status, refusal, plan_form=form)

    return do(
        request, form, deed, show=show, done="The customer is asked to accept it.", to=_at(number)
    )


@require_POST
@roles_required(Role.ENGINEER)
def give_back(request: HttpRequest, number: str) -> HttpResponse:
    form = WhyForm(request.POST)

    def deed() -> object:
        return services.return_work(
            work=_found(number),
            reason=form.cleaned_data["reason"],
            at=timezone.now(),
            by=signed_in(request).get_username(),
        )

    def show(status: int, refusal: str) -> HttpResponse:
        return _page(request, number, status, refusal, back_form=form)

    return do(
        request, form, deed, show=show, done="It is back at customer service.", to=_at(number)
    )


@require_POST
@roles_required(*READERS)
def plan_crew(request: HttpRequest, number: str) -> HttpResponse:
    found = _found(number)
    form = crew_form_of(found)(request.POST)

    def deed() -> object:
        begins, ends = form.window()
        return services.plan_crew(
            work=found,
            visit=Visit(
                planned_from=begins,
                planned_to=ends,
                assigned_to=form.cleaned_data["technician"],
                crew=form.cleaned_data["crew"],
            ),
            new_point=form.new_point() if isinstance(form, NewPointCrewForm) else None,
            at=timezone.now(),
            by=signed_in(request).get_username(),
        )

    def show(status: int, refusal: str) -> HttpResponse:
        return _page(request, number, status, refusal, crew_form=form)

    return do(
        request,
        form,
        deed,
        show=show,
        done="The crew is planned, the customer told.",
        to=_at(number),
    )


def _at(number: str) -> str:
    return reverse("engineering_work", args=[number])


def _found(number: str) -> WorkRequest:
    return get_object_or_404(selectors.works(), number=number)


def _page(
    request: HttpRequest, number: str, status: int, refusal: str, **extra: Any
) -> HttpResponse:
    found, is_engineer = _found(number), signed_in(request).has_role(Role.ENGINEER)
    context = {
        "work": found,
        "kind": WORK_STATUS_KIND[found.status],
        "refusal": refusal,
        "entries": [
            {
                "at": one.at,
                "who": one.by,
                "what": dict(WorkStatus.choices)[WorkStatus(one.new_status)],
                "reason": one.reason,
            }
            for one in found.status_changes.order_by("-pk")
        ],
        "may_plan": is_engineer and found.status == WorkStatus.REQUESTED,
        "may_give_back": is_engineer and found.status in WORK_OPEN,
        "may_send": found.status == WorkStatus.ACCEPTED,
        "plan_form": PlanForm(),
        "back_form": WhyForm(auto_id="id_back_%s"),
        "crew_form": crew_form_of(found)(auto_id="id_crew_%s"),
        **extra,
    }
    return render(request, "customers/work.html", context, status=status)
