"""DV-7: curves and droop are adopted by the handshake, act on voltage and frequency, and revert."""

import pytest

from simulators.physics.disturbances import FREQUENCY, VOLTAGE, make_disturbance
from simulators.running.adjusting import adjust
from tests.simulators.running import RunningFleet

PV, BATTERY = "ada-pv", "ada-battery"
IN_PROGRESS, COMPLETED, FAILED = 0, 1, 2


def disturb(running: RunningFleet, kind: str, size: float, lasts_s: float = 600) -> None:
    event = make_disturbance(kind, at=running.t, size=size, lasts_s=lasts_s, ramp_s=0, feeder=None)
    running.call(lambda: running.simulation.plant.feeders.disturb(event))


def write_curve(
    running: RunningFleet, key: str, model: int, points: list[tuple[int, int]], number: int = 2
) -> None:
    """Write points (raw: hundredths of a percent) and their count into a writable curve."""
    names = {705: ("V", "Var"), 706: ("V", "W"), 712: ("W", "Var")}[model]
    flat = [value for point in points for value in point]
    assert running.write(key, model, f"Crv_{number}.Pt_1.{names[0]}", *flat) == 0
    assert running.write(key, model, f"Crv_{number}.ActPt", len(points)) == 0


def adopt(running: RunningFleet, key: str, model: int, number: int = 2) -> float | None:
    """Ask for adoption and wait; returns the result."""
    request = "AdptCtlReq" if model == 711 else "AdptCrvReq"
    assert running.write(key, model, request, number) == 0
    assert running.value(key, model, request.replace("Req", "Rslt")) == IN_PROGRESS
    running.advance(2)
    return running.value(key, model, request.replace("Req", "Rslt"))


def test_curve_is_adopted_on_request_and_not_before(running: RunningFleet) -> None:
    write_curve(running, PV, 705, [(9_000, 8_000), (9_700, 0), (10_100, 0), (11_000, -8_000)])

    before = curve(running, PV)
    result = adopt(running, PV, 705)

    assert before == [(92, 100), (98, 0), (102, 0), (108, -100)]
    assert result == COMPLETED
    assert curve(running, PV) == [(90, 80), (97, 0), (101, 0), (110, -80)]


def curve(running: RunningFleet, key: str, number: int = 1) -> list[tuple[float, float]]:
    """As pysunspec2 reads it."""
    found = running.scan(key).models[705][0].Crv[number - 1]
    return [(p.V.cvalue, p.Var.cvalue) for p in found.Pt[: found.ActPt.value]]


@pytest.mark.parametrize(
    "points",
    [
        [(9_800, 10_000), (9_200, 0)],
        [(9_200, 0), (10_800, 10_000)],
        [(9_200, 10_100), (10_800, 0)],
        [(9_200, 10_000)],
    ],
    ids=["falling x", "rising y", "more than 100 %", "one point"],
)
def test_rubbish_fails_and_leaves_the_curve_in_force(
    running: RunningFleet, points: list[tuple[int, int]]
) -> None:
    in_force = curve(running, PV)
    write_curve(running, PV, 705, points)

    assert adopt(running, PV, 705) == FAILED
    assert curve(running, PV) == in_force


def test_curve_in_force_and_the_factorys_own_cannot_be_written(running: RunningFleet) -> None:
    assert running.write(PV, 705, "Crv_1.Pt_1.V", 9_000) == 3
    assert running.write(PV, 705, "Crv_3.Pt_1.V", 9_000) == 3
    assert running.write(PV, 705, "AdptCrvReq", 4) == 3
    assert running.write(PV, 705, "Crv_2.Pt_1.V", 9_000) == 0


def test_volt_var_absorbs_when_the_voltage_is_high(running: RunningFleet) -> None:
    assert running.write(PV, 705, "Ena", 1) == 0
    disturb(running, VOLTAGE, 0.05)
    running.advance(40)

    status, shown = running.status(PV), running.scan(PV)

    voltage_pct = 100 * status["voltage_v"] / 120
    expected = -0.44 * 8_000 * min((voltage_pct - 102) / 6, 1)
    assert voltage_pct > 103
    assert status["output_var"] == pytest.approx(expected, rel=0.05)
    assert shown.models[701][0].Var.cvalue == pytest.approx(status["output_var"], abs=1)


