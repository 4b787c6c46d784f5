"""Which units in service have to obey a limit schedule, and what it says (IC-5, DI-1)."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime

from django.db.models import OuterRef, Subquery
from django.utils import timezone

from interconnection.models import DER, Decision, DecisionCondition
from interconnection.screening.export import ExportLimit, UnitLimits
from interconnection.statuses import ConditionKind, DecisionStatus, DecisionVerdict

LIMITING = (ConditionKind.FLEXIBLE, ConditionKind.EXPORT_LIMIT)


def flexible_limits(der_ids: Collection[int] | None = None) -> dict[int, UnitLimits]:
    """By DER, of all in service or of these; only where a flexible connection was approved.

    A fixed export limit beside it counts too. A fixed limit alone is kept by the equipment itself,
    as it was verified on site. Three questions however many there are.
    """
    approval = (
        Decision.objects.filter(
            application=OuterRef("unit__application"),
            verdict=DecisionVerdict.APPROVE,
            status=DecisionStatus.CONFIRMED,
        )
        .order_by("-pk")
        .values("pk")[:1]
    )
    flexible = DecisionCondition.objects.filter(kind=ConditionKind.FLEXIBLE)
    ders = DER.objects.filter(
        retired_at__isnull=True,
        unit__application__decisions__in=flexible.values("decision"),
    ).distinct()
    if der_ids is not None:
        asked = DER.objects.filter(pk__in=der_ids).values("unit__application")
        ders = ders.filter(unit__application__in=asked)
    rows = list(
        ders.annotate(approval=Subquery(approval)).values_list(
            "pk", "approval", "active_power_rating_at_unity_power_factor_w"
        )
    )
    terms = _terms({approval_id for _, approval_id, _ in rows})
    together: dict[int, int] = defaultdict(int)
    for _, approval_id, rated_w in rows:
        together[approval_id] += rated_w
    wanted = None if der_ids is None else set(der_ids)
    return {
        der_id: UnitLimits(terms[approval_id], rated_w, together[approval_id])
        for der_id, approval_id, rated_w in rows
        if approval_id in terms and (wanted is None or der_id in wanted)
    }


def local_time(at: datetime) -> datetime:
    """A moment on the clocks of the sites, which the hours of a schedule mean."""
    return timezone.localtime(at, timezone.get_default_timezone())


def _terms(decision_ids: Collection[int]) -> dict[int, tuple[ExportLimit, ...]]:
    """The limits of approvals with a flexible connection."""
    rows = DecisionCondition.objects.filter(
        decision__in=decision_ids, kind__in=LIMITING, export_limit_w__isnull=False
    ).select_related("decision__application", "decision__answered_by")
    found: dict[int, list[ExportLimit]] = defaultdict(list)
    is_flexible = set()
    for row in rows.order_by("pk"):
        decision = row.decision
        if row.kind == ConditionKind.FLEXIBLE:
            is_flexible.add(decision.pk)
        found[decision.pk].append(
            ExportLimit(
                reference=decision.application.reference,
                wording=row.wording,
                confirmed_by=decision.answered_by.username if decision.answered_by else "",
                otherwise_w=row.export_limit_w or 0,
                bands=tuple(row.bands),
            )
        )
    return {pk: tuple(limits) for pk, limits in found.items() if pk in is_flexible}
