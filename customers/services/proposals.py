"""Visits that the product proposes: one about one thing, a person accepts it (CS-6)."""

from datetime import datetime

from django.db import transaction

from customers.models import OrderProposal, ServiceOrder, UsagePoint
from customers.services.orders import open_service_order
from customers.services.sending import Visit
from customers.statuses import ProposalStatus, ServiceOrderStatus
from derms.lib.errors import InvalidInput

OPEN = (ServiceOrderStatus.OPEN, ServiceOrderStatus.IN_PROGRESS, ServiceOrderStatus.BLOCKED)


def propose_order(
    *,
    about: str,
    usage_point: UsagePoint,
    summary: str,
    reasons: str,
    began_at: datetime,
    at: datetime,
    by: str,
) -> OrderProposal | None:
    """Propose a visit for DER trouble; None while a visit about the same is under way.

    Trouble that began before somebody declined to go is not proposed again.

    An open proposal about the same thing takes the newest reasons instead of a second one.
    """
    is_under_way = OrderProposal.objects.filter(about=about, order__status__in=OPEN).exists()
    is_declined = OrderProposal.objects.filter(
        about=about,
        status_changes__new_status=ProposalStatus.DECLINED,
        status_changes__at__gte=began_at,
    ).exists()
    if is_under_way or is_declined:
        return None
    with transaction.atomic():
        proposal, is_new = OrderProposal.objects.get_or_create(
            about=about,
            status=ProposalStatus.PROPOSED,
            defaults={
                "usage_point": usage_point,
                "kind": ServiceOrder.Kind.DER_TROUBLE,
                "summary": summary[:200],
                "reasons": reasons,
                "proposed_at": at,
                "seen_at": at,
            },
        )
        if is_new:
            proposal.status_changes.create(
                old_status="", new_status=proposal.status, at=at, by=by, reason=reasons
            )
        elif proposal.reasons != reasons:
            OrderProposal.objects.filter(pk=proposal.pk).update(reasons=reasons, seen_at=at)
            proposal.reasons, proposal.seen_at = reasons, at
    return proposal


def accept_proposal(
    *, proposal: OrderProposal, visit: Visit, at: datetime, by: str
) -> ServiceOrder:
    """Order the visit that was proposed."""
    if visit.planned_from <= at:
        words = "Choose a window in the future."
        raise InvalidInput(words, fields={"day": [words]})
    with transaction.atomic():
        order = open_service_order(
            kind=ServiceOrder.Kind(proposal.kind),
            usage_point=proposal.usage_point,
            summary=proposal.summary,
            planned_from=visit.planned_from,
            planned_to=visit.planned_to,
            assigned_to=visit.assigned_to,
            at=at,
            by=by,
        )
        proposal.move(ProposalStatus.ACCEPTED, at=at, by=by, order=order)
    return order


def decline_proposal(
    *, proposal: OrderProposal, reason: str, at: datetime, by: str
) -> OrderProposal:
    if not reason.strip():
        words = "Say why nobody has to go."
        raise InvalidInput(words, fields={"reason": [words]})
    return proposal.move(ProposalStatus.DECLINED, at=at, by=by, reason=reason.strip())


def drop_proposals(*, keep: frozenset[str], prefix: str, at: datetime, by: str) -> int:
    """End the open proposals about things that are well again."""
    gone = [
        proposal
        for proposal in OrderProposal.objects.filter(
            status=ProposalStatus.PROPOSED, about__startswith=prefix
        )
        if proposal.about not in keep
    ]
    for proposal in gone:
        proposal.move(ProposalStatus.GONE, at=at, by=by, reason="The trouble is over.")
    return len(gone)
