"""Readings kept just before and after a command make short dispatches exact (DI-7, DV-4).

The truth is what the simulated machines wrote down themselves, second by second.
"""

import time
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import mean

import pytest

from devices.models import Device, LatestReading, Reading
from devices.selectors import energy_between
from devices.services import CommandOrder, request_commands
from devices.statuses import CommandStatus
from tests.devices.own_services import OwnServices
from tests.devices.running import FleetProcess, Worker, register_fleet
from tests.devices.waiting import wait_until

pytestmark = pytest.mark.processes
LASTS_S = 20.0
SHARE = 0.2
PERIOD_S = 10.0


@pytest.fixture(scope="module")
def plants(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FleetProcess]:
    """Machines at noon, so large that a counter's whole watt-hours are no matter."""
    with FleetProcess(tmp_path_factory.mktemp("plants"), 24) as running:
        yield running


def ask_all(devices: Sequence[Device], share: float | None) -> datetime:
    """Limit all to a share of what they inject, or release them; when that was verified."""
    at = datetime.now(tz=UTC)
    orders = [
        CommandOrder(
            device_id=device.pk,
            function="limit_active_power",
            value_w=None if share is None else int(share * device.rated_w),  # type: ignore[attr-defined]
            is_release=share is None,
            reversion_s=300,
            not_before=at,
            expires_at=at + timedelta(minutes=5),
            idempotency_key=f"{device.pk}-{at.timestamp()}",
        )
        for device in devices
    ]
    commands = request_commands(orders, at=at, by="olga")

    def are_verified() -> bool:
        for command in commands:
            command.refresh_from_db()
        return all(command.status == CommandStatus.VERIFIED for command in commands)

    wait_until(are_verified, "all are verified")
    return datetime.now(tz=UTC)


class Truth:
    """What a machine says it has injected, at any moment between its notes."""

    def __init__(self, fleet: FleetProcess, key: str) -> None:
        rows = fleet.events("truth", key)
        self._t = [row["t"] for row in rows]
        self._wh = [row["energy_injected_wh"] for row in rows]

    def between(self, begins: datetime, ends: datetime) -> float:
        return self._at(ends.timestamp()) - self._at(begins.timestamp())

    def _at(self, t: float) -> float:
        i = max(1, bisect_left(self._t, t))
        share = (t - self._t[i - 1]) / (self._t[i] - self._t[i - 1])
        return float(self._wh[i - 1] + share * (self._wh[i] - self._wh[i - 1]))


def errors(
    devices: dict[str, Device], truths: dict[str, Truth], begins: datetime, ends: datetime
) -> list[float]:
    """How far each device's energy by its stored readings is from the truth, as a share."""
    spans = energy_between([device.pk for device in devices.values()], begins, ends)
    found = []
    for key, device in devices.items():
        true_wh, net_wh = truths[key].between(begins, ends), spans[device.pk].net_wh
        assert net_wh is not None
        found.append(abs(net_wh - true_wh) / true_wh)
    return found


def without_what_was_kept_for_commands(devices: Sequence[Device]) -> None:
    """Thin the history to what there would be with a row each period and nothing more."""
    for device in devices:
        rows = Reading.objects.filter(device_id=device.pk)
        kept: list[datetime] = []
        for at in rows.order_by("measured_at").values_list("measured_at", flat=True):
            if not kept or (at - kept[-1]).total_seconds() > 0.9 * PERIOD_S:
                kept.append(at)
        rows.exclude(measured_at__in=kept).delete()


def test_short_dispatches_are_as_exact_as_long_ones(
    own: OwnServices, plants: FleetProcess, tmp_path: Path
) -> None:
    specs = [s for s in plants.devices if s["kind"] == "pv" and s["rated_w"] >= 10_000]
    devices = register_fleet(specs)
    for spec in specs:
        devices[spec["key"]].rated_w = spec["rated_w"]  # type: ignore[attr-defined]
    everybody = list(devices.values())
    with Worker(own, tmp_path / "gw.log", DERMS_READING_PERIOD_S=f"{PERIOD_S:g}"):
        wait_until(lambda: LatestReading.objects.count() == len(specs), "all were read")
        # Half way between two stored rows, where they alone tell least of what begins.
        time.sleep(1.5 * PERIOD_S)
        begins = datetime.now(tz=UTC)
        ask_all(everybody, SHARE)
        time.sleep(LASTS_S)
        ends = datetime.now(tz=UTC)
        ask_all(everybody, None)
        time.sleep(2 * PERIOD_S)

    truths = {spec["key"]: Truth(plants, spec["key"]) for spec in specs}
    with_kept = errors(devices, truths, begins, ends)
    without_what_was_kept_for_commands(everybody)
    without = errors(devices, truths, begins, ends)

    # A machine counts in steps of a second: at either end one of them is anybody's guess.
    step = (1 / SHARE - 1) / LASTS_S
    assert mean(with_kept) < 0.6 * mean(without)
    assert mean(with_kept) < 0.5 * step
    assert max(with_kept) < step
