"""What happened to one alarm, by whom and why."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from devices.models import Alarm, AlarmMail, AlarmStatusChange
from devices.statuses import AlarmMailStatus, AlarmStatus

_A = AlarmStatus
WORDS = {
    ("", _A.UNACKNOWLEDGED): "Raised",
    (_A.RETURNED, _A.UNACKNOWLEDGED): "Raised again",
    (_A.ACKNOWLEDGED, _A.UNACKNOWLEDGED): "Announced again",
    (_A.SHELVED, _A.UNACKNOWLEDGED): "Back from the shelf, its cause still there",
    (_A.SHELVED, _A.CLEARED): "Back from the shelf and over",
    (_A.UNACKNOWLEDGED, _A.ACKNOWLEDGED): "Acknowledged",
    (_A.UNACKNOWLEDGED, _A.RETURNED): "Returned",
    (_A.ACKNOWLEDGED, _A.CLEARED): "Returned and cleared",
    (_A.RETURNED, _A.CLEARED): "Acknowledged and cleared",
}


@dataclass(frozen=True, slots=True)
class Happening:
    """One entry of the timeline."""

    at: datetime
    who: str
    what: str
    reason: str = ""


def timeline_of(alarm: Alarm) -> list[Happening]:
    """The newest first."""
    moves = AlarmStatusChange.objects.filter(alarm=alarm)
    told = [Happening(move.at, move.by, _words(move), move.reason) for move in moves.order_by("pk")]
    told += _mails(alarm)
    if alarm.chattering_since is not None:
        told.append(
            Happening(
                alarm.chattering_since,
                "alarm watch",
                "Found chattering",
                "It returns only after its cause has kept quiet for a while.",
            )
        )
    return sorted(told, key=lambda entry: entry.at)[::-1]


def _words(move: AlarmStatusChange) -> str:
    if move.new_status == AlarmStatus.SHELVED:
        return "Shelved"
    key = (move.old_status, AlarmStatus(move.new_status))
    return WORDS.get(key, AlarmStatus(move.new_status).label)


def _mails(alarm: Alarm) -> Iterator[Happening]:
    if alarm.escalation is None:
        return
    yield Happening(
        alarm.escalation.at, "alarm watch", "Not acknowledged in time", alarm.escalation.words
    )
    for mail in AlarmMail.objects.filter(escalation=alarm.escalation).order_by("pk"):
        if mail.status == AlarmMailStatus.SENT and mail.sent_at is not None:
            yield Happening(mail.sent_at, "alarm mail", f"Mail sent to {mail.name}")
        elif mail.last_error:
            yield Happening(
                mail.next_attempt_at,
                "alarm mail",
                f"Mail to {mail.name}: {mail.get_status_display().lower()}",
                mail.last_error,
            )
