"""Asking simulated devices for something, as an operator's program does, and waiting for it."""

from datetime import UTC, datetime, timedelta
from typing import Any

from devices.models import Device, DeviceCommand, LatestReading
from devices.services import CommandOrder, request_commands
from tests.devices.running import FleetProcess
from tests.devices.waiting import wait_until


def of_kind(fleet: FleetProcess, kind: str, generation: str = "ieee1547_2018") -> dict[str, Any]:
    return next(
        spec for spec in fleet.devices if spec["kind"] == kind and spec["generation"] == generation
    )


def ask(device: Device, value_w: int | None, **changes: Any) -> DeviceCommand:
    at = datetime.now(tz=UTC)
    facts: dict[str, Any] = {
        "device_id": device.pk,
        "function": "limit_active_power",
        "value_w": value_w,
        "is_release": value_w is None,
        "reversion_s": 60,
        "not_before": at,
        "expires_at": at + timedelta(minutes=5),
        "idempotency_key": f"{device.pk}-{at.timestamp()}",
    }
    return request_commands([CommandOrder(**facts | changes)], at=at, by="olga")[0]


def reaches(command: DeviceCommand, *statuses: str, patience_s: float = 30) -> DeviceCommand:
    def is_there() -> bool:
        command.refresh_from_db()
        return command.status in statuses

    wait_until(is_there, f"{command} is {statuses}", patience_s=patience_s)
    return command


def moves_of(command: DeviceCommand) -> list[str]:
    return [change.new_status for change in command.status_changes.order_by("pk")]


def is_read(device: Device) -> bool:
    return LatestReading.objects.filter(device=device, quality="good").exists()
