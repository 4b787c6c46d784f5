"""What a command would write, planned by the gateway while somebody reviews it (DV-3)."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from derms.accounts.models import User
from devices.models import CommandRehearsal, Device, DeviceCommand
from devices.selectors.rehearsals import Rehearsed, rehearsed
from devices.services.commands import Wish
from devices.services.rehearsals import rehearse
from tests.devices import scenes
from tests.devices.own_services import OwnServices
from tests.devices.running import FleetProcess, Worker, register_fleet
from tests.devices.waiting import wait_until


@pytest.fixture(scope="module")
def worker(own_servers: OwnServices, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worker]:
    with Worker(own_servers, tmp_path_factory.mktemp("gateway") / "worker.log") as running:
        running.wait_logged("gateway_started")
        yield running


def asked(device: Device, function: str, **values: Any) -> CommandRehearsal:
    at = datetime.now(tz=UTC)
    wish = Wish(device_id=device.pk, function=function, duration_s=1_800, reason="t", **values)
    return rehearse(order=wish.order(at, ""), at=at, by="olga")


def answered(device: Device, function: str, **values: Any) -> Rehearsed:
    row = asked(device, function, **values)

    def is_over() -> bool:
        row.refresh_from_db()
        return row.ended_at is not None

    wait_until(is_over, "the gateway has answered", patience_s=30)
    return rehearsed(row)


@pytest.mark.processes
def test_the_registers_are_shown_and_nothing_is_written(
    own: OwnServices, fleet: FleetProcess, worker: Worker
) -> None:
    spec = next(
        s for s in fleet.devices if s["kind"] == "pv" and s["generation"] == "ieee1547_2018"
    )
    (device,) = register_fleet([spec]).values()
    worker.wait_serving()
    since = fleet.events("truth")[-1]["t"] if fleet.events("truth") else 0.0

    limit = answered(device, "limit_active_power", value_w=spec["rated_w"] // 2)
    too_much = answered(device, "set_active_power", value_w=10 * spec["rated_w"])

    words = dict(limit.lines)
    registers = next(text for label, text in limit.lines if label.startswith("Registers from"))
    assert registers.split()[0] == "0001"
    assert words["The device lets go"] == "by its own timer"
    assert "kW" in words["Rounded to its resolution"]
    assert "more than" in too_much.refusal
    assert too_much.lines == []
    assert fleet.writes(spec["key"], since) == []
    assert not DeviceCommand.objects.exists()


@pytest.mark.processes
def test_a_silent_device_is_told_as_such(
    own: OwnServices, fleet: FleetProcess, worker: Worker
) -> None:
    spec = next(s for s in fleet.devices if s["kind"] == "battery")
    (device,) = register_fleet([spec]).values()
    worker.wait_serving()
    fleet.ask("fault", spec["key"], "silent")
    try:
        answer = answered(device, "limit_active_power", value_w=1_000)
    finally:
        fleet.ask("fault", spec["key"], "none")

    assert answer.refusal
    assert answer.lines == []


@pytest.fixture
def operator(olga: User) -> Client:
    client = Client()
    client.force_login(olga)
    return client


def test_the_review_waits_for_the_gateway_and_shows_its_answer(
    operator: Client, inverter: Device
) -> None:
    now = timezone.now()
    scenes.serve(inverter, now)
    scenes.discovered(inverter)
    scenes.answer(inverter, now)
    url = reverse("operations_device_command", args=[inverter.pk])
    typed = {"value": "2", "duration": "5", "reason": "t"}

    page = operator.post(f"{url}?function=limit_active_power", typed).content.decode()
    row = CommandRehearsal.objects.get()
    part = reverse("operations_device_rehearsal", args=[inverter.pk, row.pk])
    waiting = operator.get(part).content.decode()
    CommandRehearsal.objects.update(
        ended_at=now, writes=[{"address": 40_301, "registers": [1, 250, 1000]}], value_w=2_000.0,
        reverts_in_device=False, notes=["the device has no ramp time for this"],
    )  # fmt: skip
    done = operator.get(part).content.decode()

    assert part in page
    assert "nothing is written" in waiting
    assert "Registers from 40301" in done
    assert "0001 00FA 03E8" in done
    assert "only by a later command" in done
    assert "no ramp time" in done
    assert "hx-get" not in done
    assert row.order["value_w"] == 2_000


def test_where_nobody_serves_nobody_is_asked(operator: Client, inverter: Device) -> None:
    url = reverse("operations_device_command", args=[inverter.pk])

    operator.post(
        f"{url}?function=limit_active_power", {"value": "2", "duration": "5", "reason": "t"}
    )

    assert not CommandRehearsal.objects.exists()


def test_old_rehearsals_are_forgotten_and_strange_ones_not_found(
    operator: Client, inverter: Device, battery: Device
) -> None:
    old = asked(inverter, "connect", value_w=0)
    CommandRehearsal.objects.update(asked_at=timezone.now() - timedelta(hours=2))
    new = asked(inverter, "connect", value_w=0)

    assert list(CommandRehearsal.objects.all()) == [new]
    for device, row in ((inverter, old), (battery, new)):
        strange = reverse("operations_device_rehearsal", args=[device.pk, row.pk])
        assert operator.get(strange).status_code == 404
