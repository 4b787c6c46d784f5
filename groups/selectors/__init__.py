"""Questions about groups: who belongs to them and what they can do now."""

from groups.selectors.fleet import Fleet, FleetMember, Latest, Roster, fleet, roster
from groups.selectors.membership import (
    candidates,
    groups_for,
    is_member,
    live_groups,
    members_at,
    membership_history,
    open_members,
)
from groups.selectors.status import (
    GroupStatusImage,
    capability_of,
    group_status,
    group_statuses,
)

__all__ = [
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
    "members_at",
    "membership_history",
    "open_members",
    "roster",
]
