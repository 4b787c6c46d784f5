"""Plays the gateway: moves commands as a worker that has written and read back would."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from devices.models import DeviceCommand
from devices.statuses import CommandStatus
from dispatch.models import DERGroupDispatch
from dispatch.services.selection import Wish


def wish(
    at: datetime,
    *,
    function: str = "limit_active_power",
    target_w: int = 10_000,
    minutes: int = 30,
    reason: str = "Voltage on F12",
) -> Wish:
    return Wish(
        function=function,
        target_w=target_w,
        ends_at=at + timedelta(minutes=minutes),
        reason=reason,
    )


def commands_of(dispatch: DERGroupDispatch, *, release: bool = False) -> list[DeviceCommand]:
    name = "release_command" if release else "command"
    points = dispatch.setpoints.select_related(name).order_by("pk")
    return [command for point in points if (command := getattr(point, name)) is not None]


def write(commands: Iterable[DeviceCommand], at: datetime) -> None:
    for command in commands:
        command.move(CommandStatus.LEASED, at=at, by="gateway")
        command.move(CommandStatus.SENT, at=at, by="gateway", sent_at=at)


def confirm(commands: Iterable[DeviceCommand], at: datetime) -> None:
    commands = list(commands)
    write(commands, at)
    for command in commands:
        command.move(CommandStatus.VERIFIED, at=at, by="gateway", verified_at=at)


def fail(commands: Iterable[DeviceCommand], at: datetime, fault: str) -> None:
    for command in commands:
        command.move(CommandStatus.FAILED, at=at, by="gateway", fault=fault, ended_at=at)
