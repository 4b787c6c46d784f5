"""Questions about field orders, proposed visits and works (CS-6, CS-7)."""

from django.db.models import QuerySet

from customers.models import OrderProposal, ServiceOrder, VisitPhoto, WorkRequest
from customers.statuses import SERVICE_ORDER_ENDED, WORK_OPEN, ProposalStatus

COMMISSIONING = ServiceOrder.Kind.COMMISSIONING


def orders() -> QuerySet[ServiceOrder]:
    return ServiceOrder.objects.select_related(
        "usage_point__customer", "usage_point__location", "assigned_to", "request"
    )


def open_visits() -> QuerySet[ServiceOrder]:
    """What technicians still have to do, by window; commissioning has pages of its own."""
    return (
        orders()
        .exclude(status__in=SERVICE_ORDER_ENDED)
        .exclude(kind=COMMISSIONING)
        .order_by("planned_from", "pk")
    )


def find_orders(*, show: str, kind: str) -> QuerySet[ServiceOrder]:
    found = orders()
    if show == "all":
        found = found.order_by("-planned_from", "-pk")
    else:
        found = found.exclude(status__in=SERVICE_ORDER_ENDED).order_by("planned_from", "pk")
        if show:
            found = found.filter(status=show)
    return found.filter(kind=kind) if kind else found


def photos_of(order: ServiceOrder) -> QuerySet[VisitPhoto]:
    return order.photos.order_by("pk")


def open_proposals() -> QuerySet[OrderProposal]:
    """Visits that wait for somebody's decision, oldest first."""
    return (
        OrderProposal.objects.filter(status=ProposalStatus.PROPOSED)
        .select_related("usage_point__customer", "usage_point__location")
        .order_by("proposed_at", "pk")
    )


def works() -> QuerySet[WorkRequest]:
    return WorkRequest.objects.select_related(
        "customer", "usage_point__location", "request", "order"
    )


def find_works(*, show: str) -> QuerySet[WorkRequest]:
    """Open ones by age, all newest first, or those of one status."""
    if show == "all":
        return works().order_by("-requested_at", "-pk")
    found = works().filter(status__in=WORK_OPEN).order_by("requested_at", "pk")
    return found.filter(status=show) if show else found
