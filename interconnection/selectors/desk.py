"""What happened to one application, for the desk."""

from dataclasses import dataclass
from datetime import datetime

from customers.models import Notice
from interconnection.models import InterconnectionApplication
from interconnection.statuses import ApplicationStatus


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One thing that happened to an application."""

    at: datetime
    who: str
    what: str
    reason: str


def timeline(application: InterconnectionApplication) -> list[Entry]:
    """Moves and notices, newest first."""
    words = dict(ApplicationStatus.choices)
    entries = [
        Entry(
            at=change.at,
            who=change.by,
            what=str(words.get(ApplicationStatus(change.new_status), change.new_status)),
            reason=change.reason,
        )
        for change in application.moves_in_order()
    ]
    about = Notice.objects.filter(about__startswith=f"{application.reference}/")
    entries += [
        Entry(
            at=notice.created_at,
            who=f"by {notice.get_channel_display().lower()}",
            what=f"Notice: {notice.subject}",
            reason=f"{notice.get_status_display()}. {notice.last_error}".strip(),
        )
        for notice in about.order_by("pk")
    ]
    return sorted(entries, key=lambda entry: entry.at, reverse=True)
