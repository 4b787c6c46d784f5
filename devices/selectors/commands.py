"""What was asked of devices and how far it has come."""

from collections.abc import Collection

from django.db.models import QuerySet

from devices.models import CommandStatusChange, DeviceCommand
from devices.statuses import CommandStatus


def commands_for(device_ids: Collection[int] | None = None) -> "QuerySet[DeviceCommand]":
    """Commands of these devices, or of all, the newest first."""
    commands = DeviceCommand.objects.select_related("device__zone").order_by("-pk")
    return commands if device_ids is None else commands.filter(device_id__in=device_ids)


def commands_in_force(device_ids: Collection[int]) -> "QuerySet[DeviceCommand]":
    """Verified commands that hold their devices to something now."""
    return DeviceCommand.objects.filter(
        device_id__in=device_ids, status=CommandStatus.VERIFIED, is_release=False
    )


def history_of(command: DeviceCommand) -> "QuerySet[CommandStatusChange]":
    return CommandStatusChange.objects.filter(command=command).order_by("pk")
