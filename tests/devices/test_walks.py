"""A gateway reads every point because a row asks for it, while polling goes on (DV-1)."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from devices.gateway.walks import kept
from devices.models import Device, LatestReading, PointsReading
from devices.services.points import ask_for_points
from tests.devices.own_services import OwnServices
from tests.devices.running import FleetProcess, Worker, register_fleet
from tests.devices.waiting import wait_until


@pytest.fixture(scope="module")
def worker(own_servers: OwnServices, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worker]:
    with Worker(own_servers, tmp_path_factory.mktemp("gateway") / "worker.log") as running:
        running.wait_logged("gateway_started")
        yield running


def of_kind(fleet: FleetProcess, kind: str) -> dict[str, Any]:
    return next(spec for spec in fleet.devices if spec["kind"] == kind)


def brought(device: Device) -> PointsReading:
    asked = ask_for_points(device_id=device.pk, at=datetime.now(tz=UTC), by="olga")

    def is_over() -> bool:
        asked.refresh_from_db()
        return asked.ended_at is not None

    wait_until(is_over, "the walk has ended", patience_s=30)
    return asked


@pytest.mark.processes
def test_every_point_comes_with_its_unit_and_polling_goes_on(
    own: OwnServices, fleet: FleetProcess, worker: Worker
) -> None:
    spec = of_kind(fleet, "pv")
    (device,) = register_fleet([spec]).values()
    worker.wait_serving()
    wait_until(lambda: LatestReading.objects.filter(device=device).exists(), "it is polled")

    reading = brought(device)

    models = {model["model"]: model for model in reading.points}
    common = {name: value for name, value, _ in models[1]["points"]}
    units = {name: unit for model in reading.points for name, _, unit in model["points"]}
    assert reading.fault == ""
    assert common["SN"] == spec["serial_number"]
    assert units["W"] == "W"
    assert models[1]["address"] == spec["base"] + 2
    assert reading.taken_by != ""
    since = datetime.now(tz=UTC)
    wait_until(
        lambda: LatestReading.objects.filter(device=device, measured_at__gt=since).exists(),
        "polling goes on",
    )


@pytest.mark.processes
def test_a_silent_device_is_told_in_words(
    own: OwnServices, fleet: FleetProcess, worker: Worker
) -> None:
    spec = of_kind(fleet, "battery")
    (device,) = register_fleet([spec]).values()
    worker.wait_serving()
    fleet.ask("fault", spec["key"], "silent")
    try:
        reading = brought(device)
    finally:
        fleet.ask("fault", spec["key"], "none")

    assert reading.points == []
    assert reading.fault


@pytest.mark.processes
def test_what_a_dead_worker_had_taken_is_read_by_the_next(
    own: OwnServices, fleet: FleetProcess, worker: Worker
) -> None:
    (device,) = register_fleet([of_kind(fleet, "meter")]).values()
    then = datetime.now(tz=UTC) - timedelta(seconds=61)
    left = PointsReading.objects.create(
        device=device, asked_at=then, asked_by="olga", taken_at=then, taken_by="dead:1:x"
    )
    worker.wait_serving()

    def is_over() -> bool:
        left.refresh_from_db()
        return left.ended_at is not None

    wait_until(is_over, "somebody else read it", patience_s=30)
    assert left.points != []


def test_models_are_kept_in_order_with_titles_units_and_addresses() -> None:
    models = kept(
        {"1": {"Mn": "Helios"}, "701": {"W": 5, "Hz": None}, "701@40300": {"W": 6}, "64999": {}},
        {"1": 40_002, "701": 40_070, "64999": 40_400},
    )

    assert [(one["model"], one["address"]) for one in models] == [
        (1, 40_002), (701, 40_070), (701, 40_300), (64_999, 40_400)
    ]  # fmt: skip
    assert models[1]["points"] == [["W", 5, "W"], ["Hz", None, "Hz"]]
    assert models[3]["title"] == ""
