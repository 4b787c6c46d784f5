"""The service request of an application keeps its place, step by step (CS-5)."""

from datetime import datetime

from django.utils import timezone

from customers.services import Place, mirror_request
from customers.statuses import RequestStatus, ServiceOrderStatus
from interconnection.models import CommissioningOrder, InterconnectionApplication
from interconnection.selectors.applications import applications
from interconnection.selectors.progress import clock_of
from interconnection.statuses import ApplicationStatus

S = ApplicationStatus
STEP: dict[str, str] = {
    S.DRAFT: "tariff",
    S.SUBMITTED: "completeness",
    S.INCOMPLETE: "register",
    S.IN_REVIEW: "engineering",
    S.DECISION_PROPOSED: "operations",
    S.HELD: "engineering",
    S.APPROVED: "plan",
    S.COMMISSIONING: "verification",
    S.PERMITTED: "permission",
    S.REJECTED: "engineering",
    S.WITHDRAWN: "register",
}
ENDED: dict[str, RequestStatus] = {
    S.PERMITTED: RequestStatus.DONE,
    S.REJECTED: RequestStatus.DECLINED,
    S.WITHDRAWN: RequestStatus.WITHDRAWN,
}
HELD_ASK = "Wait until the work on the grid is done, then look at it again."


def mirror(application: InterconnectionApplication, *, at: datetime, by: str) -> None:
    """Called in the transaction of every deed that moves an application."""
    row = applications().get(pk=application.pk)
    clock = clock_of(row, today=timezone.localdate(at))
    mirror_request(
        reference=row.reference,
        customer=row.customer,
        usage_point=row.usage_point,
        place=Place(
            step=_step(row),
            ended=ENDED.get(row.status),
            ask=row.incomplete_reason or (HELD_ASK if row.status == S.HELD else ""),
            due_date=clock.due_date if clock else None,
        ),
        at=at,
        by=by,
    )


def _step(row: InterconnectionApplication) -> str:
    if row.status == S.DRAFT and row.agreement_id is not None:
        return "register"
    if row.status == S.COMMISSIONING and _is_verified(row):
        return "permission"
    return STEP[row.status]


def _is_verified(row: InterconnectionApplication) -> bool:
    return CommissioningOrder.objects.filter(
        application=row, service_order__status=ServiceOrderStatus.DONE
    ).exists()
