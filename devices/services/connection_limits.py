"""Devices under a flexible connection hold the limit of the hour, whoever commands (IC-5, DI-1).

The limit is an approved setting: a release gives back to it, and gateways compare with it. When
the hour changes it, or a device was found without it, a release makes the gateway write it. With
it goes when the limit falls and how far: a device that loses its link falls then by itself.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db import transaction

from devices.capabilities import Function
from devices.models import ApprovedSetting, Device, DeviceCommand, FoundSetting
from devices.selectors.unit_limits import limits_by_der
from devices.services.commands import request_commands
from devices.services.orders import CommandOrder
from devices.services.settings import LONGEST_SOURCE, Setting, approve_settings
from devices.statuses import COMMAND_OPEN, CommandStatus
from interconnection.screening.export import Held, UnitLimits
from interconnection.selectors.export_limits import local_time

LIMIT = Function.LIMIT_ACTIVE_POWER
CLOCK = "clock"
SOURCE = "Flexible connection "
# How long one release is tried, and how long after a failed one the next is asked.
RELEASE_LIFE = timedelta(minutes=10)
AGAIN_AFTER = timedelta(minutes=5)
STANDS = frozenset({CommandStatus.VERIFIED, CommandStatus.COMPLETED})


@dataclass(frozen=True, slots=True)
class HourLimit:
    """What one device shall hold now, until when, and what it falls to then by itself, in W."""

    held: Held
    limit_w: int
    holds_until: datetime | None
    afterwards_w: int


@dataclass(frozen=True, slots=True)
class LimitFacts:
    """What is written down of one device's limit; `newest` is its latest command for it.

    `own` is what was last approved for the device itself, whatever its connection allows.
    """

    approved: ApprovedSetting | None = None
    own: ApprovedSetting | None = None
    newest: DeviceCommand | None = None
    found: FoundSetting | None = None

    def of_hour(self, unit: UnitLimits, local: datetime) -> HourLimit:
        """A lower limit that was approved for the device itself stays the lowest."""
        held = unit.at(local)
        limit_w, lowest_w = self._own_w(held.limit_w), self._own_w(unit.lowest_ever().limit_w)
        falls_at = unit.falls_at(local) if lowest_w < limit_w else None
        return HourLimit(held, limit_w, falls_at, lowest_w)

    def _own_w(self, limit_w: int) -> int:
        if self.own is None or not self.own.is_enabled or self.own.value_w is None:
            return limit_w
        return min(limit_w, int(self.own.value_w))

    def says(self, hour: HourLimit) -> bool:
        """Whether the approved setting is that of the hour, by the condition that decides it."""
        one = self.approved
        if one is None or not one.is_enabled:
            return False
        said = (one.value_w, one.holds_until, one.afterwards_w, one.source)
        return said == (hour.limit_w, hour.holds_until, hour.afterwards_w, _source(hour.held))


def keep_connection_limits(*, at: datetime, der_ids: Collection[int] | None = None) -> int:
    """Bring these devices, or all, to the limit of this hour; returns how many were asked.

    May run twice at once and any number of times: what stands already is not asked again, and
    is seen to stand in a few questions for all devices.
    """
    limits = limits_by_der(der_ids)
    devices = list(Device.objects.filter(active_to__isnull=True, der__in=limits).order_by("pk"))
    facts = _facts([device.pk for device in devices])
    local = local_time(at)
    asked = 0
    for device in devices:
        of_unit, known = limits[device.der_id or 0], facts[device.pk]
        hour = known.of_hour(of_unit, local)
        if not (known.says(hour) and is_held(known, hour.limit_w, at)):
            asked += _keep_one(device, of_unit, at)
    return asked


def is_held(facts: LimitFacts, limit_w: int, at: datetime) -> bool:
    """Whether nothing has to be asked: the limit stands, or a command that is as low holds."""
    newest = facts.newest
    if newest is None:
        return False
    if newest.status in COMMAND_OPEN:
        return newest.is_release or _as_low(newest, limit_w)
    if not newest.is_release:
        is_in_force = newest.status == CommandStatus.VERIFIED and newest.expires_at > at
        return is_in_force and _as_low(newest, limit_w)
    if newest.status not in STANDS:
        return newest.requested_by == CLOCK and at < newest.requested_at + AGAIN_AFTER
    if facts.approved is None or newest.requested_at < facts.approved.approved_at:
        return False
    return not _was_lost(facts, newest, at)


def _keep_one(device: Device, of_unit: UnitLimits, at: datetime) -> int:
    with transaction.atomic():
        # One at a time for each device: two clocks must not approve the same hour twice.
        Device.objects.select_for_update(no_key=True).filter(pk=device.pk).first()
        facts = _facts([device.pk])[device.pk]
        hour = facts.of_hour(of_unit, local_time(at))
        if not facts.says(hour):
            facts = replace(facts, approved=_approve(device, hour, at))
        if facts.approved is None or is_held(facts, hour.limit_w, at):
            return 0
        key = f"connection-limit-{device.pk}-{facts.approved.pk}-{int(at.timestamp())}"
        request_commands([_release(device, hour.held, at, key)], at=at, by=CLOCK)
    return 1


def _approve(device: Device, hour: HourLimit, at: datetime) -> ApprovedSetting:
    setting = Setting(
        function=LIMIT.value,
        is_enabled=True,
        value_w=hour.limit_w,
        holds_until=hour.holds_until,
        afterwards_w=hour.afterwards_w,
    )
    (approved,) = approve_settings(
        device_id=device.pk,
        settings=[setting],
        at=at,
        by=hour.held.limit.confirmed_by or CLOCK,
        source=_source(hour.held),
    )
    return approved


def _source(held: Held) -> str:
    return f"{SOURCE}{held.limit.reference}: {held.limit.wording}"[:LONGEST_SOURCE]


def _facts(ids: Collection[int]) -> dict[int, LimitFacts]:
    """Of each device; four questions however many there are."""
    settings = ApprovedSetting.objects.filter(device__in=ids, function=LIMIT)
    own = settings.exclude(source__startswith=SOURCE).order_by("device", "-pk")
    asked = DeviceCommand.objects.filter(device__in=ids, function=LIMIT).exclude(
        status__in=[CommandStatus.CANCELLED, CommandStatus.SUPERSEDED]
    )
    approved = {row.device_id: row for row in settings.filter(ended_at__isnull=True)}
    owned = {row.device_id: row for row in own.distinct("device")}
    newest = {
        row.device_id: row for row in asked.order_by("device", "-sequence").distinct("device")
    }
    found = {
        row.device_id: row for row in FoundSetting.objects.filter(device__in=ids, function=LIMIT)
    }
    return {
        pk: LimitFacts(approved.get(pk), owned.get(pk), newest.get(pk), found.get(pk)) for pk in ids
    }


def _release(device: Device, held: Held, at: datetime, key: str) -> CommandOrder:
    return CommandOrder(
        device_id=device.pk,
        function=LIMIT.value,
        value_w=None,
        is_release=True,
        reversion_s=0,
        not_before=at,
        expires_at=at + RELEASE_LIFE,
        idempotency_key=key,
        reason=f"{SOURCE}{held.limit.reference}: limit of the hour"[:200],
    )


def _as_low(command: DeviceCommand, limit_w: int) -> bool:
    return command.value_w is not None and command.value_w <= limit_w


def _was_lost(facts: LimitFacts, newest: DeviceCommand, at: datetime) -> bool:
    """Whether a slow reading found something else since; asked again a few minutes apart."""
    found = facts.found
    if found is None or found.differs_since is None or newest.verified_at is None:
        return False
    return found.read_at > newest.verified_at and at >= newest.requested_at + AGAIN_AFTER
