"""Questions about groups: who belongs to them and what they can do now."""

from groups.selectors.fleet import Fleet, FleetMember, Latest, Roster, fleet, roster
from groups.selectors.membership import (
    SEES_EVERY_GROUP,
    candidates,
    groups_for,
    is_member,
    live_groups,
    lost_memberships,
    members_at,
    membership_history,
    open_members,
    shown_to,
)
from groups.selectors.status import (
    GroupStatusImage,
    capability_of,
    group_status,
    group_statuses,
)

__all__ = [
    "SEES_EVERY_GROUP",
    "Fleet",
    "FleetMember",
    "GroupStatusImage",
    "Latest",
    "Roster",
    "candidates",
    "capability_of",
    "fleet",
    "group_status",
    "group_statuses",
    "groups_for",
    "is_member",
    "live_groups",
    "lost_memberships",
    "members_at",
    "membership_history",
    "open_members",
    "roster",
    "shown_to",
]
