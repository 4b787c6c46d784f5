"""DV-7: settings survive a restart as on real machines; set-points with timers do not."""

import json
from pathlib import Path

import pytest

from simulators.errors import FleetError
from simulators.running.adjusting import adjust
from simulators.running.state import StateFiles
from tests.simulators.running import RunningFleet, small_fleet

PV, BATTERY = "ada-pv", "ada-battery"


def restarted(running: RunningFleet, folder: Path) -> RunningFleet:
    """Stop the fleet, and start another process's worth of it on the same state."""
    fleet, files = running.fleet, StateFiles.at(folder)
    files.save_settings(running.simulation.devices)
    t = running.t
    running.close()
    fresh = RunningFleet(fleet, t)
    fresh.call(
        lambda: files.restore_settings(fresh.simulation.devices, fresh.simulation.plant, fresh.t)
    )
    fresh.advance(2)
    return fresh


def test_settings_and_adopted_curves_are_kept(tmp_path: Path) -> None:
    running = RunningFleet(small_fleet())
    running.write(PV, 702, "WMax", 6_000)
    running.write(PV, 703, "ESDlyTms", 0, 45)
    running.write(PV, 704, "WRmp", 20)
    running.write(PV, 705, "Crv_2.Pt_1.V", 9_000, 5_000, 9_500, -5_000)
    running.write(PV, 705, "Crv_2.ActPt", 2)
    running.write(PV, 705, "AdptCrvReq", 2)
    running.advance(3)
    running.write(PV, 705, "Ena", 1)
    adjusted = running.call(lambda: adjust(running.simulation, PV, "local", "1", running.t))

    running = restarted(running, tmp_path)
    try:
        held = running.scan(PV).models
        status = running.status(PV)
    finally:
        running.close()

    assert adjusted is None
    assert held[702][0].WMax.cvalue == status["w_max"] == 6_000
    assert held[703][0].ESDlyTms.cvalue == 45
    assert held[704][0].WRmp.cvalue == 20
    assert held[705][0].Ena.cvalue == 1
    assert held[705][0].Crv[0].Pt[0].V.cvalue == 90
    assert held[715][0].LocRemCtl.cvalue == 1
    assert status["output_var"] < -100


def test_limits_set_points_and_whatever_a_timer_ran_for_are_lost(tmp_path: Path) -> None:
    running = RunningFleet(small_fleet())
    running.write(PV, 704, "WMaxLimPctEna", 1, 2_500)
    running.write(BATTERY, 704, "WSetEna", 1, 1, 0, 1_000)
    running.write(PV, 705, "RvrtTms", 0, 600)
    running.write(PV, 705, "Ena", 1)
    running.advance(5)
    before = running.status(PV)["output_w"]

    running = restarted(running, tmp_path)
    try:
        held, battery = running.scan(PV).models, running.scan(BATTERY).models
        status = running.status(PV)
    finally:
        running.close()

    assert before == 2_000
    assert held[704][0].WMaxLimPctEna.cvalue == 0
    assert battery[704][0].WSetEna.cvalue == 0
    assert (held[705][0].Ena.cvalue, held[705][0].RvrtRem.cvalue) == (0, 0)
    assert status["output_w"] == status["available_w"]


def test_interrupted_adoption_has_failed(tmp_path: Path) -> None:
    running = RunningFleet(small_fleet())
    running.write(PV, 705, "AdptCrvReq", 2)

    running = restarted(running, tmp_path)
    try:
        assert running.value(PV, 705, "AdptCrvRslt") == 2
    finally:
        running.close()


def test_one_machine_restarts_by_itself(tmp_path: Path) -> None:
    running = RunningFleet(small_fleet())
    try:
        running.write(PV, 704, "WMaxLimPctEna", 1, 2_500)
        running.write(PV, 702, "WMax", 6_000)
        running.call(lambda: adjust(running.simulation, PV, "restart", "1", running.t))
        running.advance(1)
        starting = running.status(PV)
        running.advance(40)

        assert not starting["in_service"]
        assert running.value(PV, 704, "WMaxLimPctEna") == 0
        assert running.value(PV, 702, "WMax") == 6_000
        assert running.status(PV)["in_service"]
    finally:
        running.close()


def test_untouched_machines_leave_nothing_and_a_file_name_works_too(tmp_path: Path) -> None:
    running = RunningFleet(small_fleet())
    files = StateFiles.at(tmp_path / "fleet-state.json")
    try:
        files.save_settings(running.simulation.devices)
        nothing = files.settings.exists()
        running.write(PV, 702, "WMax", 6_000)
        files.save_settings(running.simulation.devices)
    finally:
        running.close()

    assert not nothing
    assert files.settings == tmp_path / "fleet-state.settings.json"
    assert list(json.loads(files.settings.read_text())["devices"]) == [PV]


def test_file_that_is_no_state_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "settings.json").write_text('{"devices": 3}')
    (tmp_path / "energy.json").write_text("{}")
    files = StateFiles.at(tmp_path)
    running = RunningFleet(small_fleet())
    try:
        with pytest.raises(FleetError, match="delete it to start anew"):
            files.restore_settings(running.simulation.devices, running.simulation.plant, 0)
        with pytest.raises(FleetError, match="not a state file"):
            files.time()
    finally:
        running.close()
