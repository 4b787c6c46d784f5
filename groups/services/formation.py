"""Forming a group: asked for, checked by customer service, taken live by Operations (GR-2)."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from customers.selectors import third_party_of
from derms.accounts.models import User
from derms.accounts.roles import Role
from derms.lib.errors import Conflict, InvalidInput, Refused
from derms.lib.live import publish_after_commit
from groups.models import DERGroup, GroupMembership
from groups.selectors import candidates, membership_history
from groups.services.tariff_check import store_check
from groups.services.telling import tell_members
from groups.statuses import GroupStatus
from interconnection.models import DER, Feeder


class GroupNameTaken(InvalidInput):
    """Another group has this name."""

    code = "group_name_taken"


class NotYourDER(InvalidInput):
    """A DER that this person may not ask for, or that is not on the feeder."""

    code = "not_your_der"


class GroupBreaksTariffRules(Refused):
    """At least one member does not meet its tariff's rules."""

    code = "group_breaks_tariff_rules"


class MembersTaken(Conflict):
    """A DER belongs to another live group."""

    code = "members_taken"


def request_group(
    *,
    name: str,
    feeder: Feeder,
    der_ids: Sequence[int],
    user: User,
    at: datetime,
    purpose: str = "",
) -> DERGroup:
    """Ask for a group; customer service checks it next.

    An operator may name any DER on the feeder, a third party those of customers it acts for.
    """
    wanted = _wanted(feeder, der_ids, user, at)
    is_operator = user.has_role(Role.OPERATOR)
    with transaction.atomic():
        if DERGroup.objects.filter(name__iexact=name).exists():
            words = f"There is a group {name} already. Choose another name."
            raise GroupNameTaken(words, fields={"name": [words]})
        group = DERGroup.objects.create(
            name=name,
            purpose=purpose,
            feeder=feeder,
            third_party=None if is_operator else third_party_of(user),
            requested_at=at,
            requested_by=user.get_username(),
        )
        GroupMembership.objects.bulk_create(
            GroupMembership(group=group, der=der, tariff_version=der.agreement.tariff_version)
            for der in wanted
        )
        publish_after_commit("groups", {"id": group.pk})
    return group


def approve_group(*, group: DERGroup, at: datetime, by: str) -> DERGroup:
    """Check every member; the check is kept either way. Raises GroupBreaksTariffRules."""
    with transaction.atomic():
        check = store_check(group, at=at, by=by)
        if check.is_passed:
            group.move(GroupStatus.APPROVED, at=at, by=by, reason="Every member meets its tariff.")
            publish_after_commit("groups", {"id": group.pk})
    if not check.is_passed:
        words = [finding for row in check.rows for finding in row["findings"]]
        raise GroupBreaksTariffRules(
            f"{group.name} cannot be approved: {' '.join(words) or 'it has no members.'}",
            findings=words,
        )
    return group


def refuse_group(*, group: DERGroup, reason: str, at: datetime, by: str) -> DERGroup:
    if not reason.strip():
        words = "Say why, for the person who asked."
        raise InvalidInput(words, fields={"reason": [words]})
    with transaction.atomic():
        group.move(GroupStatus.REFUSED, at=at, by=by, reason=reason.strip())
        publish_after_commit("groups", {"id": group.pk})
    return group


def take_group_live(*, group: DERGroup, at: datetime, by: str) -> DERGroup:
    """Operations has been informed: from now on the group is seen and dispatched as one."""
    with transaction.atomic():
        group.move(GroupStatus.LIVE, at=at, by=by)
        members = list(
            group.memberships.filter(active_to=None).select_related(
                "group", "der__usage_point__customer"
            )
        )
        _lock([member.der_id for member in members])
        taken = membership_history(at=at).filter(der__in=[m.der_id for m in members]).first()
        if taken is not None:
            raise MembersTaken(
                f"{taken.der.name} belongs to the group {taken.group.name} since"
                f" {taken.active_from:%d %b %Y}. Dissolve that group first."
            )
        group.memberships.filter(active_to=None).update(active_from=at)
        tell_members(members, "group_joined", at=at)
        publish_after_commit("groups", {"id": group.pk})
    return group


def _wanted(feeder: Feeder, der_ids: Sequence[int], user: User, at: datetime) -> list[DER]:
    if not der_ids:
        words = "Choose at least one DER."
        raise InvalidInput(words, fields={"ders": [words]})
    wanted = list(candidates(feeder, user, at).filter(pk__in=set(der_ids)))
    if len(wanted) != len(set(der_ids)):
        words = f"Only DER on feeder {feeder.name} that you may act for can be chosen."
        raise NotYourDER(words, fields={"ders": [words]})
    return wanted


def _lock(der_ids: Sequence[int]) -> None:
    """Two groups that share a DER must not both find it free."""
    list(DER.objects.select_for_update().filter(pk__in=der_ids).order_by("pk"))
