"""DER that leave a company's groups because their customer no longer lets it act (TP-1, TP-2)."""

from datetime import datetime

from django.db import transaction

from derms.lib.live import publish_after_commit
from groups.models import GroupMembership
from groups.selectors import lost_memberships
from groups.services.telling import tell_members


def end_lost_memberships(*, at: datetime) -> int:
    """End what no consent covers any more and return how many; the customers are told.

    A dispatch in force goes on to its end: it holds its own set-points. What was only asked for
    is taken back.
    """
    with transaction.atomic():
        lost = list(lost_memberships(at).select_for_update(of=("self",)))
        live = [member for member in lost if member.active_from is not None]
        GroupMembership.objects.filter(pk__in=[member.pk for member in live]).update(active_to=at)
        tell_members(live, "group_left", at=at)
        for group_id in sorted({member.group_id for member in lost}):
            publish_after_commit("groups", {"id": group_id})
        GroupMembership.objects.filter(
            pk__in=[member.pk for member in lost], active_from=None
        ).delete()
    return len(lost)
