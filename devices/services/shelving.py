"""Putting alarms aside for a limited time, with a reason; they come back by themselves."""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.utils import timezone

from derms.lib.errors import InvalidInput
from devices.models import Alarm
from devices.selectors.policy import policy
from devices.services import alarm_statements as statements
from devices.services.alarms import SYSTEM, found_alarm, move_alarms
from devices.statuses import ALARM_ANNOUNCED, AlarmStatus

TIME_IS_OVER = "The time on the shelf is over."


class ShelvingInvalid(InvalidInput):
    """An alarm cannot be put aside like this."""

    code = "shelving_invalid"


def shelve_alarms(
    *, alarm_ids: Collection[int], until: datetime, reason: str, at: datetime, by: str
) -> int:
    """Put these aside, groups with their members; returns how many that moved.

    Raises ShelvingInvalid without a reason, for a time that is over or for too long.
    """
    problems: dict[str, list[str]] = {}
    reason = " ".join(reason.split())[:300]
    longest_h = policy().shelve_max_h
    if not reason:
        problems["reason"] = ["Say why: the next shift reads it."]
    if not at < until <= at + timedelta(hours=longest_h):
        problems["until"] = [f"Choose a time from now on, at most {longest_h} h ahead."]
    if problems:
        raise ShelvingInvalid("The alarms were not shelved.", fields=problems)
    facts = {
        "ids": list(alarm_ids),
        "from": sorted(ALARM_ANNOUNCED),
        "until": until,
        "why": reason,
        "reason": f"Until {timezone.localtime(until):%Y-%m-%d %H:%M %Z}. {reason}",
        "at": at,
        "by": by,
    }
    return len(move_alarms(statements.SHELVE, facts, to=AlarmStatus.SHELVED))


def shelve_alarm(*, alarm_id: int, until: datetime, reason: str, at: datetime, by: str) -> Alarm:
    """Put one aside; raises NotFound and ShelvingInvalid."""
    found_alarm(alarm_id)
    shelve_alarms(alarm_ids=[alarm_id], until=until, reason=reason, at=at, by=by)
    return found_alarm(alarm_id)


def unshelve_alarms(*, alarm_ids: Collection[int], at: datetime, by: str) -> int:
    """Bring these back before their time; without their cause they are thereby cleared."""
    facts = {
        "ids": list(alarm_ids),
        "from": [AlarmStatus.SHELVED],
        "at": at,
        "by": by,
        "reason": "Taken from the shelf.",
    }
    return len(move_alarms(statements.UNSHELVE, facts, to=AlarmStatus.UNACKNOWLEDGED))


def unshelve_alarm(*, alarm_id: int, at: datetime, by: str) -> Alarm:
    """Bring one back; raises NotFound."""
    found_alarm(alarm_id)
    unshelve_alarms(alarm_ids=[alarm_id], at=at, by=by)
    return found_alarm(alarm_id)


def unshelve_what_is_due(*, at: datetime, by: str = SYSTEM) -> int:
    """Bring back everything whose time on the shelf is over."""
    facts = {"at": at, "by": by, "reason": TIME_IS_OVER}
    return len(move_alarms(statements.UNSHELVE_DUE, facts, to=AlarmStatus.UNACKNOWLEDGED))
