"""What the disaggregation is asked for one group: its members, reachable or not, and why."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from customers.selectors import rules_of
from customers.tariffs.eligibility import check_group_membership
from derms.ui.formats import age, scaled
from devices.models import DeviceCommand
from devices.selectors.unit_limits import limits_by_der
from devices.statuses import COMMAND_OPEN, CommandStatus
from dispatch.disaggregation import Member, Storage
from dispatch.selectors.dispatches import dispatches_this_month
from groups.aggregation import Capability, Kind, MemberState, aggregate, available_w, sustained_w
from groups.models import DERGroup, GroupMembership
from groups.selectors import Fleet, fleet, members_at
from interconnection.screening.export import Held
from interconnection.selectors.export_limits import local_time


@dataclass(frozen=True, slots=True)
class Candidate:
    """A member of the group as the disaggregation sees it; `obstacle` says why it is left out.

    `ceiling` says which limit of its connection it is not asked to pass.
    """

    der_id: int
    device_id: int | None
    name: str
    power_w: float | None
    member: Member
    obstacle: str = ""
    ceiling: str = ""


@dataclass(frozen=True, slots=True)
class GroupNow:
    """A group, its members and what it can do for the whole of an interval."""

    candidates: tuple[Candidate, ...]
    capability: Capability
    conflicts: tuple[str, ...]

    @property
    def reachable(self) -> list[Candidate]:
        return [candidate for candidate in self.candidates if not candidate.obstacle]

    @property
    def left_out(self) -> list[Candidate]:
        return [candidate for candidate in self.candidates if candidate.obstacle]


def group_now(group: DERGroup, *, hold_s: float, at: datetime) -> GroupNow:
    memberships = list(
        members_at(group, at).select_related(
            "tariff_version__tariff", "der__agreement__tariff_version__tariff"
        )
    )
    der_ids = [membership.der_id for membership in memberships]
    everybody = fleet(at)
    used = dispatches_this_month(der_ids, at)
    ratio = everybody.ratio_for(der_ids)
    ceilings = _ceilings(der_ids, hold_s, at)
    candidates = tuple(
        _candidate(
            membership,
            everybody,
            ratio,
            hold_s,
            used[membership.der_id],
            ceilings.get(membership.der_id),
        )
        for membership in memberships
    )
    able = [c.der_id for c in candidates if not c.obstacle]
    states = [_below(state, ceilings.get(state.der_id)) for state in everybody.states_of(able)]
    return GroupNow(
        candidates=candidates,
        capability=aggregate(states, ratio, hold_s),
        conflicts=(
            *_conflicts(c.device_id for c in candidates if c.device_id is not None),
            *(f"{c.name}: {c.ceiling}." for c in candidates if c.ceiling),
        ),
    )


def _candidate(
    membership: GroupMembership,
    everybody: Fleet,
    ratio: float | None,
    hold_s: float,
    used: int,
    ceiling: Held | None,
) -> Candidate:
    der = membership.der
    member = everybody.members.get(der.pk)
    state = _below(everybody.states_of([der.pk])[0], ceiling)
    obstacle = _obstacle(membership, state, used)
    present_w = round(state.power_w or 0.0)
    storage = None
    if state.kind is Kind.BATTERY:
        discharge_w, charge_w = sustained_w(state, hold_s)
        storage = Storage(int(discharge_w), int(charge_w))
    free_w = present_w if storage else round(available_w(state, ratio))
    return Candidate(
        der_id=der.pk,
        device_id=member.device_id if member else None,
        name=der.name,
        power_w=state.power_w,
        member=Member(
            der_id=der.pk,
            rated_w=state.rated_w,
            present_w=present_w,
            available_w=free_w if ceiling is None else min(free_w, ceiling.limit_w),
            storage=storage,
            is_reachable=not obstacle,
        ),
        obstacle=obstacle,
        ceiling=_words(ceiling) if ceiling else "",
    )


def _ceilings(der_ids: Collection[int], hold_s: float, at: datetime) -> dict[int, Held]:
    """What a flexible connection allows for the whole of the interval, by DER."""
    begins, ends = local_time(at), local_time(at + timedelta(seconds=hold_s))
    return {pk: one.lowest(begins, ends) for pk, one in limits_by_der(der_ids).items()}


def _below(state: MemberState, ceiling: Held | None) -> MemberState:
    """As if the limit were its rating: nothing above is counted on, nor asked for."""
    if ceiling is None:
        return state
    return replace(state, rated_w=min(state.rated_w, ceiling.limit_w))


def _words(ceiling: Held) -> str:
    return (
        f"at most {scaled(ceiling.limit_w, unit='W')}: flexible connection of "
        f"{ceiling.limit.reference}"
    )


def _obstacle(membership: GroupMembership, state: MemberState, used: int) -> str:
    if state.age_s is None:
        return "has never reported"
    if not state.is_reporting:
        return f"does not report, last heard {age(state.age_s)} ago"
    # A tariff may have been changed since the group was formed: both must allow it.
    versions = {
        one.pk: one for one in (membership.tariff_version, membership.der.agreement.tariff_version)
    }
    words = [
        finding.words
        for version in versions.values()
        for finding in check_group_membership(rules_of(version), dispatches_this_month=used)
    ]
    return " ".join(dict.fromkeys(words))


def _conflicts(device_ids: Iterable[int]) -> list[str]:
    """Members that something else holds already."""
    commands = (
        DeviceCommand.objects.filter(
            device__in=list(device_ids),
            is_release=False,
            status__in=COMMAND_OPEN | {CommandStatus.VERIFIED},
        )
        .select_related("device__der")
        .order_by("device__der__name", "-sequence")
    )
    return [
        f"{command.device.der} is under a command of {command.requested_by}"
        f" ({command.reason or command.function}); it will be replaced."
        for command in commands
    ]
