"""Asking devices for something: rows first, the bell after commit (DV-3, DI-3)."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Max

from derms.lib import live
from derms.lib.errors import Conflict, NotFound
from derms.lib.jobs import run_after_commit
from devices import news
from devices.models import Device, DeviceCommand
from devices.models.moving import CommandMove, move_commands
from devices.services.ceilings import refuse_above_limits
from devices.services.orders import CommandOrder, OrderRefused, checked
from devices.statuses import COMMAND_OPEN, CommandStatus

# A device left alone lets go after this; gateways write again before half of it.
REVERSION_S = 600


class KeyUsedForAnotherOrder(Conflict):
    """The idempotency key already stands for something else."""

    code = "key_used_for_another_order"


class CommandOnItsWay(Conflict):
    """A gateway has taken the command; it cannot be called back any more."""

    code = "command_on_its_way"


def request_commands(
    orders: Sequence[CommandOrder], *, at: datetime, by: str
) -> list[DeviceCommand]:
    """Store what is asked, in the order given, and ring the zones' gateways after commit.

    An order that may start now supersedes every older open command of the same device and
    function; one that starts later does so when its time comes. A key used before gives back the
    command it stands for. Raises OrderRefused, KeyUsedForAnotherOrder or NotFound; then nothing
    is stored.
    """
    orders = [checked(order, at) for order in orders]
    with transaction.atomic():
        devices = _lock_devices({order.device_id for order in orders})
        known = {
            command.idempotency_key: command
            for command in DeviceCommand.objects.filter(
                idempotency_key__in=[order.idempotency_key for order in orders]
            )
        }
        new = _unknown(orders, known)
        refuse_above_limits(new, devices, at)
        created = _store(new, at=at, by=by)
        known |= {command.idempotency_key: command for command in created}
        superseded = _supersede_older(
            [command for command in created if command.not_before <= at], at=at, by=by
        )
        for command in created:
            if command.pk in superseded:
                command.status = CommandStatus.SUPERSEDED
        _announce([c.device_id for c in created], at)
        ring_zones({devices[command.device_id].zone.name for command in created})
    return [known[order.idempotency_key] for order in orders]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a person or a program asks of one device from now on, for `duration_s`."""

    device_id: int
    function: str
    duration_s: int
    value_w: int | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    is_release: bool = False
    reversion_s: int | None = None
    ramp_s: int | None = None
    reason: str = ""

    def order(self, begins: datetime, key: str) -> CommandOrder:
        reversion_s = self.reversion_s
        if reversion_s is None:
            reversion_s = max(1, min(REVERSION_S, self.duration_s))
        return CommandOrder(
            device_id=self.device_id,
            function=self.function,
            value_w=self.value_w,
            parameters=self.parameters,
            is_release=self.is_release,
            reversion_s=reversion_s,
            ramp_s=self.ramp_s,
            not_before=begins,
            expires_at=begins + timedelta(seconds=self.duration_s),
            idempotency_key=key,
            reason=self.reason,
        )


def request_command(*, wish: Wish, request_key: str, at: datetime, by: str) -> DeviceCommand:
    """Ask one device for something now; the same key and wish again give the same command.

    Without a reversion time the device lets go ten minutes after the last word, or at the end.
    Raises what `request_commands` raises.
    """
    with transaction.atomic():
        # The same request sent twice at once must find the first one's row.
        Device.objects.select_for_update(no_key=True).filter(pk=wish.device_id).first()
        earlier = DeviceCommand.objects.filter(idempotency_key=request_key).first()
        if earlier is None:
            return request_commands([wish.order(at, request_key)], at=at, by=by)[0]
        # Its time may be over by now: what is asked is only whether the wish is the same.
        order = checked(wish.order(earlier.not_before, request_key), earlier.not_before)
        if not order.is_same_as(earlier):
            raise _used_for_another(request_key)
        return earlier


def cancel_commands(ids: Collection[int], *, at: datetime, by: str) -> int:
    """Withdraw queued commands; returns how many were withdrawn now.

    Raises CommandOnItsWay when one of them was taken by a gateway already; then none is withdrawn.
    """
    with transaction.atomic():
        commands = list(
            DeviceCommand.objects.filter(pk__in=ids).select_for_update(no_key=True).order_by("pk")
        )
        taken = [c for c in commands if c.status in COMMAND_OPEN - {CommandStatus.QUEUED}]
        if taken:
            raise CommandOnItsWay(
                f"{taken[0]} is already {taken[0].status}. Ask for a release instead.",
                commands=[command.pk for command in taken],
            )
        queued = [c for c in commands if c.status == CommandStatus.QUEUED]
        return len(_end(queued, CommandStatus.CANCELLED, at=at, by=by, reason="Withdrawn."))


