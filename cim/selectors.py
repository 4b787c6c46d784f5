"""Orders and works as a work-management system reads them (CS-6, CS-7)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet

from cim.messages.work import Activity, WorkOut, WorkStatusKind
from cim.models import OrderPush
from customers.models import (
    ServiceOrder,
    ServiceOrderStatusChange,
    WorkRequest,
    WorkRequestStatusChange,
)
from customers.selectors import orders as work_selectors
from customers.statuses import (
    SERVICE_ORDER_ENDED,
    WORK_OPEN,
    ServiceOrderStatus,
    WorkStatus,
)
from derms.accounts.models import User
from derms.accounts.roles import Role

AT_ONCE = 500
# A partner that is connected anew is not told of all the past.
PUSHED_WITHIN = timedelta(days=1)
# A page shows the last ones; an order has four or five moves.
SHOWN = 20
Pushes = QuerySet[OrderPush]
K = ServiceOrder.Kind
# Work.kind and WorkTask.taskKind of each kind of order.
ORDER_KIND: dict[str, tuple[str, str]] = {
    K.COMMISSIONING: ("test", "investigate"),
    K.DER_TROUBLE: ("repair", "investigate"),
    K.CONNECTION: ("connect", "install"),
    K.DISCONNECTION: ("disconnect", "remove"),
    K.POWER_QUALITY: ("service", "investigate"),
    K.HIGH_BILL: ("inspection", "investigate"),
    K.METER_WORK: ("maintenance", "exchange"),
    K.CONSTRUCTION: ("construction", "install"),
}
ORDER_STATUS: dict[str, WorkStatusKind] = {
    ServiceOrderStatus.OPEN: WorkStatusKind.SCHEDULED,
    ServiceOrderStatus.IN_PROGRESS: WorkStatusKind.IN_PROGRESS,
    ServiceOrderStatus.BLOCKED: WorkStatusKind.WAITING_ON_MATERIAL,
    ServiceOrderStatus.DONE: WorkStatusKind.COMPLETED,
    ServiceOrderStatus.CANCELLED: WorkStatusKind.CANCELLED,
}
WORK_STATUS: dict[str, WorkStatusKind] = {
    WorkStatus.REQUESTED: WorkStatusKind.WAITING_ON_APPROVAL,
    WorkStatus.PLANNED: WorkStatusKind.WAITING_ON_APPROVAL,
    WorkStatus.ACCEPTED: WorkStatusKind.WAITING_TO_BE_SCHEDULED,
    WorkStatus.SCHEDULED: WorkStatusKind.SCHEDULED,
    WorkStatus.DONE: WorkStatusKind.COMPLETED,
    WorkStatus.CANCELLED: WorkStatusKind.CANCELLED,
}


def asked_orders(names: Sequence[str]) -> list[ServiceOrder]:
    """Those of these numbers, or all open ones when none is named."""
    changes = ServiceOrderStatusChange.objects.order_by("pk")
    found = work_selectors.orders().prefetch_related(Prefetch("status_changes", queryset=changes))
    found = (
        found.filter(number__in=names) if names else found.exclude(status__in=SERVICE_ORDER_ENDED)
    )
    return list(found.order_by("planned_from", "pk")[:AT_ONCE])


def asked_works(names: Sequence[str]) -> list[WorkRequest]:
    changes = WorkRequestStatusChange.objects.order_by("pk")
    found = work_selectors.works().prefetch_related(Prefetch("status_changes", queryset=changes))
    found = found.filter(number__in=names) if names else found.filter(status__in=WORK_OPEN)
    return list(found.order_by("requested_at", "pk")[:AT_ONCE])


def order_out(order: ServiceOrder) -> WorkOut:
    """For an order that `asked_orders` brought."""
    point, changes = order.usage_point, list(order.status_changes.all())
    kind, task_kind = ORDER_KIND[order.kind]
    return WorkOut(
        number=order.number,
        kind=kind,
        status=ORDER_STATUS[order.status],
        requested_at=changes[0].at if changes else order.planned_from,
        changed_at=changes[-1].at if changes else order.planned_from,
        customer=point.customer.name,
        account=point.customer.account_number,
        subject=order.summary,
        instruction=f"{order.get_kind_display()} at {point.location}, phases {point.phases}",
        task_kind=task_kind,
        activities=[Activity(at=one.at, kind=one.new_status, reason=one.reason) for one in changes],
        begins_at=order.planned_from,
        ends_at=order.planned_to,
        crew=order.crew,
        meter=point.meter_number,
    )


def work_out(work: WorkRequest) -> WorkOut:
    """For a work that `asked_works` brought."""
    changes, order = list(work.status_changes.all()), work.order
    return WorkOut(
        number=work.number,
        kind="construction",
        status=WORK_STATUS[work.status],
        requested_at=work.requested_at,
        changed_at=changes[-1].at if changes else work.requested_at,
        customer=work.customer.name,
        account=work.customer.account_number,
        subject=f"{work.get_kind_display()} at {work.place}",
        instruction=work.plan or work.description,
        task_kind="install",
        activities=[Activity(at=one.at, kind=one.new_status, reason=one.reason) for one in changes],
        begins_at=order.planned_from if order else None,
        ends_at=order.planned_to if order else None,
        crew=order.crew if order else "",
    )


def changes_to_push(*, at: datetime) -> list[ServiceOrderStatusChange]:
    """Moves of orders of the last day that nobody was told of, oldest first."""
    told = OrderPush.objects.filter(change=OuterRef("pk"))
    found = ServiceOrderStatusChange.objects.filter(at__gt=at - PUSHED_WITHIN)
    found = found.exclude(Exists(told)).exclude(by__in=_systems())
    return list(found.select_related("order").order_by("pk")[:AT_ONCE])


def work_changes_to_push(*, at: datetime) -> list[WorkRequestStatusChange]:
    """The same of work requests."""
    told = OrderPush.objects.filter(work_change=OuterRef("pk"))
    found = WorkRequestStatusChange.objects.filter(at__gt=at - PUSHED_WITHIN)
    found = found.exclude(Exists(told)).exclude(by__in=_systems())
    return list(found.select_related("work").order_by("pk")[:AT_ONCE])


def _systems() -> QuerySet[User, Any]:
    """What a partner said itself is no news to it."""
    return User.objects.filter(role_grants__role=Role.SYSTEM).values("username")


def pushes_due(*, at: datetime) -> QuerySet[OrderPush]:
    """Of each order and each work the oldest that is not over, when its time has come."""
    waiting = OrderPush.objects.filter(sent_at=None, given_up_at=None)
    same = Q(order=OuterRef("order")) | Q(work=OuterRef("work"))
    before = waiting.filter(same, pk__lt=OuterRef("pk"))
    return waiting.filter(~Exists(before), next_attempt_at__lte=at).order_by("pk")


def pushes_of(*, order: str = "", work: str = "") -> Pushes:
    """What a work-management system was told of an order or a work, the newest first."""
    found = OrderPush.objects.select_related("change", "work_change", "order", "work")
    named = Q(order__number=order) if order else Q(work__number=work)
    return found.filter(named).order_by("-pk")


def may_try_again(push: OrderPush) -> bool:
    """Not when a later move was taken: the old one would bring the partner back in time."""
    if push.sent_at is not None:
        return False
    same = Q(order=push.order_id) if push.order_id else Q(work=push.work_id)
    later = OrderPush.objects.filter(same, pk__gt=push.pk).exclude(sent_at=None)
    return not later.exists()
