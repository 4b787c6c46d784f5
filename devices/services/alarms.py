"""Alarms: one for each cause and place, raised once, returned, seen by a person (DV-5)."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q

from derms.lib import live
from derms.lib.errors import NotFound
from devices.models import Alarm, AlarmStatusChange, Device, DeviceCommand
from devices.statuses import ALARM_ACTIVE, AlarmStatus
from interconnection.models import Feeder

SYSTEM = "alarm watch"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmFact:
    """What is wrong, where. Priority 1 is the most urgent, 4 the least."""

    kind: str
    priority: int
    message: str
    device_id: int | None = None
    feeder_id: int | None = None
    command_id: int | None = None
    value: float | None = None
    limit: float | None = None
    unit: str = ""

    @property
    def place(self) -> tuple[str, int | None, int | None]:
        return (self.kind, self.device_id, None if self.device_id else self.feeder_id)


def raise_alarms(facts: Iterable[AlarmFact], *, at: datetime, by: str = SYSTEM) -> list[Alarm]:
    """Raise what is not raised yet; returns the alarms that began or came back now."""
    wanted = {fact.place: fact for fact in facts}
    if not wanted:
        return []
    with transaction.atomic():
        held = {_place(alarm): alarm for alarm in _not_cleared(wanted)}
        fresh = Alarm.objects.bulk_create(
            [_alarm(fact, at) for place, fact in wanted.items() if place not in held],
            ignore_conflicts=False,
        )
        back = [
            alarm
            for place, alarm in held.items()
            if place in wanted and alarm.status == AlarmStatus.RETURNED
        ]
        _move_all(back, AlarmStatus.UNACKNOWLEDGED, at=at, by=by, raised_at=at, returned_at=None)
        _announce(fresh)
    return [*fresh, *back]


def record_alarm(
    *, kind: str, device: Device | None, priority: int, message: str, at: datetime, by: str = SYSTEM
) -> Alarm | None:
    """Raise one alarm; None when it stands already."""
    device_id = device.pk if device else None
    fact = AlarmFact(kind=kind, priority=priority, message=message, device_id=device_id)
    return next(iter(raise_alarms([fact], at=at, by=by)), None)


def return_alarms(alarms: Collection[Alarm], *, at: datetime, by: str = SYSTEM) -> int:
    """Note that the causes are gone; what was acknowledged is thereby cleared."""
    with transaction.atomic():
        seen = [a for a in alarms if a.status == AlarmStatus.ACKNOWLEDGED]
        unseen = [a for a in alarms if a.status == AlarmStatus.UNACKNOWLEDGED]
        moved = _move_all(seen, AlarmStatus.CLEARED, at=at, by=by, returned_at=at)
        return moved + _move_all(unseen, AlarmStatus.RETURNED, at=at, by=by, returned_at=at)


def return_alarm(*, kind: str, device: Device, at: datetime, by: str = SYSTEM) -> int:
    """Note that the cause of one device's alarm is gone; 0 when there was none."""
    alarms = Alarm.objects.filter(kind=kind, device=device, status__in=ALARM_ACTIVE)
    return return_alarms(list(alarms), at=at, by=by)


def acknowledge_alarm(*, alarm_id: int, at: datetime, by: str) -> Alarm:
    """Note that a person has seen it; a returned alarm is thereby cleared.

    Acknowledging twice changes nothing. Raises NotFound.
    """
    alarm = Alarm.objects.filter(pk=alarm_id).first()
    if alarm is None:
        raise NotFound(f"There is no alarm {alarm_id}.")
    if alarm.status in {AlarmStatus.ACKNOWLEDGED, AlarmStatus.CLEARED}:
        return alarm
    is_active = alarm.status == AlarmStatus.UNACKNOWLEDGED
    to = AlarmStatus.ACKNOWLEDGED if is_active else AlarmStatus.CLEARED
    with transaction.atomic():
        alarm.move(to, at=at, by=by, acknowledged_at=at, acknowledged_by=by)
        _announce([alarm])
    return alarm


def _alarm(fact: AlarmFact, at: datetime) -> Alarm:
    return Alarm(
        kind=fact.kind,
        device_id=fact.device_id,
        feeder_id=fact.feeder_id,
        command_id=fact.command_id,
        priority=fact.priority,
        message=fact.message[:200],
        value=fact.value,
        limit=fact.limit,
        unit=fact.unit,
        raised_at=at,
    )


def _place(alarm: Alarm) -> tuple[str, int | None, int | None]:
    return (alarm.kind, alarm.device_id, None if alarm.device_id else alarm.feeder_id)


def _not_cleared(places: Collection[tuple[str, int | None, int | None]]) -> Iterable[Alarm]:
    devices = {device for _, device, _ in places if device is not None}
    feeders = {feeder for _, device, feeder in places if device is None}
    return (
        Alarm.objects.filter(kind__in={kind for kind, _, _ in places})
        .filter(Q(device_id__in=devices) | Q(device_id__isnull=True, feeder_id__in=feeders))
        .exclude(status=AlarmStatus.CLEARED)
        .select_for_update(of=("self",), no_key=True)
        .order_by("pk")
    )


def _move_all(alarms: Sequence[Alarm], to: str, *, at: datetime, by: str, **fields: Any) -> int:
    """The same as `move()` on each, in two statements; the table's trigger guards it as well."""
    if not alarms:
        return 0
    held = {
        alarm.pk: alarm.status
        for alarm in Alarm.objects.filter(pk__in=[a.pk for a in alarms])
        .select_for_update(no_key=True)
        .order_by("pk")
    }
    moving = [alarm for alarm in alarms if held.get(alarm.pk) == alarm.status]
    Alarm.objects.filter(pk__in=[alarm.pk for alarm in moving]).update(status=to, **fields)
    AlarmStatusChange.objects.bulk_create(
        AlarmStatusChange(alarm=alarm, old_status=alarm.status, new_status=to, at=at, by=by)
        for alarm in moving
    )
    for alarm in moving:
        alarm.status = to
    _announce(moving)
    return len(moving)


def _announce(alarms: Sequence[Alarm]) -> None:
    payloads = [{"id": alarm.pk, "status": str(alarm.status)} for alarm in alarms]
    transaction.on_commit(lambda: live.publish_many("alarms", payloads), robust=True)


def command_failed_fact(command: DeviceCommand) -> AlarmFact:
    return AlarmFact(
        kind=Alarm.Kind.COMMAND_FAILED,
        priority=2,
        device_id=command.device_id,
        command_id=command.pk,
        message=f"Command {command.pk} failed: {command.fault}",
    )


def gateway_silent_fact(feeder: Feeder, since: datetime | None) -> AlarmFact:
    told = f"since {since:%Y-%m-%d %H:%M:%S} UTC" if since else "so far"
    return AlarmFact(
        kind=Alarm.Kind.GATEWAY_SILENT,
        priority=1,
        feeder_id=feeder.pk,
        message=f"No gateway has served zone {feeder.name.lower()} {told}: its values are old.",
    )