def test_volt_var_moves_with_its_open_loop_response(running: RunningFleet) -> None:
    running.write(PV, 705, "Ena", 1)
    running.advance(30)
    before = running.status(PV)["output_var"]
    disturb(running, VOLTAGE, 0.04)
    running.advance(2)
    soon = running.status(PV)["output_var"]
    running.advance(38)
    late = running.status(PV)["output_var"]

    assert late < soon < before
    assert 0.1 < (soon - before) / (late - before) < 0.7


def test_volt_watt_takes_power_away(running: RunningFleet) -> None:
    write_curve(running, PV, 706, [(10_200, 10_000), (10_800, 1_000)])
    assert adopt(running, PV, 706) == COMPLETED
    assert running.write(PV, 706, "Ena", 1) == 0
    disturb(running, VOLTAGE, 0.05)
    running.advance(60)

    status = running.status(PV)

    assert 0 < status["output_w"] < 0.7 * status["available_w"]
    assert running.value(PV, 701, "ThrotSrc") == 1 << 10


def test_watt_var_follows_the_power(running: RunningFleet) -> None:
    write_curve(running, PV, 712, [(0, 0), (10_000, -10_000)])
    assert adopt(running, PV, 712) == COMPLETED
    running.write(PV, 712, "Ena", 1)
    running.advance(60)

    status = running.status(PV)

    share = status["output_w"] / 8_000
    assert share > 0.3
    assert status["output_var"] == pytest.approx(-share * 0.44 * 8_000, rel=0.03)


def test_droop_makes_a_battery_help_when_the_frequency_dips(running: RunningFleet) -> None:
    running.call(lambda: running.simulation.set_soc_pct(BATTERY, 60))
    running.write(BATTERY, 704, "WSetEna", 1, 1, 0, 500)
    assert running.write(BATTERY, 711, "Ena", 1) == 0
    running.advance(20)
    before = running.status(BATTERY)["output_w"]
    disturb(running, FREQUENCY, -0.636, lasts_s=60)
    running.advance(50)
    during = running.status(BATTERY)
    running.advance(30)

    # (0.636 - 0.036) Hz over 60 Hz and 5 % droop: a fifth of 5 kW.
    wander = 60 - 0.636 - during["frequency_hz"]
    assert before == 500
    assert during["output_w"] == pytest.approx(500 + 1_000 + wander * 1_667, abs=20)
    assert running.status(BATTERY)["output_w"] == 500


def test_droop_takes_solar_back_when_the_frequency_is_high(running: RunningFleet) -> None:
    running.write(PV, 711, "Ctl_2.KOf", 30)
    assert adopt(running, PV, 711) == COMPLETED
    running.write(PV, 711, "Ena", 1)
    running.advance(10)
    before = running.status(PV)["output_w"]
    disturb(running, FREQUENCY, 0.5, lasts_s=60)
    running.advance(50)

    during = running.status(PV)

    off = (during["frequency_hz"] - 60.036) / (60 * 0.03)
    assert during["output_w"] == pytest.approx(before - off * 8_000, rel=0.03)


def test_droop_out_of_its_range_fails(running: RunningFleet) -> None:
    running.write(PV, 711, "Ctl_2.KOf", 900)

    assert adopt(running, PV, 711) == FAILED


def test_function_reverts_to_the_named_curve_or_off(running: RunningFleet) -> None:
    write_curve(running, PV, 705, [(9_000, 8_000), (11_000, -8_000)])
    adopt(running, PV, 705)
    running.write(PV, 705, "RvrtTms", 0, 30)
    running.write(PV, 705, "RvrtCrv", 3)
    running.write(PV, 705, "Ena", 1)
    running.advance(10)
    counting = running.value(PV, 705, "RvrtRem")
    running.advance(25)

    assert counting == 20
    assert running.value(PV, 705, "Ena") == 1
    assert curve(running, PV) == [(92, 100), (98, 0), (102, 0), (108, -100)]

    running.write(PV, 705, "RvrtCrv", 0)
    running.write(PV, 705, "Ena", 1)
    running.advance(31)

    assert running.value(PV, 705, "Ena") == 0


def test_point_set_at_the_panel_acts_without_a_write(running: RunningFleet) -> None:
    running.call(lambda: adjust(running.simulation, PV, "704.WMaxLimPct", "25", running.t))
    running.call(lambda: adjust(running.simulation, PV, "704.WMaxLimPctEna", "1", running.t))
    running.advance(5)

    assert running.value(PV, 704, "WMaxLimPct") == 25
    assert running.status(PV)["output_w"] == 2_000
