"""The cycle: reads what is written down, decides, writes once; it remembers nothing (DI-3)."""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction

from derms.lib.errors import DermsError
from derms.lib.live import publish_after_commit
from dispatch.cycle import Decision, Deed, decide
from dispatch.models import DERGroupDispatch
from dispatch.selectors.dispatches import facts_of, setpoints
from dispatch.services.execution import release_dispatch
from dispatch.services.settling import settle_dispatch
from dispatch.statuses import (
    DISPATCH_IN_FORCE,
    DISPATCH_OVER,
    DISPATCH_PREPARING,
    DispatchStatus,
)

logger = logging.getLogger(__name__)
CLOCK = "clock"
# The last readings of a dispatch are stored by then.
SETTLE_AFTER = timedelta(seconds=15)
MOVES: dict[Deed, DispatchStatus] = {
    Deed.LAPSE: DispatchStatus.LAPSED,
    Deed.BECOME_ACTIVE: DispatchStatus.ACTIVE,
    Deed.BECOME_RELEASED: DispatchStatus.RELEASED,
    Deed.FAIL: DispatchStatus.FAILED,
}


def run_cycle(*, at: datetime) -> int:
    """Bring every dispatch to where it should be by now; returns how many were changed.

    May run twice at once, and any number of times: each dispatch is locked, and what is done
    already is not done again.
    """
    changed = 0
    for pk in _to_look_at():
        try:
            changed += _advance(pk, at)
        except DermsError as error:
            logger.warning("cycle_refused dispatch=%s code=%s %s", pk, error.code, error.message)
    for pk in _to_settle(at):
        changed += settle_dispatch(dispatch_id=pk, at=at)
    return changed


def _to_look_at() -> Iterable[int]:
    unfinished = DISPATCH_PREPARING | DISPATCH_IN_FORCE
    return list(
        DERGroupDispatch.objects.filter(status__in=unfinished)
        .order_by("pk")
        .values_list("pk", flat=True)
    )


def _to_settle(at: datetime) -> Iterable[int]:
    return list(
        DERGroupDispatch.objects.filter(
            status__in=DISPATCH_OVER,
            executed_at__isnull=False,
            ended_at__lte=at - SETTLE_AFTER,
            deliveries=None,
            setpoints__isnull=False,
        )
        .distinct()
        .order_by("pk")
        .values_list("pk", flat=True)
    )


def _advance(pk: int, at: datetime) -> bool:
    with transaction.atomic():
        dispatch = (
            DERGroupDispatch.objects.select_related("group")
            .select_for_update(of=("self",), skip_locked=True)
            .filter(pk=pk)
            .first()
        )
        if dispatch is None:
            return False
        decision = decide(facts_of(dispatch, list(setpoints(dispatch))), at)
        if decision.deed is Deed.WAIT:
            return False
        _carry_out(dispatch, decision, at)
    return True


def _carry_out(dispatch: DERGroupDispatch, decision: Decision, at: datetime) -> None:
    if decision.deed is Deed.BEGIN_RELEASE:
        release_dispatch(dispatch=dispatch, at=at, by=CLOCK, reason=decision.reason)
        return
    is_end = decision.deed in {Deed.BECOME_RELEASED, Deed.FAIL}
    times = {"ended_at": at} if is_end else {}
    dispatch.move(MOVES[decision.deed], at=at, by=CLOCK, reason=decision.reason, **times)
    publish_after_commit("dispatches", {"id": dispatch.pk, "status": str(dispatch.status)})
