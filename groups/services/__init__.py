"""Deeds on groups: ask, check, take live, dissolve (GR-1, GR-2)."""

from groups.services.departing import end_lost_memberships
from groups.services.dissolution import (
    dissolve_group,
    keep_group,
    request_dissolution,
)
from groups.services.formation import (
    GroupBreaksTariffRules,
    GroupNameTaken,
    MembersTaken,
    NotYourDER,
    approve_group,
    refuse_group,
    request_group,
    take_group_live,
)
from groups.services.tariff_check import check_members

__all__ = [
    "GroupBreaksTariffRules",
    "GroupNameTaken",
    "MembersTaken",
    "NotYourDER",
    "approve_group",
    "check_members",
    "dissolve_group",
    "end_lost_memberships",
    "keep_group",
    "refuse_group",
    "request_dissolution",
    "request_group",
    "take_group_live",
]
