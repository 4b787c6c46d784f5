"""What is asked of devices stands in rows, once, in order (DV-3, DI-3)."""

from dataclasses import replace
from datetime import timedelta
from itertools import product
from typing import Any

import pytest

from derms.lib.errors import NotFound
from derms.lib.lifecycle import MoveNotAllowed
from devices.models import Device, DeviceCommand
from devices.models.moving import CommandMove, move_commands
from devices.services import CommandOrder, cancel_commands, expire_commands, request_commands
from devices.services.commands import CommandOnItsWay, KeyUsedForAnotherOrder
from devices.services.orders import OrderRefused
from devices.statuses import COMMAND_MOVES, CommandStatus
from tests.devices.conftest import make_devices
from tests.factories import AT


def order(device: Device, key: str = "k1", /, **changes: Any) -> CommandOrder:
    plain = CommandOrder(
        device_id=device.pk,
        function="limit_active_power",
        value_w=3000,
        reversion_s=60,
        not_before=AT,
        expires_at=AT + timedelta(minutes=10),
        idempotency_key=key,
        reason="test",
    )
    return replace(plain, **changes)


def ask(*orders: CommandOrder) -> list[DeviceCommand]:
    return request_commands(orders, at=AT, by="olga")


def statuses() -> list[str]:
    return list(DeviceCommand.objects.order_by("pk").values_list("status", flat=True))


def test_an_order_becomes_a_queued_command_with_the_next_sequence(inverter: Device) -> None:
    first, second = ask(order(inverter), order(inverter, "k2", function="connect", value_w=1))

    assert (first.sequence, second.sequence) == (1, 2)
    assert statuses() == ["queued", "queued"]
    assert first.requested_by == "olga"


def test_the_same_key_and_content_give_the_same_row(inverter: Device) -> None:
    first = ask(order(inverter))

    again = ask(order(inverter), order(inverter))

    assert [c.pk for c in again] == [first[0].pk, first[0].pk]
    assert DeviceCommand.objects.count() == 1


def test_a_release_asked_twice_is_one_row(inverter: Device) -> None:
    release = order(inverter, is_release=True, value_w=None, reversion_s=30)

    assert ask(release)[0].pk == ask(release)[0].pk


def test_parameters_are_kept_whole_and_compared(inverter: Device) -> None:
    curve = order(
        inverter, function="volt_var", value_w=None, parameters={"points": [[92, 44], [108, -44]]}
    )

    (command,) = ask(curve)

    command.refresh_from_db()
    assert command.parameters == {"points": [[92.0, 44.0], [108.0, -44.0]], "response_s": None}
    assert ask(curve)[0].pk == command.pk
    with pytest.raises(KeyUsedForAnotherOrder):
        ask(replace(curve, parameters={"points": [[92, 40], [108, -44]]}))


def test_the_same_key_with_other_content_is_refused(inverter: Device) -> None:
    ask(order(inverter))

    with pytest.raises(KeyUsedForAnotherOrder, match="Use a new key"):
        ask(order(inverter, value_w=2000))

    with pytest.raises(KeyUsedForAnotherOrder):
        ask(order(inverter, "k2"), order(inverter, "k2", value_w=1))


def test_a_newer_order_supersedes_open_ones_of_the_same_function_only(inverter: Device) -> None:
    ask(order(inverter), order(inverter, "k2", function="connect", value_w=1))

    ask(order(inverter, "k3", value_w=1000))

    assert statuses() == ["superseded", "queued", "queued"]
    change = DeviceCommand.objects.order_by("pk")[0].status_changes.get()
    assert (change.old_status, change.new_status, change.by) == ("queued", "superseded", "olga")


def test_an_order_for_later_leaves_the_present_one_in_place(inverter: Device) -> None:
    ask(order(inverter))

    ask(order(inverter, "k2", not_before=AT + timedelta(minutes=1)))

    assert statuses() == ["queued", "queued"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"value_w": None}, "needs a value"),
        ({"value_w": -1}, "at least 0"),
        ({"reversion_s": 0}, "reversion time"),
        ({"reversion_s": 70_000}, "reversion time"),
        ({"function": "explode"}, "no function"),
        ({"function": "connect", "value_w": 7}, "1 .connected. or 0"),
        ({"parameters": {"power_factor": 1}}, "no parameters"),
        ({"function": "volt_var"}, "no value in W"),
        ({"function": "volt_var", "value_w": None}, "needs its parameters"),
        ({"ramp_s": -1}, "ramp time"),
        ({"expires_at": AT}, "end before it starts"),
    ],
)
def test_an_impossible_order_is_refused_in_words(
    inverter: Device, changes: dict[str, Any], words: str
) -> None:
    with pytest.raises(OrderRefused, match=words):
        ask(order(inverter, "k1", **changes))

    assert not DeviceCommand.objects.exists()


