"""Devices as a gateway would leave them, without a gateway: rows for pages to show."""

from dataclasses import asdict
from datetime import datetime, timedelta
from itertools import pairwise
from math import sin
from typing import Any

from devices.capabilities import Nameplate
from devices.models import (
    ApprovedSetting,
    Device,
    DeviceCommand,
    DeviceCondition,
    FoundSetting,
    LatestReading,
    ZoneLease,
)
from devices.models.moving import CommandMove, move_commands
from devices.services import ReadingRow, import_readings
from devices.services.commands import Wish, request_command

MODELS = (
    (1, 40_002, 66), (701, 40_070, 153), (702, 40_225, 50), (703, 40_277, 17), (704, 40_296, 65),
    (705, 40_363, 57), (706, 40_422, 47), (711, 40_471, 32), (712, 40_505, 44),
    (64_001, 40_551, 20),
)  # fmt: skip
VOLT_VAR = {"points": [[92, 44], [98, 0], [102, 0], [108, -44]], "response_s": 5.0}
VOLT_WATT = {"points": [[100, 100], [106, 100], [110, 0]], "response_s": 10.0}
DROOP = {
    "dead_band_over_hz": 0.036, "dead_band_under_hz": 0.036, "droop_over": 0.05,
    "droop_under": 0.05, "response_s": 5.0,
}  # fmt: skip
ENTER = {
    "voltage_high_pct": 105, "voltage_low_pct": 91.7, "frequency_high_hz": 60.1,
    "frequency_low_hz": 59.5, "delay_s": 300, "random_delay_s": 0, "ramp_s": 300,
}  # fmt: skip


def serve(
    device: Device, at: datetime, *, age_s: float = 0.4, late_ms: float = 6.0, lease_s: float = 10
) -> ZoneLease:
    """A gateway serves the zone; with `age_s` above ten it did once."""
    heartbeat_at = at - timedelta(seconds=age_s)
    lease, _ = ZoneLease.objects.update_or_create(
        zone=device.zone,
        defaults={
            "owner": "sub1:4711:9f2c1a", "fence": 12, "taken_at": at - timedelta(hours=31),
            "expires_at": heartbeat_at + timedelta(seconds=lease_s), "heartbeat_at": heartbeat_at,
            "lateness_max_ms": late_ms, "polls_per_s": 19.6, "connects": 214,
        },
    )  # fmt: skip
    return lease


def discovered(device: Device, *, power_w: float = 8_000, battery: bool = False) -> Device:
    """What a walk and a static poll leave with the device."""
    plate = Nameplate(
        active_power_max_w=power_w, apparent_power_max_va=power_w, active_power_setting_w=power_w,
        reactive_power_injected_max_var=0.44 * power_w, voltage_nominal_v=240,
        reactive_power_absorbed_max_var=0.44 * power_w,
        charge_max_w=power_w if battery else None, discharge_max_w=power_w if battery else None,
        energy_capacity_wh=2 * power_w if battery else None,
    )  # fmt: skip
    device.discovery = {
        "base": 40_000, "unit": 1, "longest_read": 125,
        "models": [{"id": i, "addr": a, "length": n} for i, a, n in MODELS],
        "flags": ["Model 64001 is unknown and was skipped by its length of 20 registers."],
        "learned": {"single_write_function": 16, "longest_read": 125, "pacing_s": 0.0},
    }  # fmt: skip
    device.reported_nameplate = asdict(plate)
    device.save()
    return device


def answer(device: Device, at: datetime, *, age_s: float = 0.6, **values: Any) -> LatestReading:
    measured_at = at - timedelta(seconds=age_s)
    facts: dict[str, Any] = {
        "active_power_w": 4321.0, "reactive_power_var": -812.0, "voltage_v": 124.6,
        "frequency_hz": 60.012, "energy_injected_wh": 12_345_678.0, "operating_state": "producing",
        "quality": "good", "reason": "",
    } | values  # fmt: skip
    latest, _ = LatestReading.objects.update_or_create(
        device=device, defaults={"measured_at": measured_at, "received_at": measured_at} | facts
    )
    return latest


