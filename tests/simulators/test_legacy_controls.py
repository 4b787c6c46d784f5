"""DV-7: models 121, 123 and 124 act, ramp and revert as the machines of the older half do."""

import pytest

from tests.simulators.running import RunningFleet


@pytest.fixture
def pv(running: RunningFleet) -> str:
    return running.first("pv", "legacy")


@pytest.fixture
def battery(running: RunningFleet) -> str:
    key = running.first("battery", "legacy")
    running.call(lambda: running.simulation.set_soc_pct(key, 50))
    return key


def pct(running: RunningFleet, key: str, value: float) -> int:
    return round(value * 10.0 ** -running.spec(key).percent_sf)


def limit(
    running: RunningFleet, key: str, share: float, *, revert_s: int = 0, ramp_s: int = 0
) -> int:
    raw = pct(running, key, share)
    return running.write(key, 123, "WMaxLimPct", raw, 0, revert_s, ramp_s, 1)


def test_limit_is_a_share_of_the_setting_and_the_status_says_so(
    running: RunningFleet, pv: str
) -> None:
    rated = running.spec(pv).rated_w

    assert limit(running, pv, 50) == 0
    running.advance(10)

    assert running.status(pv)["output_w"] == pytest.approx(0.5 * rated)
    assert running.value(pv, 103, "W") == pytest.approx(0.5 * rated, abs=10)
    assert running.value(pv, 103, "St") == 5
    assert running.value(pv, 122, "StActCtl") == 1

    smaller = round(rated / 2 / (10 if rated >= 30_000 else 1))
    assert running.write(pv, 121, "WMax", smaller) == 0
    running.advance(10)

    assert running.status(pv)["output_w"] == pytest.approx(0.25 * rated, abs=10)


def test_limit_reverts_by_itself_and_each_write_restarts_the_time(
    running: RunningFleet, pv: str
) -> None:
    limit(running, pv, 30, revert_s=60)
    running.advance(50)
    limit(running, pv, 20, revert_s=60)
    running.advance(50)

    assert running.value(pv, 123, "WMaxLim_Ena") == 1
    assert running.status(pv)["limit_pct"] == 20
    assert running.status(pv)["reversion_s"] == {"WMaxLimPct": pytest.approx(10)}

    running.advance(20)

    assert running.value(pv, 123, "WMaxLim_Ena") == 0
    assert running.status(pv)["limit_w"] is None
    assert running.value(pv, 103, "St") == 4


def test_limit_without_reversion_time_stays_until_it_is_disabled(
    running: RunningFleet, pv: str
) -> None:
    limit(running, pv, 30)
    running.advance(4_000)

    assert running.status(pv)["limit_pct"] == 30

    assert running.write(pv, 123, "WMaxLim_Ena", 0) == 0
    running.advance(10)

    assert running.status(pv)["limit_w"] is None


def test_ramp_time_leads_from_the_present_to_the_new_limit(running: RunningFleet, pv: str) -> None:
    rated = running.spec(pv).rated_w
    limit(running, pv, 0, ramp_s=20)

    running.advance(10)
    half_way = running.status(pv)["limit_w"]
    running.advance(11)

    assert half_way == pytest.approx(0.5 * rated, rel=0.06)
    assert running.status(pv)["output_w"] == 0


def test_gradient_of_the_settings_slows_the_limit(running: RunningFleet, pv: str) -> None:
    rated = running.spec(pv).rated_w
    assert running.write(pv, 121, "WGra", 5) == 0

    limit(running, pv, 10)
    running.advance(4)

    assert running.status(pv)["limit_w"] == pytest.approx(0.8 * rated, rel=0.01)


def test_time_window_puts_the_change_off_within_it(running: RunningFleet, pv: str) -> None:
    raw = pct(running, pv, 10)
    assert running.write(pv, 123, "WMaxLimPct", raw, 60, 0, 0, 1) == 0
    running.advance(0.1)
    at_once = running.status(pv)["limit_w"]
    running.advance(70)

    assert at_once is None
    assert running.status(pv)["limit_pct"] == 10


def test_disconnected_machine_stands_by_and_reconnects_after_its_time(
    running: RunningFleet, pv: str
) -> None:
    assert running.write(pv, 123, "Conn_WinTms", 0, 30, 0) == 0
    running.advance(2)

    assert running.status(pv)["output_w"] == 0
    assert running.value(pv, 103, "St") == 8
    assert running.value(pv, 122, "ECPConn") == 0

    running.advance(40)

    assert running.value(pv, 123, "Conn") == 1
    assert running.status(pv)["output_w"] > 1_000


def test_power_factor_and_var_set_points_move_reactive_power(
    running: RunningFleet, pv: str
) -> None:
    assert running.write(pv, 123, "OutPFSet", -900, 0, 60, 0, 1) == 0
    running.advance(2)
    by_factor = running.status(pv)
    running.advance(60)

    assert by_factor["output_var"] == pytest.approx(-0.4843 * by_factor["output_w"], rel=0.01)
    assert running.value(pv, 123, "OutPFSet_Ena") == 0
    assert running.status(pv)["output_var"] == 0

    assert running.write(pv, 123, "VArMaxPct", pct(running, pv, 50), 0, 0, 60, 0, 2, 1) == 0
    running.advance(2)

    largest = running.value(pv, 121, "VArMaxQ1")
    assert largest is not None
    assert running.status(pv)["output_var"] == pytest.approx(0.5 * largest)


def test_storage_window_forces_charging_discharging_and_holding(
    running: RunningFleet, battery: str
) -> None:
    rated = running.spec(battery).discharge_max_w
    results = []
    for out_share, in_share in ((-40, 40), (25, -25), (0, 0)):
        words = [pct(running, battery, share) for share in (out_share, in_share)]
        assert running.write(battery, 124, "OutWRte", *words) == 0
        assert running.write(battery, 124, "StorCtl_Mod", 3) == 0
        running.advance(5)
        results.append(running.status(battery)["output_w"] / rated)

    assert results == [pytest.approx(-0.40), pytest.approx(0.25), 0]


def test_storage_control_ends_by_itself(running: RunningFleet, battery: str) -> None:
    full = pct(running, battery, 100)
    assert running.write(battery, 124, "OutWRte", full, -full, 0, 30, 0) == 0
    assert running.write(battery, 124, "StorCtl_Mod", 3) == 0
    running.advance(5)
    forced = running.status(battery)["output_w"]
    running.advance(60)

    assert forced == pytest.approx(running.spec(battery).discharge_max_w)
    assert running.value(battery, 124, "StorCtl_Mod") == 0
    assert running.status(battery)["output_w"] < 0


def test_reserve_stops_a_discharge(running: RunningFleet, battery: str) -> None:
    full = pct(running, battery, 100)
    assert running.write(battery, 124, "MinRsvPct", pct(running, battery, 49.5)) == 0
    running.write(battery, 124, "OutWRte", full, -full)
    running.write(battery, 124, "StorCtl_Mod", 3)

    running.advance(600)

    assert running.status(battery)["soc_pct"] == pytest.approx(49.5, abs=0.02)
    assert running.status(battery)["output_w"] == pytest.approx(0, abs=1)
    assert running.value(battery, 124, "ChaSt") == 2