def test_meters_and_retired_devices_take_no_orders(inverter: Device) -> None:
    meter = Device.objects.create(
        kind="meter",
        usage_point=inverter.usage_point,
        zone=inverter.zone,
        host="127.0.0.1",
        port=1,
        serial_number="M1",
        active_from=AT,
    )
    Device.objects.filter(pk=inverter.pk).update(active_to=AT + timedelta(1))

    with pytest.raises(OrderRefused, match="only measures"):
        ask(order(meter))
    with pytest.raises(NotFound, match="no active device"):
        ask(order(inverter))


def test_a_queued_command_can_be_withdrawn_and_a_taken_one_cannot(inverter: Device) -> None:
    (command,) = ask(order(inverter))
    assert cancel_commands([command.pk], at=AT, by="olga") == 1
    assert cancel_commands([command.pk], at=AT, by="olga") == 0
    (taken,) = ask(order(inverter, "k2"))
    taken.move(CommandStatus.LEASED, at=AT, by="gateway")

    with pytest.raises(CommandOnItsWay, match="Ask for a release"):
        cancel_commands([taken.pk], at=AT, by="olga")


def test_commands_whose_time_is_over_expire_unless_a_gateway_holds_them(inverter: Device) -> None:
    queued, held = ask(order(inverter), order(inverter, "k2", function="connect", value_w=1))
    late = AT + timedelta(minutes=11)
    held.move(CommandStatus.LEASED, at=AT, by="gateway", leased_until=late + timedelta(seconds=5))

    assert expire_commands(at=AT) == 0
    assert expire_commands(at=late) == 1

    assert statuses() == ["expired", "leased"]
    assert expire_commands(at=late + timedelta(seconds=6)) == 1
    queued.refresh_from_db()
    assert queued.ended_at == late


def test_bulk_moves_record_what_a_single_move_records(inverter: Device) -> None:
    (command,) = ask(order(inverter))

    moved = move_commands(
        [CommandMove(command.pk, "queued", "leased", AT, "gw", "r", facts={"attempts": 1})]
    )
    twice = move_commands([CommandMove(command.pk, "queued", "leased", AT, "gw")])

    command.refresh_from_db()
    change = command.status_changes.get()
    assert (moved, twice) == ({command.pk}, set())
    assert (command.status, command.attempts) == ("leased", 1)
    assert (change.old_status, change.new_status, change.by, change.reason) == (
        "queued",
        "leased",
        "gw",
        "r",
    )


def test_bulk_moves_need_the_hold_they_name(inverter: Device) -> None:
    (command,) = ask(order(inverter))
    command.move(CommandStatus.LEASED, at=AT, by="gw", leased_by="gw", fence=7)

    def move(fence: int) -> set[int]:
        return move_commands(
            [CommandMove(command.pk, "leased", "sent", AT, "gw", held_by="gw", held_fence=fence)]
        )

    assert move(6) == set()
    assert move(7) == {command.pk}


def test_a_bulk_move_and_the_table_allow_the_same_pairs(inverter: Device) -> None:
    (command,) = ask(order(inverter))
    template = {
        field.attname: getattr(command, field.attname)
        for field in DeviceCommand._meta.concrete_fields
        if field.attname not in {"id", "mrid", "sequence", "idempotency_key", "status"}
    }

    for number, (old, new) in enumerate(product(CommandStatus.values, repeat=2), start=2):
        row = DeviceCommand.objects.create(
            **template | {"verified_at": AT},
            status=old,
            sequence=number,
            idempotency_key=f"pair {number}",
        )
        move = CommandMove(row.pk, old, new, AT, "gw")
        if new in COMMAND_MOVES[old]:
            assert move_commands([move]) == {row.pk}, f"{old} -> {new}"
            continue
        with pytest.raises(MoveNotAllowed):
            move_commands([move])


def test_five_thousand_orders_take_seconds(db: None) -> None:
    devices = make_devices(50)
    orders = [
        order(device, f"{device.pk}-{n}", value_w=n) for n in range(100) for device in devices
    ]

    commands = ask(*orders)

    assert len(commands) == 5000
    assert DeviceCommand.objects.filter(status="queued").count() == 50
