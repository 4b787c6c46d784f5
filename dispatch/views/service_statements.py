"""A customer's statements as the desk sees them: every version, what changed, the same paper."""

from django.conf import settings
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from customers.models import Customer, Statement
from derms.accounts.access import roles_required
from derms.accounts.roles import Role
from derms.lib.attachments import attachment
from derms.lib.wire import from_data
from dispatch.selectors.statement_picture import picture_of
from dispatch.selectors.statements import statements_of
from dispatch.selectors.why import parts_told
from dispatch.statements import Content
from dispatch.views.statement_files import Issued, issued, paper

PER_PAGE = 24


@require_safe
@roles_required(Role.CUSTOMER_SERVICE)
def statement_list(request: HttpRequest, customer_id: int) -> HttpResponse:
    customer = get_object_or_404(Customer, pk=customer_id)
    found = statements_of([customer])
    context = {
        "customer": customer,
        "page": Paginator(found, PER_PAGE).get_page(request.GET.get("page")),
        "currency": settings.CURRENCY,
    }
    return render(request, "dispatch/service_statements.html", context)


@require_safe
@roles_required(Role.CUSTOMER_SERVICE)
def statement(request: HttpRequest, statement_id: int) -> HttpResponse:
    one = _one(statement_id)
    assert one.statement is not None  # noqa: S101  an issued one
    row = one.statement
    versions = Statement.objects.filter(
        usage_point=row.usage_point_id, begins_on=row.begins_on
    ).order_by("-version")
    context = {
        "one": one,
        "row": row,
        "it": one.content,
        "picture": picture_of(one.content),
        "asked": parts_told(row.usage_point_id, one.content.parts),
        "versions": versions,
        "currency": settings.CURRENCY,
    }
    return render(request, "dispatch/service_statement.html", context)


@require_safe
@roles_required(Role.CUSTOMER_SERVICE)
def statement_pdf(request: HttpRequest, statement_id: int) -> HttpResponse:
    """The very paper that the customer can take."""
    one = _one(statement_id)
    return attachment(paper(one), content_type="application/pdf", name=f"{one.file_name}.pdf")


def _one(statement_id: int) -> Issued:
    rows = Statement.objects.select_related("customer", "usage_point__location")
    row = get_object_or_404(rows, pk=statement_id)
    return issued(row, from_data(Content, row.content))