def a_past(device: Device, at: datetime, *, minutes: int = 15, gap_min: int = 3) -> None:
    """A quarter of an hour each five seconds, with a silence in the middle."""
    rows = []
    for second in range(0, 60 * minutes, 5):
        if 60 * 6 <= second < 60 * (6 + gap_min):
            continue
        moment = at - timedelta(minutes=minutes) + timedelta(seconds=second)
        rows.append(
            ReadingRow(
                device_id=device.pk, measured_at=moment, received_at=moment,
                active_power_w=4_500 + 800 * sin(second / 90), reactive_power_var=-700.0,
                voltage_v=122 + 2 * sin(second / 120), frequency_hz=60 + 0.02 * sin(second / 20),
                state_of_charge_pct=55 - second / 300,
            )
        )  # fmt: skip
    import_readings(rows)


def talk(device: Device, at: datetime, **values: Any) -> DeviceCondition:
    facts: dict[str, Any] = {
        "updated_at": at, "supervised_at": at - timedelta(seconds=41), "is_local": False,
        "clock_offset_s": -1.3, "firmware": "4.7.12", "heartbeat_at": at - timedelta(seconds=3),
        "round_trip_ms": 18.4, "polls": 86_213, "failures": 12,
    } | values  # fmt: skip
    condition, _ = DeviceCondition.objects.update_or_create(device=device, defaults=facts)
    return condition


def approve(device: Device, at: datetime, function: str, **values: Any) -> ApprovedSetting:
    facts: dict[str, Any] = {
        "is_enabled": True, "approved_by": "enzo", "approved_at": at - timedelta(days=40),
        "source": "Application A-2026-0007, utility profile of 2026",
    } | values  # fmt: skip
    return ApprovedSetting.objects.create(device=device, function=function, **facts)


def find(device: Device, at: datetime, function: str, **values: Any) -> FoundSetting:
    facts = {"is_enabled": True, "read_at": at - timedelta(seconds=37)} | values
    found, _ = FoundSetting.objects.update_or_create(
        device=device, function=function, defaults=facts
    )
    return found


def settings_in_order(device: Device, at: datetime) -> None:
    """Approved and found alike, as on most days."""
    for function, parameters in (
        ("volt_var", VOLT_VAR), ("volt_watt", VOLT_WATT), ("frequency_droop", DROOP),
        ("enter_service", ENTER),
    ):  # fmt: skip
        approve(device, at, function, parameters=parameters)
        find(device, at, function, parameters=parameters)
    for function in ("limit_active_power", "set_active_power", "connect", "fixed_power_factor"):
        find(device, at, function, is_enabled=False)


def drifted(device: Device, at: datetime) -> FoundSetting:
    """Somebody changed the curve on site."""
    return find(
        device, at, "volt_var",
        parameters={"points": [[94, 30], [97, 0], [103, 0], [107, -30]], "response_s": 5.0},
        differs_since=at - timedelta(minutes=14),
        difference="Found 94:30, 97:0, 103:0, 107:−30; approved by enzo on 4 May 2026 was "
        "92:44, 98:0, 102:0, 108:−44.",
    )  # fmt: skip


def ask(
    device: Device, at: datetime, function: str = "limit_active_power", *, by: str = "olga",
    key: str = "hand-1", reason: str = "Voltage on the lateral", **values: Any,
) -> DeviceCommand:  # fmt: skip
    facts: dict[str, Any] = {"value_w": 3_000, "duration_s": 1_800} | values
    wish = Wish(device_id=device.pk, function=function, reason=reason, **facts)
    return request_command(wish=wish, request_key=key, at=at, by=by)


def carry(command: DeviceCommand, at: datetime, *, until: str = "verified") -> DeviceCommand:
    """What a gateway records on the way to `until`."""
    way = ["queued", "leased", "sent", "verified", "completed"]
    facts: dict[str, dict[str, Any]] = {
        "sent": {
            "sent_at": at, "register_address": 40_301, "attempts": 1,
            "registers_written": [1, 375, 1000, 0, 0, 600],
        },
        "verified": {"verified_at": at, "registers_read_back": [1, 375, 1000, 0, 0, 599]},
        "completed": {"ended_at": at},
    }  # fmt: skip
    for old, new in pairwise(way[: way.index(until) + 1]):
        move_commands([CommandMove(command.pk, old, new, at, "gateway", facts=facts.get(new, {}))])
        at += timedelta(milliseconds=140)
    command.refresh_from_db()
    return command
