"""The recorded facts from which a dispatch is explained to the owner of one member."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist
from django.db.models import QuerySet
from django.utils import timezone

from derms.lib.telling import Sentence
from devices.capabilities import Function
from devices.statuses import CommandStatus
from dispatch.cycle import Progress
from dispatch.explaining import EventFacts, Fate, why_dispatched
from dispatch.models import Delivery, DERGroupDispatch, OptOut, Setpoint
from dispatch.selectors.dispatches import deliveries, progress_of
from dispatch.statements import Part
from interconnection.statuses import Technology

FATES = {Progress.OPEN: Fate.WAITING, Progress.FAILED: Fate.NOT_REACHED}


def why_point(point: Setpoint, delivery: Delivery | None) -> tuple[Sentence, ...]:
    """The point came with its dispatch, group, command, opt-out and its DER's tariff."""
    return why_dispatched(event_facts(point, delivery))


def event_facts(point: Setpoint, delivery: Delivery | None) -> EventFacts:
    dispatch, version = point.dispatch, point.der.agreement.tariff_version
    begins_at = dispatch.executed_at or dispatch.starts_at
    return EventFacts(
        unit=point.der.name,
        group=dispatch.group.name,
        reason=dispatch.reason,
        tariff=version.tariff.name,
        is_battery=point.der.technology == Technology.BATTERY,
        is_limit=point.command.function == Function.LIMIT_ACTIVE_POWER,
        value_w=point.value_w,
        day=timezone.localdate(begins_at),
        begins_at=begins_at,
        ends_at=dispatch.ends_at,
        over_at=dispatch.ended_at,
        fate=_fate(point),
        left_out_at=_left_out(point),
        delivered_wh=delivery.delivered_wh if delivery else None,
        curtailed_wh=delivery.curtailed_wh if delivery else None,
        uncertainty_wh=delivery.uncertainty_wh if delivery else None,
        payment=delivery.payment if delivery else None,
        price_per_kwh=version.curtailment_price_per_kwh,
        currency=settings.CURRENCY,
    )


def _fate(point: Setpoint) -> Fate:
    if point.command.status == CommandStatus.CANCELLED:
        return Fate.WITHDRAWN
    return FATES.get(progress_of(point.command), Fate.TOOK_PART)


def _left_out(point: Setpoint) -> datetime | None:
    try:
        found: OptOut = point.opt_out
    except ObjectDoesNotExist:
        return None
    return found.at


def told_points() -> QuerySet[Setpoint]:
    """With all that a paragraph needs."""
    return Setpoint.objects.select_related(
        "dispatch__group",
        "der__usage_point__customer",
        "der__agreement__tariff_version__tariff",
        "command",
        "opt_out",
    )


def points_told(dispatch: DERGroupDispatch) -> QuerySet[Setpoint]:
    return told_points().filter(dispatch=dispatch).order_by("der__name", "pk")


def parts_told(
    usage_point_id: int, parts: Sequence[Part]
) -> list[tuple[Part, tuple[Sentence, ...]]]:
    """Each entry of a statement with its paragraph, as it is recorded now; two questions."""
    if not parts:
        return []
    points = told_points().filter(
        dispatch__in={part.dispatch_id for part in parts}, der__usage_point=usage_point_id
    )
    words = {(point.dispatch_id, point.der.name): why for point, why in with_words(points)}
    return [(part, words.get((part.dispatch_id, part.unit), ())) for part in parts]


def with_words(points: Iterable[Setpoint]) -> list[tuple[Setpoint, tuple[Sentence, ...]]]:
    """Each with what its owner reads; one more question for all."""
    known = list(points)
    settled = {
        (row.dispatch_id, row.der_id): row
        for row in deliveries().filter(
            dispatch__in={point.dispatch_id for point in known},
            der__in=[point.der_id for point in known],
        )
    }
    return [
        (point, why_point(point, settled.get((point.dispatch_id, point.der_id)))) for point in known
    ]
