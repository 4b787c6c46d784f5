"""Statuses of a DER group and the moves each allows (GR-2)."""

from django.db import models

from derms.lib.lifecycle import Moves


class GroupStatus(models.TextChoices):
    """How far a group's formation or dissolution has come (EPRI figures 5-1 and 5-2)."""

    REQUESTED = "requested", "Requested"
    APPROVED = "approved", "Approved by customer service"
    LIVE = "live", "Live"
    DISSOLUTION_REQUESTED = "dissolution_requested", "Dissolution requested"
    DISSOLVED = "dissolved", "Dissolved"
    REFUSED = "refused", "Refused"


_G = GroupStatus
GROUP_MOVES: Moves = {
    _G.REQUESTED: frozenset({_G.APPROVED, _G.REFUSED}),
    _G.APPROVED: frozenset({_G.LIVE, _G.REFUSED}),
    _G.LIVE: frozenset({_G.DISSOLUTION_REQUESTED}),
    _G.DISSOLUTION_REQUESTED: frozenset({_G.DISSOLVED, _G.LIVE}),
    _G.DISSOLVED: frozenset(),
    _G.REFUSED: frozenset(),
}
# A group that somebody wants dissolved still obeys until it is.
GROUP_IN_SERVICE = frozenset({_G.LIVE, _G.DISSOLUTION_REQUESTED})
GROUP_ENDED = frozenset({_G.DISSOLVED, _G.REFUSED})
GROUP_KINDS: dict[str, str] = {
    _G.REQUESTED: "wait",
    _G.APPROVED: "wait",
    _G.LIVE: "active",
    _G.DISSOLUTION_REQUESTED: "warn",
    _G.DISSOLVED: "off",
    _G.REFUSED: "bad",
}
