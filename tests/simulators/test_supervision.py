"""DV-7: heartbeats both ways, the local switch, stop and start, enter service, the battery."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from simulators.physics.disturbances import FREQUENCY, OUTAGE, make_disturbance
from simulators.running.adjusting import adjust
from tests.simulators.running import RunningFleet, small_fleet

PV, BATTERY = "ada-pv", "ada-battery"


@pytest.fixture
def running() -> Iterator[RunningFleet]:
    fleet = small_fleet()
    devices = tuple(replace(device, heartbeat_timeout_s=10) for device in fleet.devices)
    started = RunningFleet(replace(fleet, devices=devices))
    yield started
    started.close()


def disturb(running: RunningFleet, kind: str, size: float, lasts_s: float) -> None:
    event = make_disturbance(kind, at=running.t, size=size, lasts_s=lasts_s, ramp_s=0, feeder=None)
    running.call(lambda: running.simulation.plant.feeders.disturb(event))


def switch(running: RunningFleet, key: str, name: str, value: str) -> None:
    running.call(lambda: adjust(running.simulation, key, name, value, running.t))


def test_devices_count_their_own_heartbeat_each_second(running: RunningFleet) -> None:
    before = running.value(BATTERY, 715, "DERHb"), running.value(BATTERY, 802, "Hb")
    running.advance(7)
    after = running.value(BATTERY, 715, "DERHb"), running.value(BATTERY, 802, "Hb")

    assert [b - a for a, b in zip(before, after, strict=True) if a is not None and b] == [7, 7]


def test_silent_controller_makes_the_device_fall_back(running: RunningFleet) -> None:
    running.write(PV, 704, "WMaxLimPctEna", 1, 2_500)
    for beat in range(1, 6):
        assert running.write(PV, 715, "ControllerHb", 0, beat) == 0
        running.advance(8)
    held = running.value(PV, 704, "WMaxLimPctEna")

    running.advance(4)

    assert held == 1
    assert running.value(PV, 704, "WMaxLimPctEna") == 0
    assert running.status(PV)["output_w"] == running.status(PV)["available_w"]


def test_counter_that_stands_still_is_silence(running: RunningFleet) -> None:
    running.write(PV, 704, "WMaxLimPctEna", 1, 2_500)
    for _ in range(4):
        running.write(PV, 715, "ControllerHb", 0, 9)
        running.advance(4)

    assert running.value(PV, 704, "WMaxLimPctEna") == 0


def test_device_that_never_heard_a_heartbeat_keeps_its_commands(running: RunningFleet) -> None:
    running.write(PV, 704, "WMaxLimPctEna", 1, 2_500)
    running.advance(60)

    assert running.value(PV, 704, "WMaxLimPctEna") == 1


def test_battery_watches_the_heartbeat_of_model_802(running: RunningFleet) -> None:
    running.write(BATTERY, 704, "WSetEna", 1, 1, 0, 1_000)
    running.write(BATTERY, 802, "CtrlHb", 1)
    running.advance(12)

    assert running.value(BATTERY, 704, "WSetEna") == 0


def test_local_device_acknowledges_and_does_nothing(running: RunningFleet) -> None:
    switch(running, PV, "local", "1")

    assert running.value(PV, 715, "LocRemCtl") == 1
    assert running.write(PV, 704, "WMaxLimPctEna", 1, 2_500) == 0
    assert running.value(PV, 704, "WMaxLimPctEna") == 0
    assert running.write(PV, 715, "ControllerHb", 0, 7) == 0
    assert running.value(PV, 715, "ControllerHb") == 7

    switch(running, PV, "local", "0")

    assert running.write(PV, 704, "WMaxLimPctEna", 1, 2_500) == 0
    assert running.value(PV, 704, "WMaxLimPctEna") == 1


def test_machine_without_the_switch_says_so(running: RunningFleet) -> None:
    legacy = running.first("pv", "legacy")

    with pytest.raises(Exception, match="neither model 715 nor 802"):
        switch(running, legacy, "local", "1")


def test_stop_and_start_by_model_715(running: RunningFleet) -> None:
    assert running.write(PV, 715, "OpCtl", 0) == 0
    running.advance(2)
    stopped = running.status(PV)["output_w"]
    assert running.write(PV, 715, "OpCtl", 1) == 0
    running.advance(40)

    assert stopped == 0
    assert running.status(PV)["output_w"] == running.status(PV)["available_w"]


def test_battery_is_disconnected_by_model_802(running: RunningFleet) -> None:
    running.call(lambda: running.simulation.set_soc_pct(BATTERY, 50))
    running.write(BATTERY, 704, "WSetEna", 1, 1, 0, 2_000)
    running.advance(5)
    shown = running.scan(BATTERY).models[802][0]
    assert running.write(BATTERY, 802, "SetOp", 2) == 0
    running.advance(2)
    cut = running.scan(BATTERY).models[802][0]

    assert (shown.State.cvalue, shown.ChaSt.cvalue) == (3, 3)
    assert shown.SoC.cvalue == pytest.approx(50, abs=0.2)
    assert shown.W.cvalue == 2_000
    assert (cut.State.cvalue, cut.W.cvalue) == (1, 0)


def test_outage_trips_and_the_delay_runs_only_on_a_good_grid(running: RunningFleet) -> None:
    disturb(running, OUTAGE, 0.0, 20)
    running.advance(10)
    dark = running.status(PV)
    running.advance(12)
    disturb(running, FREQUENCY, -0.8, 8)
    running.advance(6)
    waiting = running.value(PV, 703, "ESDlyRemTms")
    running.advance(16)
    back = running.status(PV)

    assert (dark["output_w"], dark["voltage_v"], dark["frequency_hz"]) == (0, 0, 0)
    assert not dark["in_service"]
    assert waiting == pytest.approx(10, abs=1)
    assert back["in_service"]


def test_delay_and_ramp_of_enter_service_can_be_set(running: RunningFleet) -> None:
    assert running.write(PV, 703, "ESDlyTms", 0, 30, 0, 0, 0, 20) == 0
    running.write(PV, 703, "ES", 0)
    running.advance(2)
    running.write(PV, 703, "ES", 1)
    running.advance(20)
    waiting = [running.value(PV, 703, "ESDlyRemTms"), running.status(PV)["output_w"]]
    running.advance(15)
    ramping = running.status(PV)
    running.advance(30)

    assert waiting == [10, 0]
    assert 0 < ramping["output_w"] < 0.6 * ramping["available_w"]
    assert running.status(PV)["output_w"] == running.status(PV)["available_w"]


def test_dc_side_balances_with_the_ac_side(running: RunningFleet) -> None:
    shown, truth = running.scan(PV).models[714][0], running.status(PV)

    ports = [port.DCW.cvalue for port in shown.Prt]

    assert len(ports) == 2
    assert shown.DCW.cvalue == pytest.approx(truth["output_w"] / 0.965, abs=2)
    assert sum(ports) == pytest.approx(shown.DCW.cvalue, abs=2)
