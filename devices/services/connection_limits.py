"""Devices under a flexible connection hold the limit of the hour, whoever commands (IC-5, DI-1).

The limit is an approved setting: a release gives back to it, and gateways compare with it. When
the hour changes it, or a device was found without it, a release makes the gateway write it.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from devices.capabilities import Function
from devices.models import ApprovedSetting, Device, DeviceCommand, FoundSetting
from devices.services.commands import request_commands
from devices.services.orders import CommandOrder
from devices.services.settings import Setting, approve_settings
from devices.statuses import COMMAND_OPEN, CommandStatus
from interconnection.screening.export import Held
from interconnection.selectors.export_limits import flexible_limits, local_time

LIMIT = Function.LIMIT_ACTIVE_POWER
CLOCK = "clock"
SOURCE = "Flexible connection "
# How long one release is tried, and how long after a failed one the next is asked.
RELEASE_LIFE = timedelta(minutes=10)
AGAIN_AFTER = timedelta(minutes=5)
STANDS = frozenset({CommandStatus.VERIFIED, CommandStatus.COMPLETED})


@dataclass(frozen=True, slots=True)
class LimitFacts:
    """What is written down of one device's limit; `newest` is its latest command for it."""

    approved: ApprovedSetting
    newest: DeviceCommand | None
    found: FoundSetting | None


def keep_connection_limits(*, at: datetime, der_ids: Collection[int] | None = None) -> int:
    """Bring these devices, or all, to the limit of this hour; returns how many were asked.

    May run twice at once and any number of times: what stands already is not asked again.
    """
    limits = flexible_limits(der_ids)
    devices = Device.objects.filter(active_to__isnull=True, der__in=limits).order_by("pk")
    local = local_time(at)
    held = {device: limits[device.der_id].at(local) for device in devices if device.der_id}
    return sum(_keep_one(device, one, at) for device, one in held.items())


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
    if newest.requested_at < facts.approved.approved_at:
        return False
    return not _was_lost(facts, newest, at)


def _keep_one(device: Device, held: Held, at: datetime) -> int:
    with transaction.atomic():
        # One at a time for each device: two clocks must not approve the same hour twice.
        Device.objects.select_for_update(no_key=True).filter(pk=device.pk).first()
        limit_w = min(held.limit_w, _baseline_w(device, held.limit_w))
        approved = _approve(device, held, limit_w, at)
        facts = LimitFacts(approved, _newest(device), _found(device))
        if is_held(facts, limit_w, at):
            return 0
        key = f"connection-limit-{device.pk}-{approved.pk}-{int(at.timestamp())}"
        request_commands([_release(device, held, at, key)], at=at, by=CLOCK)
    return 1


def _approve(device: Device, held: Held, limit_w: int, at: datetime) -> ApprovedSetting:
    """The setting in force, made anew when it says another value or another condition."""
    source = f"{SOURCE}{held.limit.reference}: {held.limit.wording}"[:200]
    now = ApprovedSetting.objects.filter(
        device=device, function=LIMIT, ended_at__isnull=True
    ).first()
    if now and now.is_enabled and now.value_w == limit_w and now.source == source:
        return now
    setting = Setting(function=LIMIT.value, is_enabled=True, value_w=limit_w)
    (approved,) = approve_settings(
        device_id=device.pk,
        settings=[setting],
        at=at,
        by=held.limit.confirmed_by or CLOCK,
        source=source,
    )
    return approved


def _baseline_w(device: Device, otherwise_w: int) -> int:
    """A lower limit that was approved for the device itself stays the lowest."""
    own = (
        ApprovedSetting.objects.filter(device=device, function=LIMIT)
        .exclude(source__startswith=SOURCE)
        .order_by("-pk")
        .first()
    )
    if own is None or not own.is_enabled or own.value_w is None:
        return otherwise_w
    return int(own.value_w)


def _newest(device: Device) -> DeviceCommand | None:
    asked = DeviceCommand.objects.filter(device=device, function=LIMIT).exclude(
        status__in=[CommandStatus.CANCELLED, CommandStatus.SUPERSEDED]
    )
    return asked.order_by("-sequence").first()


def _found(device: Device) -> FoundSetting | None:
    return FoundSetting.objects.filter(device=device, function=LIMIT).first()


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
