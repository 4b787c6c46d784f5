"""The periodic look over the fleet: what no gateway needs to be alive for (DV-5, DI-3)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F, Q, QuerySet

from devices.capabilities import Function, OperatingState
from devices.models import Alarm, Device, DeviceCommand, LatestReading, Zone, ZoneLease
from devices.services.alarms import (
    AlarmFact,
    command_failed_fact,
    gateway_silent_fact,
    raise_alarms,
    return_alarms,
)
from devices.services.commands import (
    complete_releases,
    expire_commands,
    request_commands,
    ring_zones,
)
from devices.services.orders import CommandOrder
from devices.statuses import ALARM_ACTIVE, COMMAND_OPEN, CommandStatus
from interconnection.models import Feeder

MISSED_POLLS = 5
LOST_AFTER_AT_LEAST = timedelta(seconds=10)
GATEWAY_SILENT_AFTER = timedelta(seconds=30)
# A gateway that has just begun needs a while to reach a large fleet.
STARTING = timedelta(seconds=30)
STILL_HELD_AFTER = timedelta(seconds=5)
REFUSED_FOR = timedelta(hours=1)
FAILURES_FROM = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Watch:
    """What one look did."""

    expired: int
    released: int
    raised: int
    returned: int


def watch_devices(*, at: datetime) -> Watch:
    """Expire commands, release what should have been let go, raise and return alarms."""
    expired = expire_commands(at=at)
    complete_releases(at=at)
    released = _release_what_is_still_held(at=at)
    _ring_where_commands_wait(at=at)
    silent = _note_silent_zones(at)
    raised = returned = 0
    served = Device.objects.filter(active_to__isnull=True).exclude(zone__in=silent)
    for facts, over in (
        _gateways(at),
        _communication(served, at),
        _faults(served),
        _failed_commands(at),
    ):
        raised += len(raise_alarms(facts, at=at))
        returned += return_alarms(over, at=at)
    return Watch(expired, released, raised, returned)


def _release_what_is_still_held(*, at: datetime) -> int:
    """A device without a timer of its own would hold on for ever: release it, if it answers."""
    newer = DeviceCommand.objects.filter(status__in=COMMAND_OPEN).values_list(
        "device_id", "function"
    )
    # A setting that has no off may be impossible to give back: said once an hour is enough.
    refused = DeviceCommand.objects.filter(
        status=CommandStatus.FAILED,
        is_release=True,
        function__in=[Function.RAMP_RATE, Function.ENTER_SERVICE],
        ended_at__gt=at - REFUSED_FOR,
    ).values_list("device_id", "function")
    waiting = {*newer, *refused}
    overdue = [
        command
        for command in DeviceCommand.objects.filter(
            status=CommandStatus.VERIFIED,
            is_release=False,
            expires_at__lte=at - STILL_HELD_AFTER,
            device__active_to__isnull=True,
            device__latest__measured_at__gt=at - LOST_AFTER_AT_LEAST,
        ).order_by("pk")[:1000]
        if (command.device_id, command.function) not in waiting
    ]
    orders = [
        CommandOrder(
            device_id=command.device_id,
            function=command.function,
            value_w=None,
            reversion_s=0,
            is_release=True,
            not_before=at,
            expires_at=at + timedelta(minutes=10),
            idempotency_key=f"end-of-{command.pk}-{at:%Y%m%d%H%M}",
            reason=f"Command {command.pk} is over and the device still holds it.",
        )
        for command in overdue
    ]
    if orders:
        request_commands(orders, at=at, by="clock")
    return len(orders)


def _ring_where_commands_wait(*, at: datetime) -> None:
    ring_zones(
        DeviceCommand.objects.filter(
            status=CommandStatus.QUEUED, not_before__lte=at, expires_at__gt=at
        ).values_list("device__zone__name", flat=True)
    )


def _note_silent_zones(at: datetime) -> list[Zone]:
    """The zones nobody serves; it is kept since when, so that a start-up is no alarm."""
    served = ZoneLease.objects.filter(heartbeat_at__gt=at - GATEWAY_SILENT_AFTER)
    zones = Zone.objects.filter(devices__active_to__isnull=True).distinct()
    silent = zones.exclude(pk__in=served.values("zone_id"))
    silent.filter(unserved_since__isnull=True).update(unserved_since=at)
    Zone.objects.filter(pk__in=served.values("zone_id")).update(unserved_since=None)
    return list(silent)


def _gateways(at: datetime) -> tuple[list[AlarmFact], list[Alarm]]:
    silent = Zone.objects.filter(unserved_since__lte=at - GATEWAY_SILENT_AFTER)
    names = {zone.name for zone in silent}
    seen_at = dict(
        ZoneLease.objects.filter(zone__in=silent).values_list("zone__name", "heartbeat_at")
    )
    feeders = [feeder for feeder in Feeder.objects.all() if feeder.name.lower() in names]
    facts = [gateway_silent_fact(feeder, seen_at.get(feeder.name.lower())) for feeder in feeders]
    over = Alarm.objects.filter(kind=Alarm.Kind.GATEWAY_SILENT, status__in=ALARM_ACTIVE).exclude(
        feeder__in=feeders
    )
    return facts, list(over)


def _communication(served: "QuerySet[Device]", at: datetime) -> tuple[list[AlarmFact], list[Alarm]]:
    """Lost after several missed polls, counted from when its gateway was well under way."""
    facts, well = [], []
    for device in served.annotate(
        heard_at=F("latest__measured_at"),
        why=F("latest__reason"),
        served_from=F("zone__lease__taken_at"),
    ):
        allowed = max(LOST_AFTER_AT_LEAST, timedelta(seconds=device.poll_period_s * MISSED_POLLS))
        heard_at = device.heard_at or device.active_from
        if at - heard_at <= allowed:
            well.append(device.pk)
            continue
        if device.served_from is not None and at - device.served_from <= STARTING:
            continue
        told = f"silent since {heard_at:%H:%M:%S} UTC" if device.heard_at else "never answered"
        facts.append(
            AlarmFact(
                kind=Alarm.Kind.LOST_COMMUNICATION,
                priority=3,
                device_id=device.pk,
                message=f"{device}: {told}. {device.why or ''}".strip(),
            )
        )
    return facts, _active(Alarm.Kind.LOST_COMMUNICATION, Q(device_id__in=well))


def _faults(served: "QuerySet[Device]") -> tuple[list[AlarmFact], list[Alarm]]:
    latest = LatestReading.objects.filter(device__in=served)
    is_faulty = Q(operating_state=OperatingState.FAULT) | ~Q(alarm_bits=0)
    facts = [
        AlarmFact(
            kind=Alarm.Kind.DEVICE_FAULT,
            priority=2,
            device_id=reading.device_id,
            value=float(reading.alarm_bits),
            message=f"{reading.device} reports a fault (state {reading.operating_state}, "
            f"alarm bits {reading.alarm_bits:#x}).",
        )
        for reading in latest.filter(is_faulty).select_related("device")
    ]
    well = latest.exclude(is_faulty).values("device_id")
    return facts, _active(Alarm.Kind.DEVICE_FAULT, Q(device_id__in=well))


def _failed_commands(at: datetime) -> tuple[list[AlarmFact], list[Alarm]]:
    """A failure stands until a newer command of the same device was verified."""
    recent = Q(ended_at__gt=at - FAILURES_FROM)
    newest: dict[int, DeviceCommand] = {}
    for command in (
        DeviceCommand.objects.filter(
            (Q(status=CommandStatus.FAILED) & recent) | Q(verified_at__gt=at - FAILURES_FROM)
        )
        .order_by("device_id", "-sequence")
        .distinct("device_id")
    ):
        newest[command.device_id] = command
    known = set(
        Alarm.objects.filter(command__in=[c.pk for c in newest.values()]).values_list(
            "command_id", flat=True
        )
    )
    facts = [
        command_failed_fact(command)
        for command in newest.values()
        if command.status == CommandStatus.FAILED and command.pk not in known
    ]
    well = [pk for pk, c in newest.items() if c.status != CommandStatus.FAILED]
    return facts, _active(Alarm.Kind.COMMAND_FAILED, Q(device_id__in=well))


def _active(kind: str, where: Q) -> list[Alarm]:
    return list(Alarm.objects.filter(where, kind=kind, status__in=ALARM_ACTIVE))