def expire_commands(*, at: datetime) -> int:
    """End open commands whose time is over and that no gateway holds; returns how many."""
    with transaction.atomic():
        late = DeviceCommand.objects.filter(status__in=COMMAND_OPEN, expires_at__lte=at)
        free = late.filter(status=CommandStatus.QUEUED) | late.exclude(
            status=CommandStatus.QUEUED
        ).filter(leased_until__lt=at)
        commands = list(free.select_for_update(no_key=True, skip_locked=True).order_by("pk")[:5000])
        ended = _end(
            commands,
            CommandStatus.EXPIRED,
            at=at,
            by="clock",
            reason="Its time was over before it could be carried out.",
        )
        return len(ended)


def complete_releases(*, at: datetime) -> int:
    """Close verified releases whose time is over: nothing is left to watch; returns how many."""
    with transaction.atomic():
        releases = list(
            DeviceCommand.objects.filter(
                status=CommandStatus.VERIFIED, is_release=True, expires_at__lte=at
            )
            .select_for_update(no_key=True, skip_locked=True)
            .order_by("pk")[:5000]
        )
        return len(_end(releases, CommandStatus.COMPLETED, at=at, by="clock", reason=""))


def ring_zones(names: Iterable[str]) -> None:
    for name in sorted(set(names)):
        run_after_commit("devices.tasks.commands_waiting", queue=f"zone.{name}", zone=name)


def _lock_devices(ids: Collection[int]) -> Mapping[int, Device]:
    """One requester at a time for each device: sequences have no gaps and no doubles."""
    devices = {
        device.pk: device
        for device in Device.objects.filter(pk__in=ids, active_to__isnull=True)
        .select_related("zone")
        .select_for_update(of=("self",), no_key=True)
        .order_by("pk")
    }
    missing = sorted(set(ids) - set(devices))
    if missing:
        raise NotFound(f"There is no active device {missing[0]}.", devices=missing)
    meters = [device for device in devices.values() if device.kind == Device.Kind.METER]
    if meters:
        raise OrderRefused(f"{meters[0]} is a meter; it only measures.", device=meters[0].pk)
    return devices


def _unknown(
    orders: Sequence[CommandOrder], known: Mapping[str, DeviceCommand]
) -> list[CommandOrder]:
    new: dict[str, CommandOrder] = {}
    for order in orders:
        key = order.idempotency_key
        command, twin = known.get(key), new.get(key)
        is_other = (command is not None and not order.is_same_as(command)) or (
            twin is not None and twin != order
        )
        if is_other:
            raise _used_for_another(key)
        if command is None:
            new[key] = order
    return list(new.values())


def _used_for_another(key: str) -> KeyUsedForAnotherOrder:
    return KeyUsedForAnotherOrder(
        f"The key {key!r} already stands for another order. Use a new key.", key=key
    )


def _store(orders: Sequence[CommandOrder], *, at: datetime, by: str) -> list[DeviceCommand]:
    last = dict(
        DeviceCommand.objects.filter(device_id__in={order.device_id for order in orders})
        .values_list("device_id")
        .annotate(last=Max("sequence"))
    )
    commands = []
    for order in orders:
        sequence = last[order.device_id] = last.get(order.device_id, 0) + 1
        commands.append(
            DeviceCommand(
                device_id=order.device_id,
                sequence=sequence,
                idempotency_key=order.idempotency_key,
                function=order.function,
                is_release=order.is_release,
                value_w=order.value_w,
                parameters=dict(order.parameters),
                reversion_s=order.reversion_s,
                ramp_s=order.ramp_s,
                not_before=order.not_before,
                expires_at=order.expires_at,
                reason=order.reason,
                requested_at=at,
                requested_by=by,
            )
        )
    return DeviceCommand.objects.bulk_create(commands, batch_size=1000)


def _supersede_older(commands: Sequence[DeviceCommand], *, at: datetime, by: str) -> set[int]:
    newest: dict[tuple[int, str], int] = {}
    for command in commands:
        key = (command.device_id, command.function)
        newest[key] = max(command.sequence, newest.get(key, 0))
    if not newest:
        return set()
    open_ones = (
        DeviceCommand.objects.filter(
            device_id__in={device_id for device_id, _ in newest}, status__in=COMMAND_OPEN
        )
        .select_for_update(no_key=True)
        .order_by("pk")
    )
    older = [c for c in open_ones if c.sequence < newest.get((c.device_id, c.function), 0)]
    return _end(older, CommandStatus.SUPERSEDED, at=at, by=by, reason="A newer command came.")


def _end(
    commands: Sequence[DeviceCommand], status: str, *, at: datetime, by: str, reason: str
) -> set[int]:
    ended = move_commands(
        CommandMove(c.pk, c.status, status, at, by, reason, facts={"ended_at": at})
        for c in commands
    )
    _announce([c.device_id for c in commands if c.pk in ended], at)
    return ended


def _announce(device_ids: Collection[int], at: datetime) -> None:
    if device_ids:
        message = news.commands_changed(device_ids, at)
        transaction.on_commit(lambda: live.publish(news.TOPIC, message), robust=True)
