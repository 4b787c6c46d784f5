"""Another device behind a registered address: shown, refused, and served once it is accepted."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from devices.models import Device, RegisterDifference
from devices.services import accept_differences, find_differences
from devices.services.differences import mark_of
from tests.devices.asking import is_read, of_kind
from tests.devices.own_services import OwnServices
from tests.devices.running import FleetProcess, Worker, register_fleet
from tests.devices.waiting import wait_until

pytestmark = pytest.mark.processes


@pytest.fixture(scope="module")
def worker(own_servers: OwnServices, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worker]:
    log = tmp_path_factory.mktemp("gateway") / "worker.log"
    with Worker(own_servers, log) as running:
        running.wait_logged("gateway_started")
        yield running


def test_a_stranger_is_shown_with_its_serial_number_and_served_once_accepted(
    own: OwnServices, fleet: FleetProcess, worker: Worker
) -> None:
    spec = of_kind(fleet, "pv")
    device = register_fleet([spec | {"serial_number": "SOMEBODY-ELSE"}])[spec["key"]]

    row: Any = wait_until(lambda: difference_of(device), "the stranger is in the list")
    assert (row.registered, row.said) == ("SOMEBODY-ELSE", spec["serial_number"])
    assert not is_read(device)

    accept_differences(
        seen={row.pk: mark_of(row)},
        reason="The unit was replaced.",
        at=datetime.now(tz=UTC),
        by="enzo",
    )

    wait_until(lambda: is_read(device), "it is read")


def difference_of(device: Device) -> RegisterDifference | None:
    at = datetime.now(tz=UTC)
    find_differences(at=at, today=at.date())
    return RegisterDifference.objects.filter(device=device, attribute="serial_number").first()
