"""Events that run now, and whether their customers may leave them out (CS-8)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from django.utils import timezone

from customers.models import Customer
from customers.selectors import rules_of
from customers.tariffs.eligibility import Finding, check_opt_out
from dispatch.models import OptOut, Setpoint
from dispatch.statuses import DISPATCH_IN_FORCE, DispatchStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """One member's part of an event in force; `left` more may be left out this month."""

    point: Setpoint
    is_out: bool
    against: tuple[Finding, ...]
    left: int


def points_of(customers: QuerySet[Customer]) -> QuerySet[Setpoint]:
    return Setpoint.objects.filter(der__usage_point__customer__in=customers).select_related(
        "dispatch__group", "der__usage_point", "der__agreement__tariff_version__tariff", "command"
    )


def running_events(customers: QuerySet[Customer], at: datetime) -> list[Running]:
    """What is asked of these customers' DER at this moment."""
    in_force = DISPATCH_IN_FORCE - {DispatchStatus.RELEASING}
    points = list(
        points_of(customers)
        .filter(dispatch__status__in=in_force)
        .select_related("opt_out")
        .order_by("-dispatch__executed_at", "pk")
    )
    used = opted_out_this_month([point.der.usage_point_id for point in points], at)
    return [_running(point, used.get(point.der.usage_point_id, 0)) for point in points]


def opted_out_this_month(usage_point_ids: Iterable[int], at: datetime) -> dict[int, int]:
    """Events left out at each service point since the first of the month, each counted once."""
    first = timezone.localtime(at).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    rows = OptOut.objects.filter(
        at__gte=first, setpoint__der__usage_point__in=list(usage_point_ids)
    ).values_list("setpoint__der__usage_point", "setpoint__dispatch")
    found: dict[int, int] = {}
    for usage_point, _ in set(rows):
        found[usage_point] = found.get(usage_point, 0) + 1
    return found


def _running(point: Setpoint, used: int) -> Running:
    rules = rules_of(point.der.agreement.tariff_version)
    return Running(
        point=point,
        is_out=hasattr(point, "opt_out"),
        against=check_opt_out(rules, opted_out_this_month=used),
        left=max(0, rules.opt_outs_per_month_max - used),
    )
