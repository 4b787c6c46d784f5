"""What groups give now and how far they could go (GR-4)."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from groups.aggregation import Capability, aggregate
from groups.models import DERGroup, GroupMembership
from groups.selectors.fleet import Fleet, fleet


@dataclass(frozen=True, slots=True)
class GroupStatusImage:
    """A group with its members' sum as of one moment."""

    group_id: int
    mrid: str
    name: str
    at: datetime
    der_ids: tuple[int, ...]
    capability: Capability


def group_status(group: DERGroup, at: datetime) -> GroupStatusImage:
    return group_statuses([group], at)[group.pk]


def group_statuses(
    groups: Iterable[DERGroup], at: datetime, everybody: Fleet | None = None
) -> dict[int, GroupStatusImage]:
    """By group; `everybody` saves the look at the fleet where the caller has had it."""
    wanted = list(groups)
    seen = everybody or fleet(at)
    ders = ders_by_group([group.pk for group in wanted], at)
    return {
        group.pk: GroupStatusImage(
            group_id=group.pk,
            mrid=str(group.mrid),
            name=group.name,
            at=at,
            der_ids=ders[group.pk],
            capability=capability_of(ders[group.pk], seen),
        )
        for group in wanted
    }


def capability_of(der_ids: Sequence[int], everybody: Fleet) -> Capability:
    return aggregate(everybody.states_of(der_ids), everybody.ratio_for(der_ids))


def ders_by_group(group_ids: Sequence[int], at: datetime) -> Mapping[int, tuple[int, ...]]:
    """Members at this moment; those asked for where a group is not live yet."""
    found: dict[int, list[int]] = defaultdict(list)
    rows = GroupMembership.objects.filter(
        Q(active_from=None) | Q(active_from__lte=at),
        Q(active_to=None) | Q(active_to__gt=at),
        group__in=group_ids,
    )
    for group_id, der_id in rows.order_by("pk").values_list("group_id", "der_id"):
        found[group_id].append(der_id)
    return {group_id: tuple(found[group_id]) for group_id in group_ids}
