"""Telling the customers of a group's members."""

from collections.abc import Iterable
from datetime import datetime

from django.utils import timezone

from customers.services import queue_notice
from derms.lib.words import Later, day
from groups.models import GroupMembership


def tell_members(members: Iterable[GroupMembership], template: str, *, at: datetime) -> None:
    """Queue `group_joined` or `group_left`; members come with group, DER and customer loaded."""
    for member in members:
        queue_notice(
            customer=member.der.usage_point.customer,
            template=template,
            about=f"membership-{member.pk}",
            context={
                "group": member.group.name,
                "equipment": member.der.name,
                "since": Later(lambda: day(timezone.localtime(at), "full")),
            },
            at=at,
        )
