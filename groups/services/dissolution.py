"""Dissolving a group, as it was formed: asked for, confirmed by customer service (GR-2)."""

from datetime import datetime

from django.db import transaction

from derms.lib.errors import InvalidInput
from derms.lib.live import publish_after_commit
from groups.models import DERGroup
from groups.services.telling import tell_members
from groups.signals import dissolution_requested
from groups.statuses import GroupStatus


def request_dissolution(*, group: DERGroup, reason: str, at: datetime, by: str) -> DERGroup:
    """Ask for the end of a group; refused while a dispatch is in force."""
    if not reason.strip():
        words = "Say why the group is to be dissolved."
        raise InvalidInput(words, fields={"reason": [words]})
    with transaction.atomic():
        _ask_the_floors_above(group, at)
        group.move(GroupStatus.DISSOLUTION_REQUESTED, at=at, by=by, reason=reason.strip())
        publish_after_commit("groups", {"id": group.pk})
    return group


def keep_group(*, group: DERGroup, reason: str, at: datetime, by: str) -> DERGroup:
    """Customer service declines the dissolution; the group stays live."""
    if not reason.strip():
        words = "Say why the group stays."
        raise InvalidInput(words, fields={"reason": [words]})
    with transaction.atomic():
        group.move(GroupStatus.LIVE, at=at, by=by, reason=reason.strip())
        publish_after_commit("groups", {"id": group.pk})
    return group


def dissolve_group(*, group: DERGroup, at: datetime, by: str) -> DERGroup:
    """End every membership and tell the customers; refused while a dispatch is in force."""
    with transaction.atomic():
        _ask_the_floors_above(group, at)
        group.move(GroupStatus.DISSOLVED, at=at, by=by)
        members = list(
            group.memberships.filter(active_to=None).select_related(
                "group", "der__usage_point__customer"
            )
        )
        group.memberships.filter(active_to=None).update(active_to=at)
        tell_members(members, "group_left", at=at)
        publish_after_commit("groups", {"id": group.pk})
    return group


def _ask_the_floors_above(group: DERGroup, at: datetime) -> None:
    """Hold the group's row, so that no dispatch begins meanwhile; a receiver may refuse."""
    DERGroup.objects.select_for_update().get(pk=group.pk)
    dissolution_requested.send(sender=DERGroup, group=group, at=at)
