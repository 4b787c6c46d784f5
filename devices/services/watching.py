"""The periodic look over the fleet: what no gateway needs to be alive for (DV-5, DI-3).

A look costs a fixed number of statements, however many devices there are.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import DatabaseError, connection, transaction

from devices.capabilities import Function
from devices.models import DeviceCommand, Zone, ZoneLease
from devices.services.alarms import announce, return_what_is_over
from devices.services.causes import CAUSES
from devices.services.causes.communication import GATEWAY_SILENT_AFTER
from devices.services.commands import (
    complete_releases,
    expire_commands,
    request_commands,
    ring_zones,
)
from devices.services.escalation import escalate
from devices.services.floods import fold_floods, mark_chattering
from devices.services.orders import CommandOrder
from devices.services.shelving import unshelve_what_is_due
from devices.services.signs import LOST_AFTER_S, forget_signs, note_signs
from devices.statuses import COMMAND_OPEN, CommandStatus

logger = logging.getLogger(__name__)
STILL_HELD_AFTER = timedelta(seconds=5)
REFUSED_FOR = timedelta(hours=1)
HEARD_WITHIN = timedelta(seconds=LOST_AFTER_S)
# Only one look at a time: the next would find the same.
LOOK = 0x616C61726D


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
    _note_silent_zones(at)
    raised, returned = look_for_alarms(at=at)
    return Watch(expired, released, raised, returned)


def look_for_alarms(*, at: datetime) -> tuple[int, int]:
    """Note what there is, and move every alarm accordingly; how many were raised and returned."""
    with transaction.atomic():
        if not _is_alone():
            return 0, 0
        _plan_for_many()
        for cause in CAUSES:
            try:
                with transaction.atomic():
                    note_signs(cause(at), at=at)
            except DatabaseError:
                # What cannot be looked at must not silence all the rest.
                logger.exception("cause_not_judged cause=%s", cause.__name__)
        unshelve_what_is_due(at=at)
        raised = len(announce(at=at))
        mark_chattering(at=at)
        returned = len(return_what_is_over(at=at))
        fold_floods(at=at)
        escalate(at=at)
        forget_signs(at=at)
    return raised, returned


def _plan_for_many() -> None:
    """Until the end of the transaction, join by hashing whatever can be.

    A storm comes faster than PostgreSQL's statistics: for the few rows it remembers it would walk
    one table for each row of another, and need minutes for what takes a second.
    """
    with connection.cursor() as cursor:
        cursor.execute("set local enable_nestloop = off")
        cursor.execute("set local enable_mergejoin = off")
        cursor.execute("set local jit = off")


def _is_alone() -> bool:
    """Until the end of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_xact_lock(%s)", [LOOK])
        return bool(cursor.fetchone()[0])


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
            device__latest__measured_at__gt=at - HEARD_WITHIN,
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
        )
        .values_list("device__zone__name", flat=True)
        .distinct()
    )


def _note_silent_zones(at: datetime) -> None:
    """The zones nobody serves; it is kept since when, so that a start-up is no alarm."""
    served = ZoneLease.objects.filter(heartbeat_at__gt=at - GATEWAY_SILENT_AFTER)
    zones = Zone.objects.filter(devices__active_to__isnull=True).distinct()
    silent = zones.exclude(pk__in=served.values("zone_id"))
    silent.filter(unserved_since__isnull=True).update(unserved_since=at)
    Zone.objects.filter(pk__in=served.values("zone_id"), unserved_since__isnull=False).update(
        unserved_since=None
    )
