"""What was asked of devices and how far it has come."""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db.models import Prefetch, QuerySet

from devices.models import CommandStatusChange, DeviceCommand
from devices.statuses import CommandStatus


def commands_for(device_ids: Collection[int] | None = None) -> "QuerySet[DeviceCommand]":
    """Commands of these devices, or of all, the newest first."""
    commands = DeviceCommand.objects.select_related("device__zone").order_by("-pk")
    return commands if device_ids is None else commands.filter(device_id__in=device_ids)


def command_log(device_id: int) -> "QuerySet[DeviceCommand]":
    """Everything ever asked of one device, the newest first, with every move it made."""
    moves = Prefetch("status_changes", CommandStatusChange.objects.order_by("pk"), to_attr="moves")
    return (
        DeviceCommand.objects.filter(device_id=device_id)
        .prefetch_related(moves)
        .order_by("-sequence")
    )


def commands_in_force(device_ids: Collection[int]) -> "QuerySet[DeviceCommand]":
    """Verified commands that hold their devices to something now."""
    return DeviceCommand.objects.filter(
        device_id__in=device_ids, status=CommandStatus.VERIFIED, is_release=False
    )


def timer_ends_at(command: DeviceCommand) -> datetime | None:
    """When the device lets go by its own timer if nobody writes again; None before a write."""
    written = [moment for moment in (command.sent_at, command.refreshed_at) if moment is not None]
    if command.is_release or not written:
        return None
    return max(written) + timedelta(seconds=command.reversion_s)


def history_of(command: DeviceCommand) -> "QuerySet[CommandStatusChange]":
    return CommandStatusChange.objects.filter(command=command).order_by("pk")
