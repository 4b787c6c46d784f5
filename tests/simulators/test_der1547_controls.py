"""DV-7: models 702, 703 and 704 act, ramp and revert as the newer half does."""

import pytest

from tests.simulators.running import RunningFleet

PV, BATTERY = "ada-pv", "ada-battery"


def words(value: int) -> tuple[int, int]:
    return value >> 16 & 0xFFFF, value & 0xFFFF


@pytest.fixture(autouse=True)
def half_full(running: RunningFleet) -> None:
    running.call(lambda: running.simulation.set_soc_pct(BATTERY, 50))


def test_limit_binds_counts_down_and_reverts(running: RunningFleet) -> None:
    assert running.write(PV, 704, "WMaxLimPctEna", 1, 2_500, 10_000, 0, 0, 60) == 0
    running.advance(20)

    assert running.value(PV, 701, "W") == 2_000
    assert running.value(PV, 701, "InvSt") == 4
    assert running.value(PV, 701, "ThrotSrc") == 1
    assert running.value(PV, 701, "ThrotPct") == pytest.approx(55, abs=10)
    assert running.value(PV, 704, "WMaxLimPctRvrtRem") == 40

    running.advance(45)

    assert running.value(PV, 704, "WMaxLimPctEna") == 0
    assert running.value(PV, 704, "WMaxLimPct") == 100
    assert running.value(PV, 704, "WMaxLimPctRvrtRem") == 0
    assert running.value(PV, 701, "InvSt") == 3
    assert running.status(PV)["output_w"] == running.status(PV)["available_w"]


def test_reversion_can_lead_to_another_limit_that_stays(running: RunningFleet) -> None:
    assert running.write(PV, 704, "WMaxLimPctEna", 1, 1_000, 5_000, 1, 0, 30) == 0
    running.advance(40)

    assert running.value(PV, 704, "WMaxLimPctEna") == 1
    assert running.value(PV, 704, "WMaxLimPct") == 50
    assert running.status(PV)["output_w"] == 4_000


def test_writing_the_block_again_restarts_the_reversion_time(running: RunningFleet) -> None:
    for _ in range(3):
        assert running.write(PV, 704, "WMaxLimPctEna", 1, 2_500, 10_000, 0, 0, 60) == 0
        running.advance(50)

    assert running.value(PV, 704, "WMaxLimPctRvrtRem") == 10
    assert running.status(PV)["output_w"] == 2_000


def test_percent_refers_to_the_setting_not_the_rating(running: RunningFleet) -> None:
    assert running.write(PV, 702, "WMax", 6_000) == 0
    assert running.write(PV, 704, "WMaxLimPctEna", 1, 5_000) == 0
    running.advance(5)

    assert running.status(PV)["output_w"] == 3_000
    assert running.value(PV, 702, "WMaxRtg") == 8_000
    assert running.write(PV, 702, "WMax", 8_100) == 3


def test_battery_follows_a_signed_set_point_in_watts_and_reverts(running: RunningFleet) -> None:
    own_use = running.status(BATTERY)["output_w"]
    block = (1, 1, *words(-3_000), 0, 0, 0, 0, 0, *words(60))
    assert running.write(BATTERY, 704, "WSetEna", *block) == 0
    running.advance(5)

    assert running.value(BATTERY, 701, "W") == -3_000
    assert running.value(BATTERY, 704, "WSetRvrtRem") == 55

    assert running.write(BATTERY, 704, "WSet", *words(3_000)) == 0
    running.advance(5)

    assert running.value(BATTERY, 701, "W") == 3_000

    running.advance(70)

    assert running.value(BATTERY, 704, "WSetEna") == 0
    assert running.status(BATTERY)["output_w"] == pytest.approx(own_use, abs=1_500)
    assert own_use < 0


def test_battery_set_point_in_percent_is_signed(running: RunningFleet) -> None:
    running.write(BATTERY, 704, "WSetPct", -4_000)
    running.write(BATTERY, 704, "WSetMod", 0)
    running.write(BATTERY, 704, "WSetEna", 1)
    running.advance(5)

    assert running.value(BATTERY, 701, "W") == -2_000


