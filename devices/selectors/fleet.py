"""The fleet as it is known now, with age and quality of every value."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import QuerySet

from customers.models import Right
from customers.selectors import customers_for
from derms.accounts.models import User
from derms.accounts.roles import Role
from devices.capabilities import (
    DeviceImage,
    FleetImage,
    Function,
    OperatingState,
    Quality,
)
from devices.models import Device, LatestReading, ZoneLease
from devices.selectors.commands import commands_in_force

USABLE = frozenset({Quality.GOOD, Quality.SUBSTITUTED})
EMPTY_PCT, FULL_PCT = 1.0, 99.5


@dataclass(frozen=True, slots=True)
class GatewayState:
    """Who serves a zone, and how it does."""

    zone: str
    owner: str
    fence: int
    is_alive: bool
    heartbeat_age_s: float
    lateness_max_ms: float


def devices_of(ids: Collection[int] | None = None) -> "QuerySet[Device]":
    """Devices in service, with what lists show of them."""
    devices = (
        Device.objects.filter(active_to__isnull=True)
        .select_related("zone", "latest", "der", "usage_point__location")
        .order_by("zone__name", "pk")
    )
    return devices if ids is None else devices.filter(pk__in=ids)


def devices_for(user: User, at: datetime, readers: Collection[Role]) -> "QuerySet[Device]":
    """Every device for these roles; for customers and who represents them theirs."""
    if user.has_role(*readers):
        return Device.objects.all()
    return Device.objects.filter(usage_point__customer__in=customers_for(user, at, Right.READINGS))


def latest_readings(device_ids: Collection[int]) -> dict[int, LatestReading]:
    return LatestReading.objects.in_bulk(list(device_ids))


def is_stale(measured_at: datetime, at: datetime, *, poll_period_s: float = 0) -> bool:
    """Whether a value is too old to act on; slow polls make values old more slowly."""
    allowed_s = max(settings.READING_STALE_S, 3 * poll_period_s)
    return at - measured_at > timedelta(seconds=allowed_s)


def quality_now(latest: LatestReading, at: datetime, *, poll_period_s: float = 0) -> Quality:
    quality = Quality(latest.quality)
    if quality in USABLE and is_stale(latest.measured_at, at, poll_period_s=poll_period_s):
        return Quality.STALE
    return quality


def fleet_image(device_ids: Collection[int], at: datetime) -> FleetImage:
    """What is known of these devices at this moment; those out of service are left out."""
    held: dict[tuple[int, str], int | None] = {
        (command.device_id, command.function): command.value_w
        for command in commands_in_force(device_ids).filter(expires_at__gt=at).order_by("sequence")
    }
    return FleetImage(
        at, {device.pk: _image(device, held, at) for device in devices_of(device_ids)}
    )


def gateways(at: datetime) -> list[GatewayState]:
    leases = ZoneLease.objects.select_related("zone").order_by("zone__name")
    return [
        GatewayState(
            zone=lease.zone.name,
            owner=lease.owner,
            fence=lease.fence,
            is_alive=lease.expires_at > at,
            heartbeat_age_s=max(0.0, (at - lease.heartbeat_at).total_seconds()),
            lateness_max_ms=lease.lateness_max_ms,
        )
        for lease in leases
    ]


def _image(device: Device, held: Mapping[tuple[int, str], int | None], at: datetime) -> DeviceImage:
    latest: LatestReading | None = getattr(device, "latest", None)
    rating = _rating(device)
    limit_w = held.get((device.pk, Function.LIMIT_ACTIVE_POWER))
    set_w = held.get((device.pk, Function.SET_ACTIVE_POWER))
    quality, reason = Quality.BAD, "It has not answered yet."
    if latest is not None:
        quality = quality_now(latest, at, poll_period_s=device.poll_period_s)
        reason = latest.reason
    power_w = latest.active_power_w if latest else None
    soc_pct = latest.state_of_charge_pct if latest else None
    up_w, down_w = None, None
    if quality in USABLE and power_w is not None:
        up_w, down_w = _room(device.kind, power_w, soc_pct, rating, limit_w)
    return DeviceImage(
        device_id=device.pk,
        der_id=device.der_id,
        usage_point_id=device.usage_point_id,
        kind=device.kind,
        rated_w=rating.rated_w,
        charge_max_w=rating.charge_max_w,
        energy_capacity_wh=rating.energy_capacity_wh,
        active_power_w=power_w,
        reactive_power_var=latest.reactive_power_var if latest else None,
        state_of_charge_pct=soc_pct,
        operating_state=OperatingState(latest.operating_state)
        if latest
        else OperatingState.UNKNOWN,
        quality=quality,
        reason=reason,
        measured_at=latest.measured_at if latest else None,
        age_s=max(0.0, (at - latest.measured_at).total_seconds()) if latest else None,
        limit_w=limit_w,
        set_w=set_w,
        available_up_w=up_w,
        available_down_w=down_w,
    )


@dataclass(frozen=True, slots=True)
class _Rating:
    rated_w: float | None
    charge_max_w: float | None
    energy_capacity_wh: float | None


def _rating(device: Device) -> _Rating:
    """What the device says of itself, else what was registered."""
    said: Mapping[str, Any] = device.reported_nameplate
    der = device.der
    rated_w = said.get("active_power_setting_w") or said.get("active_power_max_w")
    charge_w, energy_wh = said.get("charge_max_w"), said.get("energy_capacity_wh")
    if der is not None:
        rated_w = rated_w or der.active_power_rating_at_unity_power_factor_w
        charge_w = charge_w or der.active_power_charge_max_rating_w
        energy_wh = energy_wh or der.energy_capacity_wh
    return _Rating(rated_w, charge_w, energy_wh)


def _room(
    kind: str, power_w: float, soc_pct: float | None, rating: _Rating, limit_w: int | None
) -> tuple[float | None, float | None]:
    """How much more and how much less it could inject now, as far as can be told."""
    if kind == Device.Kind.METER:
        return None, None
    if kind == Device.Kind.BATTERY:
        if soc_pct is None or rating.rated_w is None:
            return None, None
        highest_w = rating.rated_w if soc_pct > EMPTY_PCT else 0.0
        lowest_w = -(rating.charge_max_w or rating.rated_w) if soc_pct < FULL_PCT else 0.0
        return max(0.0, highest_w - power_w), max(0.0, power_w - lowest_w)
    # An inverter gives all the sun allows; under a limit nobody sees how much that would be.
    return (0.0 if limit_w is None else None), max(0.0, power_w)
