"""A flexible connection written into a device over Modbus, and read back from it (IC-5, DV-3)."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from derms.accounts.roles import Role
from devices.models import Device, DeviceCommand, FoundSetting
from devices.services import Setting, approve_settings
from devices.services.connection_limits import keep_connection_limits
from tests.devices.asking import ask, is_read, of_kind, reaches
from tests.devices.own_services import OwnServices
from tests.devices.running import FleetProcess, Worker, register_fleet
from tests.devices.waiting import wait_until
from tests.factories import make_person
from tests.interconnection.flexible import make_flexible

pytestmark = pytest.mark.processes
LIMIT = "limit_active_power"


@pytest.fixture(scope="module")
def worker(own_servers: OwnServices, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worker]:
    log = tmp_path_factory.mktemp("limits") / "worker.log"
    with Worker(own_servers, log, DERMS_SLOW_PERIOD_S="1") as running:
        running.wait_logged("gateway_started")
        yield running


@pytest.fixture
def spec(fleet: FleetProcess) -> Iterator[dict[str, Any]]:
    """A newer inverter, free of limits before and after."""
    spec = of_kind(fleet, "pv")
    fleet.ask("set", spec["key"], "704.WMaxLimPctEna=0")
    yield spec
    fleet.ask("set", spec["key"], "704.WMaxLimPctEna=0")


@pytest.fixture
def device(own: OwnServices, worker: Worker, spec: dict[str, Any]) -> Device:
    """Under a flexible connection: half of its rating at all hours."""
    device = register_fleet([spec], poll_period_s=0.5)[spec["key"]]
    assert device.der is not None
    make_flexible(
        device.der,
        engineer=make_person("enzo", Role.ENGINEER),
        operator=make_person("olga", Role.OPERATOR),
        schedule=f"Jan-Dec 0-24 {device.der.active_power_rating_at_unity_power_factor_w / 2_000:g}",
    )
    wait_until(lambda: is_read(device), "it was read")
    return device


def wait_limited(device: Device, limit_w: float) -> None:
    """The device itself was read with this limit, to the step of its register."""

    def is_so() -> bool:
        found = FoundSetting.objects.filter(device=device, function=LIMIT, is_enabled=True).first()
        return found is not None and abs((found.value_w or 0) - limit_w) <= 0.01 * limit_w

    wait_until(is_so, f"limited to {limit_w} W", patience_s=20)


def test_the_limit_of_the_hour_is_in_the_device_and_comes_back_after_a_release(
    device: Device,
) -> None:
    assert device.der is not None
    half_w = device.der.active_power_rating_at_unity_power_factor_w / 2

    assert keep_connection_limits(at=datetime.now(tz=UTC)) == 1
    wait_limited(device, half_w)

    reaches(ask(device, 500), "verified")
    wait_limited(device, 500)
    assert keep_connection_limits(at=datetime.now(tz=UTC)) == 0
    reaches(ask(device, None, is_release=True), "verified")

    wait_limited(device, half_w)
    newest = DeviceCommand.objects.filter(device=device).latest("sequence")
    assert newest.is_release


def test_a_device_falls_to_its_lowest_by_itself_when_nobody_comes(
    own: OwnServices, worker: Worker, fleet: FleetProcess, spec: dict[str, Any]
) -> None:
    """What a lost link leaves behind: the device knows when to fall, and how far."""
    device = register_fleet([spec], poll_period_s=0.5)[spec["key"]]
    wait_until(lambda: is_read(device), "it was read")
    at = datetime.now(tz=UTC)
    falling = Setting(
        function=LIMIT, is_enabled=True, value_w=2_000,
        holds_until=at + timedelta(seconds=8), afterwards_w=700,
    )  # fmt: skip
    approve_settings(
        device_id=device.pk, settings=[falling], at=at, by="olga", source="Flexible connection"
    )
    reaches(ask(device, None, is_release=True), "verified")
    wait_limited(device, 2_000)

    wait_limited(device, 700)

    assert DeviceCommand.objects.filter(device=device).count() == 1


def test_a_command_whose_own_timer_ends_leaves_the_lowest_limit_and_never_none(
    device: Device,
) -> None:
    assert keep_connection_limits(at=datetime.now(tz=UTC)) == 1
    assert device.der is not None
    half_w = device.der.active_power_rating_at_unity_power_factor_w / 2
    wait_limited(device, half_w)
    at = datetime.now(tz=UTC)

    command = ask(device, 500, reversion_s=4, expires_at=at + timedelta(seconds=4))

    reaches(command, "reverted")
    wait_limited(device, half_w)
