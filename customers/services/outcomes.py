"""What became of a notice after it was handed over: delivered, or come back and so a task."""

from datetime import datetime

from customers.channels.phone import Told
from customers.models import Notice
from customers.statuses import NoticeStatus
from derms.lib.lifecycle import MovedMeanwhile, MoveNotAllowed


def record_told(*, notice: Notice, told: Told, provider_id: str, at: datetime) -> Notice:
    """What the provider says; told twice, or too late, it changes nothing."""
    if told.is_delivered is None or (notice.provider_id and notice.provider_id != provider_id):
        return notice
    if told.is_delivered:
        return _move(notice, NoticeStatus.DELIVERED, words=told.words, at=at, by="provider")
    return _move(notice, NoticeStatus.RETURNED, words=told.words, at=at, by="provider")


def record_bounce(*, notice: Notice, words: str, at: datetime) -> Notice:
    """A mail came back: customer service has to reach the customer in another way."""
    return _move(notice, NoticeStatus.RETURNED, words=words, at=at, by="mail")


def _move(notice: Notice, to: NoticeStatus, *, words: str, at: datetime, by: str) -> Notice:
    is_delivered = to == NoticeStatus.DELIVERED
    fields: dict[str, object] = {"last_error": "" if is_delivered else words}
    if is_delivered:
        fields["delivered_at"] = at
    if notice.sent_at is None:
        fields["sent_at"] = at
    try:
        return notice.move(to, at=at, by=by, reason=words, **fields)
    except (MoveNotAllowed, MovedMeanwhile):
        return notice
