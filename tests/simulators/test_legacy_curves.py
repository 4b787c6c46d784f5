"""DV-7: curves of the older half act without a handshake, and refuse what makes no sense."""

from collections.abc import Iterator

import pytest

from simulators.physics.disturbances import FREQUENCY, VOLTAGE, make_disturbance
from simulators.running.adjusting import adjust
from tests.simulators.running import RunningFleet, small_fleet


@pytest.fixture
def running() -> Iterator[RunningFleet]:
    started = RunningFleet(small_fleet())
    yield started
    started.close()


@pytest.fixture
def key(running: RunningFleet) -> str:
    return running.first("pv", "legacy")


def disturb(running: RunningFleet, kind: str, size: float, lasts_s: float = 600) -> None:
    event = make_disturbance(kind, at=running.t, size=size, lasts_s=lasts_s, ramp_s=0, feeder=None)
    running.call(lambda: running.simulation.plant.feeders.disturb(event))


def share(running: RunningFleet, key: str) -> float:
    return float(running.status(key)["output_w"] / running.spec(key).rated_w)


def test_volt_var_acts_as_soon_as_it_is_enabled(running: RunningFleet, key: str) -> None:
    disturb(running, VOLTAGE, 0.05)
    running.advance(5)
    before = running.status(key)["output_var"]
    assert running.write(key, 126, "ModEna", 1) == 0
    running.advance(30)

    status = running.status(key)

    voltage_pct = 100 * status["voltage_v"] / 277
    expected = -0.44 * running.spec(key).rated_va * min((voltage_pct - 102) / 6, 1)
    assert before == 0
    assert status["output_var"] == pytest.approx(expected, rel=0.06)


def test_second_curve_is_picked_by_its_number(running: RunningFleet, key: str) -> None:
    assert running.write(key, 126, "curve_2.V1", 900, 300, 1_100, 300) == 0
    assert running.write(key, 126, "curve_2.ActPt", 2) == 0
    assert running.write(key, 126, "ActCrv", 2, 1) == 0
    running.advance(30)

    expected = 0.3 * 0.44 * running.spec(key).rated_va
    assert running.status(key)["output_var"] == pytest.approx(expected, rel=0.01)


def test_rubbish_is_refused_and_what_was_there_stays(running: RunningFleet, key: str) -> None:
    assert running.write(key, 126, "curve_2.V1", 1_100, 300, 900, 300) == 0
    assert running.write(key, 126, "ActCrv", 2, 1) == 3
    assert running.value(key, 126, "ModEna") == 0
    assert running.write(key, 126, "ModEna", 1) == 0
    assert running.write(key, 126, "curve_1.V1", 1_100) == 3
    assert running.value(key, 126, "ActCrv") == 1


def test_volt_watt_takes_power_away(running: RunningFleet, key: str) -> None:
    assert running.write(key, 132, "curve_1.V1", 1_010, 1_000, 1_080, 100) == 0
    assert running.write(key, 132, "curve_1.ActPt", 2) == 0
    before = share(running, key)
    disturb(running, VOLTAGE, 0.04)
    running.write(key, 132, "ModEna", 1)
    running.advance(40)

    voltage_pct = 100 * running.status(key)["voltage_v"] / 277
    expected = 1 - 0.9 * (voltage_pct - 101) / 7
    assert 0.05 < expected < before
    assert share(running, key) == pytest.approx(expected, abs=0.05)
    assert running.value(key, 103, "St") == 5


def test_gradient_of_model_127_and_its_hysteresis(running: RunningFleet, key: str) -> None:
    assert running.write(key, 127, "HysEna", 1, 1) == 0
    disturb(running, FREQUENCY, 0.15, lasts_s=40)
    disturb(running, FREQUENCY, 0.95, lasts_s=15)
    running.advance(12)
    during = share(running, key)
    running.advance(20)
    held = share(running, key)
    running.advance(40)

    # 40 % of WMax for each Hz above 60.2 Hz.
    assert during == pytest.approx(1 - 0.4 * 0.9, abs=0.03)
    assert held == pytest.approx(during, abs=0.02)
    assert share(running, key) > during


def test_frequency_curve_of_model_134_goes_before(running: RunningFleet, key: str) -> None:
    running.write(key, 127, "ModEna", 1)
    assert running.write(key, 134, "ModEna", 1) == 0
    disturb(running, FREQUENCY, 1.0, lasts_s=60)
    running.advance(40)

    hz = running.status(key)["frequency_hz"]
    assert share(running, key) == pytest.approx((61.5 - hz) / 1.3, abs=0.03)


def test_curve_reverts_after_its_time(running: RunningFleet, key: str) -> None:
    assert running.write(key, 126, "ActCrv", 1, 1, 0, 20) == 0
    running.advance(10)
    on = running.value(key, 126, "ModEna")
    running.advance(15)

    assert (on, running.value(key, 126, "ModEna")) == (1, 0)


def test_trip_curves_can_be_read_and_not_written(running: RunningFleet, key: str) -> None:
    device = running.scan(key)

    found = {m: device.models[m][0].curve[0] for m in (129, 130, 135, 136)}

    assert [c.ActPt.value for c in found.values()] == [2, 2, 2, 2]
    assert (found[129].V1.cvalue, found[129].Tms1.cvalue) == (50, 2)
    assert found[136].Hz2.cvalue == 61.2
    assert running.write(key, 129, "curve_1.V1", 4_000) == 3
    assert running.write(key, 129, "ModEna", 0) == 0


def test_trackers_add_up_to_the_dc_power(running: RunningFleet, key: str) -> None:
    shown, truth = running.scan(key).models[160][0], running.status(key)

    powers = [module.DCW.cvalue for module in shown.module]

    assert len(powers) == 2
    assert sum(powers) == pytest.approx(truth["output_w"] / 0.965, rel=0.01)
    assert shown.module[0].IDStr.cvalue == "MPPT 1"


def test_clock_of_a_machine_can_go_wrong(running: RunningFleet, key: str) -> None:
    right = running.value(key, 122, "Tms")
    running.call(lambda: adjust(running.simulation, key, "clock_offset_s", "-900", running.t))
    wrong = running.value(key, 122, "Tms")

    assert right == int(running.t) - 946_684_800
    assert wrong == int(running.t) - 946_684_800 - 900