def test_pv_set_point_caps_and_cannot_absorb(running: RunningFleet) -> None:
    assert running.write(PV, 704, "WSet", *words(-100)) == 3
    assert running.write(PV, 704, "WSet", *words(1_500)) == 0
    assert running.write(PV, 704, "WSetEna", 1) == 0
    running.advance(5)

    assert running.value(PV, 701, "W") == 1_500
    assert running.value(PV, 701, "ThrotSrc") == 2


def test_limit_holds_a_battery_back_too(running: RunningFleet) -> None:
    running.write(BATTERY, 704, "WSetEna", 1, 1, *words(5_000))
    running.write(BATTERY, 704, "WMaxLimPctEna", 1, 2_000)
    running.advance(5)

    assert running.value(BATTERY, 701, "W") == 1_000


def test_output_rises_with_the_ramp_and_falls_at_once(running: RunningFleet) -> None:
    running.write(PV, 704, "WRmp", 5)
    running.write(PV, 704, "WMaxLimPctEna", 1, 1_000)
    running.advance(2)
    fallen = running.status(PV)["output_w"]
    running.write(PV, 704, "WMaxLimPctEna", 0)
    running.advance(3)

    assert fallen == 800
    assert running.status(PV)["output_w"] == pytest.approx(800 + 3 * 400, abs=1)


def test_ceased_machine_waits_starts_and_ramps_up_again(running: RunningFleet) -> None:
    assert running.write(PV, 703, "ES", 0) == 0
    running.advance(2)

    assert running.status(PV)["output_w"] == 0
    assert running.value(PV, 701, "St") == 0
    assert running.value(PV, 701, "InvSt") == 7
    assert running.value(PV, 701, "ConnSt") == 0

    assert running.write(PV, 703, "ES", 1) == 0
    running.advance(4)

    assert running.value(PV, 701, "InvSt") == 2
    assert running.value(PV, 703, "ESDlyRemTms") == 6
    assert running.status(PV)["output_w"] == 0

    running.advance(10)

    assert 800 < running.status(PV)["output_w"] < 4_800

    running.advance(20)

    assert running.status(PV)["output_w"] == running.status(PV)["available_w"]


def test_power_factor_group_is_written_as_one(running: RunningFleet) -> None:
    assert running.write(PV, 704, "PFWInj.PF", 900, 1) == 0
    assert running.write(PV, 704, "PFWInjEna", 1, 0, *words(60)) == 0
    running.advance(2)
    under_excited = running.status(PV)
    running.advance(60)

    assert under_excited["output_var"] == pytest.approx(
        -0.4843 * under_excited["output_w"], rel=0.01
    )
    assert running.value(PV, 704, "PFWInjEna") == 0
    assert running.status(PV)["output_var"] == 0


@pytest.mark.parametrize(
    ("mode", "set_var", "set_pct", "expected_var"),
    [(4, -1_500, 0, -1_500), (0, 0, 1_000, 800), (1, 0, 5_000, 1_760), (3, 0, -1_000, -800)],
)
def test_var_set_point_in_each_reference(
    running: RunningFleet, mode: int, set_var: int, set_pct: int, expected_var: int
) -> None:
    assert running.write(PV, 704, "VarSetEna", 1, mode, 0, *words(set_var), 0, 0, set_pct) == 0
    running.advance(2)

    assert running.value(PV, 701, "Var") == expected_var


def test_reactive_priority_takes_active_power_where_va_run_out(running: RunningFleet) -> None:
    assert running.write(PV, 702, "VAMax", 4_000) == 0
    running.write(PV, 704, "VarSetEna", 1, 4, 1, *words(3_000))
    running.advance(2)

    status = running.status(PV)

    assert status["output_var"] == 3_000
    assert status["output_w"] == pytest.approx(7**0.5 * 1_000, abs=1)
