"""Who is in which group, since when, under which tariff (GR-1, GR-3)."""

from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from customers.models import Representation, Right
from customers.selectors import customers_for
from derms.accounts.models import User
from derms.accounts.roles import STAFF_ROLES, Role
from devices.models import Device
from groups.models import DERGroup, GroupMembership
from groups.statuses import GROUP_ENDED, GROUP_IN_SERVICE
from interconnection.models import DER, Feeder, ServiceConnection

SEES_EVERY_GROUP = STAFF_ROLES | {Role.SYSTEM}


def groups_for(user: User) -> QuerySet[DERGroup]:
    """The utility's people see every group, a third party its own."""
    found = DERGroup.objects.select_related("feeder", "third_party").order_by("name")
    if user.has_role(*SEES_EVERY_GROUP):
        return found
    if user.has_role(Role.THIRD_PARTY):
        return found.filter(third_party__members__user=user)
    return found.none()


def live_groups() -> QuerySet[DERGroup]:
    return (
        DERGroup.objects.filter(status__in=GROUP_IN_SERVICE)
        .select_related("feeder", "third_party")
        .order_by("name")
    )


def memberships() -> QuerySet[GroupMembership]:
    return GroupMembership.objects.select_related(
        "group", "der__usage_point__customer", "tariff_version__tariff"
    )


def members_at(group: DERGroup, at: datetime) -> QuerySet[GroupMembership]:
    """Who is in the group at this moment."""
    return memberships().filter(_open(at), group=group).order_by("der__name")


def open_members(group: DERGroup) -> QuerySet[GroupMembership]:
    """Members now, and those asked for in a group that is not live yet."""
    return memberships().filter(group=group, active_to=None).order_by("der__name")


def is_member(der: DER, at: datetime) -> GroupMembership | None:
    return memberships().filter(_open(at), der=der).first()


def membership_history(
    *, der: DER | None = None, group: DERGroup | None = None, at: datetime | None = None
) -> QuerySet[GroupMembership]:
    """Who was in which group when, under which tariff; newest first."""
    found = memberships().filter(active_from__isnull=False)
    if der is not None:
        found = found.filter(der=der)
    if group is not None:
        found = found.filter(group=group)
    if at is not None:
        found = found.filter(_open(at))
    return found.order_by("-active_from", "pk")


def candidates(feeder: Feeder, user: User, at: datetime) -> QuerySet[DER]:
    """DER on a feeder that this person may ask for, with `group_name` where they are taken."""
    points = ServiceConnection.objects.filter(transformer__bus__feeder=feeder)
    device = Device.objects.filter(der=OuterRef("pk"), active_to=None)
    taken = memberships().filter(_open(at), der=OuterRef("pk"))
    found = (
        DER.objects.filter(retired_at=None, usage_point__in=points.values("usage_point"))
        .select_related("usage_point__customer", "agreement__tariff_version__tariff")
        .annotate(has_device=Exists(device), group_name=Subquery(taken.values("group__name")[:1]))
        .order_by("name", "pk")
    )
    if user.has_role(Role.OPERATOR, Role.ENGINEER):
        return found
    return found.filter(usage_point__customer__in=customers_for(user, at, Right.ENROL))


def shown_to(
    user: User, rows: QuerySet[GroupMembership], at: datetime
) -> QuerySet[GroupMembership]:
    """A company finds only the members whose customers let it act at this moment."""
    if user.has_role(*SEES_EVERY_GROUP):
        return rows
    mine = customers_for(user, at, Right.ENROL)
    return rows.filter(der__usage_point__customer__in=mine)


def lost_memberships(at: datetime) -> QuerySet[GroupMembership]:
    """Open memberships in a company's groups that no consent covers at this moment."""
    consents = Representation.objects.filter(
        _open(at),
        may_enrol=True,
        third_party=OuterRef("group__third_party"),
        customer=OuterRef("der__usage_point__customer"),
    )
    in_companies = memberships().filter(active_to=None, group__third_party__isnull=False)
    return in_companies.exclude(group__status__in=GROUP_ENDED).filter(~Exists(consents))


def _open(at: datetime) -> Q:
    return Q(active_from__lte=at) & (Q(active_to=None) | Q(active_to__gt=at))
