"""Each member against its tariff's rules, with what was found kept (GR-2, EPRI figure 5-1)."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime

from customers.models import ThirdParty
from customers.selectors import rules_of
from customers.tariffs.eligibility import check_group_membership
from devices.models import Device
from groups.models import DERGroup, GroupMembership, TariffRuleCheck
from groups.selectors import membership_history
from interconnection.models import DER


@dataclass(frozen=True, slots=True)
class MemberCheck:
    """One member: its tariff, and in words every rule that it does not meet."""

    der_id: int
    der: str
    customer: str
    tariff: str
    tariff_version: int
    findings: list[str] = field(default_factory=list)

    @property
    def is_passed(self) -> bool:
        return not self.findings


def check_members(group: DERGroup, at: datetime) -> list[MemberCheck]:
    """What the check would find now; nothing is stored."""
    members = list(
        group.memberships.filter(active_to=None)
        .select_related("der__usage_point__customer", "der__agreement", "tariff_version__tariff")
        .order_by("der__name", "pk")
    )
    devices = set(
        Device.objects.filter(
            der__in=[member.der_id for member in members], active_to=None
        ).values_list("der_id", flat=True)
    )
    taken = _taken(group, members, at)
    represented = _represented(group.third_party, members, at)
    return [
        MemberCheck(
            der_id=member.der_id,
            der=member.der.name,
            customer=member.der.usage_point.customer.name,
            tariff=member.tariff_version.tariff.name,
            tariff_version=member.tariff_version.number,
            findings=[
                *_permission(member.der, has_device=member.der_id in devices),
                *_agreement(member),
                *_rules(member),
                *([taken[member.der_id]] if member.der_id in taken else []),
                *_representation(group.third_party, member.der, represented),
            ],
        )
        for member in members
    ]


def store_check(group: DERGroup, *, at: datetime, by: str) -> TariffRuleCheck:
    rows = check_members(group, at)
    return TariffRuleCheck.objects.create(
        group=group,
        rows=[asdict(row) for row in rows],
        is_passed=bool(rows) and all(row.is_passed for row in rows),
        checked_at=at,
        checked_by=by,
    )


def _permission(der: DER, *, has_device: bool) -> Iterable[str]:
    if der.retired_at is not None:
        yield f"{der.name} was taken out of service."
    if not has_device:
        yield f"{der.name} has no device that communicates. Finish its commissioning first."


def _agreement(member: GroupMembership) -> Iterable[str]:
    agreement = member.der.agreement
    if agreement.ended_at is not None:
        yield f"The agreement of {member.der.usage_point.customer.name} has ended."
    elif agreement.tariff_version_id != member.tariff_version_id:
        yield f"{member.der.name} changed its tariff since the group was asked for."


def _rules(member: GroupMembership) -> Iterable[str]:
    # How often it was dispatched this month is asked before each dispatch, not on joining.
    for finding in check_group_membership(rules_of(member.tariff_version), dispatches_this_month=0):
        yield finding.words


def _taken(group: DERGroup, members: Sequence[GroupMembership], at: datetime) -> dict[int, str]:
    others = (
        membership_history(at=at)
        .filter(der__in=[member.der_id for member in members])
        .exclude(group=group)
    )
    return {
        other.der_id: f"{other.der.name} already belongs to the group {other.group.name}."
        for other in others
    }


def _represented(
    third_party: ThirdParty | None, members: Sequence[GroupMembership], at: datetime
) -> set[int]:
    if third_party is None:
        return set()
    acting = third_party.representations.filter(active_from__lte=at, may_enrol=True)
    acting = acting.exclude(active_to__lte=at)
    customers = set(acting.values_list("customer_id", flat=True))
    return {m.der_id for m in members if m.der.usage_point.customer_id in customers}


def _representation(
    third_party: ThirdParty | None, der: DER, represented: set[int]
) -> Iterable[str]:
    if third_party is not None and der.pk not in represented:
        yield f"{third_party.name} does not act for {der.usage_point.customer.name}."
