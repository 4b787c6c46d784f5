"""How a group is put before people: rows of lists and the page of one."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from derms.accounts.models import User
from groups.aggregation import Capability, room_of
from groups.models import DERGroup, GroupMembership, TariffRuleCheck
from groups.selectors import SEES_EVERY_GROUP, Fleet, fleet, group_statuses, open_members, shown_to
from groups.statuses import GROUP_ENDED, GROUP_KINDS, GroupStatus


@dataclass(frozen=True, slots=True)
class GroupLine:
    """A group in a list."""

    group: DERGroup
    kind: str
    capability: Capability
    next_step: str


@dataclass(frozen=True, slots=True)
class MemberLine:
    """A member with its last word."""

    membership: GroupMembership
    power_w: float | None
    up_w: float
    down_w: float
    charge_pct: float | None
    measured_at: datetime | None
    quality: str
    ceiling_w: float | None


NEXT_STEPS: dict[str, str] = {
    GroupStatus.REQUESTED: "Customer service checks the tariff rules",
    GroupStatus.APPROVED: "Operations takes it live",
    GroupStatus.LIVE: "Can be dispatched",
    GroupStatus.DISSOLUTION_REQUESTED: "Customer service confirms the end",
    GroupStatus.DISSOLVED: "Over",
    GroupStatus.REFUSED: "Over",
}


def lines(groups: Iterable[DERGroup], at: datetime) -> list[GroupLine]:
    wanted = list(groups)
    seen = fleet(at)
    status = group_statuses(wanted, at, seen)
    return [
        GroupLine(
            group=group,
            kind=GROUP_KINDS[group.status],
            capability=status[group.pk].capability,
            next_step=NEXT_STEPS[group.status],
        )
        for group in wanted
    ]


def member_lines(group: DERGroup, seen: Fleet, person: User) -> list[MemberLine]:
    memberships = (
        group.memberships.select_related(
            "der__usage_point__customer", "tariff_version__tariff"
        ).order_by("der__name")
        if group.status in GROUP_ENDED
        else open_members(group)
    )
    rows = list(shown_to(person, memberships, seen.at))
    ratio = seen.ratio_for(row.der_id for row in rows)
    return [_member(row, seen, ratio) for row in rows]


def _member(row: GroupMembership, seen: Fleet, ratio: float | None) -> MemberLine:
    state = seen.states_of([row.der_id])[0]
    room = room_of(state, ratio)
    latest = seen.latest.get(row.der_id)
    return MemberLine(
        membership=row,
        power_w=state.power_w,
        up_w=room.up_w,
        down_w=room.down_w,
        charge_pct=state.charge_pct,
        measured_at=latest.measured_at if latest else None,
        quality=str(state.quality),
        ceiling_w=state.ceiling_w,
    )


def timeline(group: DERGroup) -> list[dict[str, Any]]:
    changes = group.status_changes.order_by("-at", "-pk")
    return [
        {
            "at": change.at,
            "who": change.by,
            "what": GroupStatus(change.new_status).label,
            "reason": change.reason,
        }
        for change in changes
    ] + [
        {
            "at": group.requested_at,
            "who": group.requested_by,
            "what": "Requested",
            "reason": group.purpose,
        }
    ]


def checks(group: DERGroup, shown: Collection[int], person: User) -> Sequence[TariffRuleCheck]:
    """To a company, only those in which every DER is one that it is shown."""
    found = list(group.rule_checks.order_by("-checked_at", "-pk"))
    if person.has_role(*SEES_EVERY_GROUP):
        return found
    return [one for one in found if all(row["der_id"] in shown for row in one.rows)]


def steps(group: DERGroup) -> list[dict[str, str]]:
    """Figure 5-1 as steps, with where the group stands."""
    names = ("Requested", "Tariff rules checked", "Operations informed", "Live")
    done = {
        GroupStatus.REQUESTED: 1,
        GroupStatus.APPROVED: 2,
        GroupStatus.REFUSED: 1,
    }.get(GroupStatus(group.status), len(names))
    if group.status == GroupStatus.REFUSED:
        return [{"label": "Requested", "state": "done"}, {"label": "Refused", "state": "current"}]
    return [
        {
            "label": name,
            "state": "done" if place < done else "current" if place == done else "todo",
        }
        for place, name in enumerate(names)
    ]
