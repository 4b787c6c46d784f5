"""Alarms: one for each cause and place, raised once, returned, seen by a person (DV-5)."""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from derms.lib import live
from derms.lib.errors import NotFound
from devices.models import Alarm, Device
from devices.selectors.policy import policy
from devices.services import alarm_statements as statements
from devices.statuses import AlarmStatus

SYSTEM = "alarm watch"
# Above this only the number is told: browsers fetch their list again anyway.
TOLD_ONE_BY_ONE = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmFact:
    """What is wrong, where. Priority 1 is the most urgent, 4 the least.

    `cause` tells causes of one kind at one place apart; `place` is the device's when not given.
    """

    kind: str
    priority: int
    message: str
    cause: str = ""
    place: str = field(default="")
    device_id: int | None = None
    feeder_id: int | None = None
    command_id: int | None = None
    value: float | None = None
    limit: float | None = None
    unit: str = ""

    def as_row(self) -> dict[str, Any]:
        where = self.place or place_of(self.device_id, self.feeder_id)
        # Words of a device may hold what PostgreSQL's text cannot.
        words = self.message.replace("\0", "")[:400]
        return asdict(self) | {"place": where, "message": words}


def place_of(device_id: int | None, feeder_id: int | None = None) -> str:
    if device_id is not None:
        return f"device {device_id}"
    return "fleet" if feeder_id is None else f"feeder {feeder_id}"


def raise_alarms(facts: Iterable[AlarmFact], *, at: datetime, by: str = SYSTEM) -> list[Alarm]:
    """Raise what is not raised yet; returns the alarms that began or came back now."""
    rows = {(row["kind"], row["cause"], row["place"]): row for row in (f.as_row() for f in facts)}
    if not rows:
        return []
    with transaction.atomic():
        with connection.cursor() as cursor:
            given: dict[str, Any] = {"facts": json.dumps(list(rows.values())), "at": at}
            cursor.execute(statements.NOTE_FACTS, given)
        begun = announce(at=at, by=by)
    return list(Alarm.objects.filter(pk__in=begun).order_by("pk"))


def record_alarm(
    *, kind: str, device: Device, priority: int, message: str, at: datetime, by: str = SYSTEM
) -> Alarm | None:
    """Raise one alarm; None when it stands already."""
    fact = AlarmFact(kind=kind, priority=priority, message=message, device_id=device.pk)
    return next(iter(raise_alarms([fact], at=at, by=by)), None)


def return_alarm(
    *, kind: str, device: Device, at: datetime, by: str = SYSTEM, cause: str = ""
) -> int:
    """Note that a cause at one device is gone; 0 when there was none."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            where: dict[str, Any] = {"kind": kind, "cause": cause, "place": place_of(device.pk)}
            cursor.execute(statements.END_SIGN, where | {"at": at})
        return len(return_what_is_over(at=at, by=by))


def announce(*, at: datetime, by: str = SYSTEM) -> list[int]:
    """Raise an alarm for each cause that has been there for its delay; the ids raised now."""
    return _move(statements.ANNOUNCE, {"at": at, "by": by}, AlarmStatus.UNACKNOWLEDGED)


def return_what_is_over(*, at: datetime, by: str = SYSTEM) -> list[int]:
    """Return the alarms whose cause has been gone for its delay; seen ones are thereby cleared."""
    quiet_s = policy().chatter_quiet_s
    facts = {"at": at, "by": by, "quiet_s": quiet_s}
    return _move(statements.RETURN, facts, AlarmStatus.RETURNED)


def acknowledge_alarms(*, alarm_ids: Collection[int], at: datetime, by: str) -> int:
    """Note that a person has seen these, groups with their members; how many that moved.

    What has returned is thereby cleared. Acknowledging twice changes nothing.
    """
    facts = {
        "ids": list(alarm_ids),
        "from": [AlarmStatus.UNACKNOWLEDGED, AlarmStatus.RETURNED],
        "at": at,
        "by": by,
        "reason": "",
    }
    return len(_move(statements.ACKNOWLEDGE, facts, AlarmStatus.ACKNOWLEDGED))


def acknowledge_alarm(*, alarm_id: int, at: datetime, by: str) -> Alarm:
    """Note that a person has seen it; a returned alarm is thereby cleared.

    Acknowledging twice changes nothing. Raises NotFound.
    """
    found_alarm(alarm_id)
    acknowledge_alarms(alarm_ids=[alarm_id], at=at, by=by)
    return found_alarm(alarm_id)


def found_alarm(alarm_id: int) -> Alarm:
    alarm = Alarm.objects.filter(pk=alarm_id).first()
    if alarm is None:
        raise NotFound(f"There is no alarm {alarm_id}.")
    return alarm


def move_alarms(statement: str, facts: Mapping[str, Any], *, to: str) -> list[int]:
    """Run one of `alarm_statements` and tell browsers after the commit; the ids moved."""
    return _move(statement, facts, to)


def _move(statement: str, facts: Mapping[str, Any], to: str) -> list[int]:
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(statement, facts)
            ids = [row[0] for row in cursor.fetchall()]
        _announce_after_commit(ids, to)
    return ids


def _announce_after_commit(ids: Collection[int], status: str) -> None:
    if not ids:
        return
    payloads: list[dict[str, Any]] = [{"id": pk, "status": str(status)} for pk in ids]
    if len(payloads) > TOLD_ONE_BY_ONE:
        payloads = [{"count": len(ids), "status": str(status)}]
    transaction.on_commit(lambda: live.publish_many("alarms", payloads), robust=True)
