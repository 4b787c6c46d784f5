"""Settle a dispatch once: delivery rows, and the customers told what it came to (DI-7, CS-10)."""

from collections import defaultdict
from dataclasses import asdict
from datetime import datetime
from decimal import Decimal
from functools import partial

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from customers.models import Customer
from customers.services import queue_notice
from derms.lib.live import publish_after_commit
from derms.lib.words import Later, number, say
from derms.ui.formats import scaled
from dispatch.models import Delivery, DERGroupDispatch
from dispatch.selectors.evidence import evidence_of
from dispatch.settlement import deliver, payment_for


def settle_dispatch(*, dispatch_id: int, at: datetime) -> int:
    """Write one delivery per member; returns how many, 0 when it was settled before."""
    with transaction.atomic():
        dispatch = (
            DERGroupDispatch.objects.select_related("group")
            .select_for_update(of=("self",), skip_locked=True)
            .filter(pk=dispatch_id)
            .first()
        )
        if dispatch is None or dispatch.executed_at is None or dispatch.ended_at is None:
            return 0
        if dispatch.deliveries.exists():
            return 0
        evidence = evidence_of(dispatch, dispatch.executed_at, dispatch.ended_at)
        outcomes = {
            outcome.der_id: outcome
            for outcome in deliver(evidence.event, evidence.members, evidence.peers)
        }
        rows = [
            Delivery(
                dispatch=dispatch,
                measured_from=dispatch.executed_at,
                measured_to=dispatch.ended_at,
                payment=payment_for(
                    outcomes[point.der_id].curtailed_wh,
                    point.der.agreement.tariff_version.curtailment_price_per_kwh,
                ),
                computed_at=at,
                **asdict(outcomes[point.der_id]),
            )
            for point in evidence.points
        ]
        Delivery.objects.bulk_create(rows)
        customers = {point.der_id: point.der.usage_point.customer for point in evidence.points}
        _tell_customers(dispatch, rows, customers, at)
        publish_after_commit("dispatches", {"id": dispatch.pk, "status": str(dispatch.status)})
    return len(rows)


def _tell_customers(
    dispatch: DERGroupDispatch,
    rows: list[Delivery],
    customers: dict[int, Customer],
    at: datetime,
) -> None:
    by_customer: dict[int, list[Delivery]] = defaultdict(list)
    for row in rows:
        by_customer[customers[row.der_id].pk].append(row)
    known = {customer.pk: customer for customer in customers.values()}
    for pk, mine in sorted(by_customer.items()):
        queue_notice(
            customer=known[pk],
            template="dispatch_over",
            about=f"dispatch-{dispatch.pk}",
            context={
                "group": dispatch.group.name,
                "ends": timezone.localtime(dispatch.ended_at).strftime("%H:%M"),
                "result": Later(partial(_result_words, mine)),
            },
            at=at,
        )


def _result_words(mine: list[Delivery]) -> str:
    delivered_wh = sum(row.delivered_wh for row in mine)
    curtailed_wh = sum(max(0.0, row.curtailed_wh) for row in mine)
    doubt_wh = sum(row.uncertainty_wh for row in mine)
    paid = sum((row.payment for row in mine), Decimal(0))
    return say(
        "It produced {produced}; about {held_back} (give or take {doubt}) was held back, "
        "for which you are paid {paid} {currency}.",
        produced=scaled(delivered_wh, unit="Wh"),
        held_back=scaled(curtailed_wh, unit="Wh"),
        doubt=scaled(doubt_wh, unit="Wh"),
        paid=number(paid),
        currency=settings.CURRENCY,
    )
