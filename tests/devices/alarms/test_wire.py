"""From a simulated device's registers to an operator's alarm and back, through a real gateway."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from devices.models import Alarm, Device
from devices.services import watch_devices
from devices.statuses import ALARM_ACTIVE
from tests.devices.asking import is_read, of_kind
from tests.devices.own_services import OwnServices
from tests.devices.running import FleetProcess, Worker, register_fleet
from tests.devices.waiting import wait_until

pytestmark = pytest.mark.processes
PATIENCE_S = 40


@pytest.fixture(scope="module")
def worker(own_servers: OwnServices, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worker]:
    log = tmp_path_factory.mktemp("alarms") / "worker.log"
    with Worker(own_servers, log, DERMS_SLOW_PERIOD_S="1", DERMS_LONGEST_BACKOFF_S="3") as running:
        running.wait_logged("gateway_started")
        yield running


@pytest.fixture
def spec(fleet: FleetProcess) -> dict[str, Any]:
    return of_kind(fleet, "pv")


@pytest.fixture
def device(own: OwnServices, worker: Worker, spec: dict[str, Any]) -> Device:
    device = register_fleet([spec], poll_period_s=0.5)[spec["key"]]
    wait_until(lambda: is_read(device), "it was read")
    return device


def standing(device: Device) -> set[tuple[str, str]]:
    """What a look of this moment leaves standing at the device."""
    watch_devices(at=datetime.now(tz=UTC))
    active = Alarm.objects.filter(device=device, status__in=ALARM_ACTIVE)
    return set(active.values_list("kind", "cause"))


@pytest.mark.parametrize(
    ("trouble", "calm", "alarm"),
    [
        ("alarms=1", "alarms=0", ("protection_trip", "701.GROUND_FAULT")),
        ("714.PrtAlrms=2", "714.PrtAlrms=0", ("device_fault", "714.PORT_2")),
        ("local=1", "local=0", ("local_control", "")),
    ],
)
def test_what_a_device_says_is_raised_and_returns(
    fleet: FleetProcess,
    device: Device,
    spec: dict[str, Any],
    trouble: str,
    calm: str,
    alarm: tuple[str, str],
) -> None:
    assert alarm not in standing(device)

    fleet.ask("set", spec["key"], trouble)
    wait_until(lambda: alarm in standing(device), f"{alarm} is raised", patience_s=PATIENCE_S)

    fleet.ask("set", spec["key"], calm)
    wait_until(lambda: alarm not in standing(device), f"{alarm} returns", patience_s=PATIENCE_S)


def test_silence_is_told_and_over_with_the_next_answer(
    fleet: FleetProcess, device: Device, spec: dict[str, Any]
) -> None:
    lost = ("lost_communication", "")
    # A gateway that has just taken its zone is given half a minute before anybody is called lost.
    fleet.ask("fault", spec["key"], "silent")
    wait_until(lambda: lost in standing(device), "it is lost", patience_s=90)
    assert standing(device) == {lost}

    fleet.ask("fault", spec["key"], "none")
    wait_until(lambda: not standing(device), "it is back", patience_s=90)


def test_a_stranger_at_the_address_is_one_alarm_and_not_a_lost_device(
    fleet: FleetProcess, device: Device, spec: dict[str, Any]
) -> None:
    fleet.ask("set", spec["key"], "serial_number=SOMEBODY-ELSE")
    fleet.ask("set", spec["key"], "restart=1")
    try:
        wrong = ("wrong_device", "")
        wait_until(lambda: wrong in standing(device), "a stranger", patience_s=PATIENCE_S)
        assert standing(device) == {wrong}
    finally:
        fleet.ask("set", spec["key"], f"serial_number={spec['serial_number']}")
    wait_until(lambda: not standing(device), "the right one again", patience_s=90)
