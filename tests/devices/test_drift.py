"""What devices hold is read, compared with what they should, and written again (DV-2, DV-3)."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from devices.models import ApprovedSetting, Device, DeviceCommand, DeviceCondition, FoundSetting
from devices.services import Setting, approve_settings
from tests.devices.asking import ask, is_read, moves_of, of_kind, reaches
from tests.devices.own_services import OwnServices
from tests.devices.running import FleetProcess, Worker, register_fleet
from tests.devices.waiting import wait_until

pytestmark = pytest.mark.processes
LIMIT = "limit_active_power"
SLOW_S = 1.0


@pytest.fixture(scope="module")
def worker(own_servers: OwnServices, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worker]:
    log = tmp_path_factory.mktemp("drift") / "worker.log"
    with Worker(own_servers, log, DERMS_SLOW_PERIOD_S=str(SLOW_S)) as running:
        running.wait_logged("gateway_started")
        yield running


@pytest.fixture
def spec(fleet: FleetProcess) -> Iterator[dict[str, Any]]:
    """A newer inverter, free of limits before and after."""
    spec = of_kind(fleet, "pv")
    fleet.ask("set", spec["key"], "704.WMaxLimPctEna=0")
    yield spec
    fleet.ask("set", spec["key"], "704.WMaxLimPctEna=0")
    fleet.ask("set", spec["key"], "local=0")


@pytest.fixture
def device(own: OwnServices, worker: Worker, spec: dict[str, Any]) -> Device:
    device = register_fleet([spec], poll_period_s=0.5)[spec["key"]]
    wait_until(lambda: is_read(device), "it was read")
    return device


def found(device: Device, function: str = LIMIT) -> FoundSetting | None:
    return FoundSetting.objects.filter(device=device, function=function).first()


def wait_found(device: Device, **facts: Any) -> FoundSetting:
    rows = FoundSetting.objects.filter(device=device, function=LIMIT, **facts)
    row: FoundSetting = wait_until(rows.first, f"found {facts}", patience_s=15)
    return row


def approve(device: Device, value_w: float | None) -> ApprovedSetting:
    setting = Setting(function=LIMIT, is_enabled=value_w is not None, value_w=value_w)
    (row,) = approve_settings(
        device_id=device.pk, settings=[setting], at=datetime.now(tz=UTC), by="enzo",
        source="application A-17",
    )  # fmt: skip
    return row


def pct(spec: dict[str, Any], share: float) -> str:
    return f"704.WMaxLimPct={100 * share:g}"


def test_every_function_and_the_condition_are_read_and_kept(
    device: Device, spec: dict[str, Any]
) -> None:
    wait_found(device)
    condition = wait_until(DeviceCondition.objects.filter(device=device).first, "its condition")
    wait_until(lambda: Device.objects.get(pk=device.pk).reported_nameplate, "its nameplate")

    kept = {row.function for row in FoundSetting.objects.filter(device=device)}
    assert kept >= {LIMIT, "connect", "volt_var", "fixed_power_factor", "frequency_droop"}
    assert len(found(device).registers) > 3  # type: ignore[union-attr]
    device.refresh_from_db()
    assert device.reported_nameplate["active_power_max_w"] == spec["rated_w"]
    assert device.discovery["learned"]["base"] == device.discovery["base"]
    assert condition.is_local is False
    assert condition.polls > 0
    assert condition.round_trip_ms is not None
    assert condition.open_since is None


def test_what_differs_from_the_approval_says_whose_it_is_and_ends_when_it_agrees(
    device: Device, spec: dict[str, Any], fleet: FleetProcess
) -> None:
    approve(device, spec["rated_w"] / 2)

    row = wait_found(device, differs_since__isnull=False)
    assert row.difference.startswith(f"limited to {spec['rated_w'] / 2:,.0f} W approved by enzo at")
    assert "(application A-17); found no limit since" in row.difference
    since = row.differs_since
    time.sleep(2 * SLOW_S)
    later = wait_found(device, differs_since__isnull=False)
    assert later.differs_since == since
    assert later.read_at > row.read_at

    fleet.ask("set", spec["key"], pct(spec, 0.5))
    fleet.ask("set", spec["key"], "704.WMaxLimPctEna=1")

    row = wait_found(device, differs_since__isnull=True, is_enabled=True)
    assert row.difference == ""


def test_a_lost_command_is_written_again_and_its_history_says_so(
    device: Device, spec: dict[str, Any], fleet: FleetProcess
) -> None:
    wait_found(device)
    command = reaches(ask(device, 2000), "verified")

    fleet.ask("set", spec["key"], "704.WMaxLimPctEna=0")

    wait_until(lambda: DeviceCommand.objects.get(pk=command.pk).rewrites == 1, "written again")
    row = wait_found(device, is_enabled=True, command=command)
    command.refresh_from_db()
    assert moves_of(command)[-2:] == ["verified", "verified"]
    change = command.status_changes.order_by("pk").last()
    assert change is not None
    assert change.reason.startswith("Found no limit at ")
    assert change.reason.endswith("written again and verified (1 of 3)")
    assert command.status == "verified"
    assert command.refreshed_at is not None
    assert row.differs_since is None


def test_a_command_that_does_not_stay_is_left_to_the_drift_alarm(
    device: Device, spec: dict[str, Any], fleet: FleetProcess
) -> None:
    wait_found(device)
    command = reaches(ask(device, 2000, reason="Dispatch 12: Voltage on F12"), "verified")
    since = time.time()

    def lose(times: int) -> None:
        fleet.ask("set", spec["key"], "704.WMaxLimPctEna=0")
        wait_until(lambda: DeviceCommand.objects.get(pk=command.pk).rewrites == times, "again")

    for times in (1, 2, 3):
        lose(times)
    fleet.ask("set", spec["key"], "704.WMaxLimPctEna=0")

    row = wait_found(device, differs_since__isnull=False)
    time.sleep(3 * SLOW_S)
    assert row.command == command
    assert row.difference.startswith("limited to 2,000 W by olga at ")
    assert " for dispatch 12: Voltage on F12; found no limit since " in row.difference
    assert DeviceCommand.objects.get(pk=command.pk).rewrites == 3
    assert len(fleet.writes(spec["key"], since)) == 3


def test_a_release_gives_back_to_what_was_approved(
    device: Device, spec: dict[str, Any], fleet: FleetProcess
) -> None:
    fleet.ask("set", spec["key"], pct(spec, 0.5))
    fleet.ask("set", spec["key"], "704.WMaxLimPctEna=1")
    approve(device, spec["rated_w"] / 2)
    command = reaches(ask(device, 1000), "verified")

    release = reaches(ask(device, None), "verified")
    reaches(command, "completed")

    row = wait_found(device, read_at__gt=release.verified_at)
    assert row.value_w == pytest.approx(spec["rated_w"] / 2, rel=0.01)
    assert row.is_enabled
    assert row.differs_since is None


def test_a_device_at_local_control_gets_no_command_and_no_second_try(
    device: Device, spec: dict[str, Any], fleet: FleetProcess
) -> None:
    wait_found(device)
    held = reaches(ask(device, 2500), "verified")
    since = time.time()
    fleet.ask("set", spec["key"], "local=1")
    fleet.ask("set", spec["key"], "704.WMaxLimPctEna=0")

    local = DeviceCondition.objects.filter(device=device, is_local=True)
    wait_until(local.exists, "its condition says local", patience_s=15)

    command = reaches(ask(device, 1500, function="set_active_power"), "failed")

    assert "local control" in command.fault
    assert command.attempts == 1
    row = wait_found(device, differs_since__isnull=False)
    assert row.command == held
    assert DeviceCommand.objects.get(pk=held.pk).rewrites == 0
    assert not fleet.writes(spec["key"], since)


def test_a_measurement_that_agrees_confirms_a_verified_limit(device: Device) -> None:
    command = reaches(ask(device, 0), "verified")

    def is_confirmed() -> bool:
        command.refresh_from_db()
        return command.confirmed_by_measurement_at is not None

    wait_until(is_confirmed, "its power fell", patience_s=20)
    assert command.verified_at is not None
    assert command.confirmed_by_measurement_at is not None
    assert command.confirmed_by_measurement_at > command.verified_at


def test_a_setting_without_a_timer_is_written_once_and_released_to_what_it_was(
    device: Device, spec: dict[str, Any], fleet: FleetProcess
) -> None:
    fleet.ask("set", spec["key"], "704.WRmp=10")
    since = time.time()

    def set_ramp(ramp_pct_per_s: float) -> DeviceCommand:
        ramp = {"ramp_pct_per_s": ramp_pct_per_s}
        changes: dict[str, Any] = {"is_release": False, "reversion_s": 2, "parameters": ramp}
        return reaches(ask(device, None, function="ramp_rate", **changes), "verified")

    first = set_ramp(5.0)
    time.sleep(3)
    first.refresh_from_db()
    second = set_ramp(7.0)
    release = reaches(ask(device, None, function="ramp_rate"), "verified")
    reaches(second, "completed")

    assert first.reverts_in_device is False
    assert first.refreshed_at is None
    assert [write[0] for write in fleet.writes(spec["key"], since)] == [5, 7, 10]
    assert release.verified_at is not None


def test_another_serial_number_behind_the_open_connection_gets_no_command(
    device: Device, spec: dict[str, Any], fleet: FleetProcess
) -> None:
    wait_found(device)
    since = time.time()
    fleet.ask("set", spec["key"], "serial_number=SWAPPED")
    try:
        wait_until(
            lambda: "SWAPPED" in Device.objects.get(pk=device.pk).latest.reason, "it is noticed"
        )
        command = reaches(ask(device, 1500), "failed")
    finally:
        fleet.ask("set", spec["key"], f"serial_number={spec['serial_number']}")

    assert "somebody must look" in command.fault
    assert not fleet.writes(spec["key"], since)
    wait_until(lambda: Device.objects.get(pk=device.pk).latest.quality == "good", "ours again")


def test_a_device_that_restarts_and_forgets_gets_its_command_back(
    own: OwnServices, worker: Worker, tmp_path: Path
) -> None:
    with FleetProcess(tmp_path, 4) as mine:
        spec = of_kind(mine, "pv")
        device = register_fleet([spec], poll_period_s=0.5)[spec["key"]]
        wait_until(lambda: is_read(device), "it was read")
        command = reaches(
            ask(device, 2000, expires_at=datetime.now(tz=UTC) + timedelta(minutes=9)), "verified"
        )
        mine.stop()
        mine.start()
        back_at = time.monotonic()

        wait_until(lambda: DeviceCommand.objects.get(pk=command.pk).rewrites == 1, "again")
        took_s = time.monotonic() - back_at

        assert took_s < 15
        row = wait_found(device, command=command, is_enabled=True)
        assert row.differs_since is None
