"""DV-7: models 707 to 710 decide when voltage and frequency make a machine trip."""

import pytest

from simulators.physics.disturbances import FREQUENCY, VOLTAGE, make_disturbance
from tests.simulators.running import RunningFleet

PV = "ada-pv"
COMPLETED, FAILED = 1, 2


def disturb(running: RunningFleet, kind: str, size: float, lasts_s: float) -> None:
    event = make_disturbance(kind, at=running.t, size=size, lasts_s=lasts_s, ramp_s=0, feeder=None)
    running.call(lambda: running.simulation.plant.feeders.disturb(event))


def serves(running: RunningFleet) -> bool:
    return bool(running.status(PV)["in_service"])


def adopt(running: RunningFleet, model: int, limit: int, hundredths_s: int) -> float | None:
    """Write one must-trip point into curve 2 and have it adopted."""
    word = "V" if model in {707, 708} else "Hz"
    first = f"Crv_2.MustTrip.Pt_1.{word}"
    value = [limit] if word == "V" else [limit >> 16, limit & 0xFFFF]
    assert running.write(PV, model, first, *value, 0, hundredths_s) == 0
    assert running.write(PV, model, "Crv_2.MustTrip.ActPt", 1) == 0
    assert running.write(PV, model, "AdptCrvReq", 2) == 0
    running.advance(2)
    return running.value(PV, model, "AdptCrvRslt")


@pytest.mark.parametrize(
    ("kind", "size", "rides_s", "trips_s"),
    [
        (VOLTAGE, -0.20, 18, 25),
        (VOLTAGE, -0.48, 4, 30),
        (VOLTAGE, 0.12, 11, 20),
        (FREQUENCY, -2.0, 280, 310),
        (FREQUENCY, 2.5, 0, 3),
    ],
)
def test_it_rides_through_for_so_long_and_then_trips(
    running: RunningFleet, kind: str, size: float, rides_s: int, trips_s: int
) -> None:
    disturb(running, kind, size, 1_000)
    running.advance(rides_s)
    rode = serves(running)
    running.advance(trips_s - rides_s)

    assert rode
    assert not serves(running)
    assert running.status(PV)["output_w"] == 0


def test_tighter_limit_trips_sooner_once_it_is_adopted(running: RunningFleet) -> None:
    assert adopt(running, 708, 10_400, 200) == COMPLETED
    disturb(running, VOLTAGE, 0.05, 60)
    running.advance(6)
    tripped = running.scan(PV)

    assert not serves(running)
    assert tripped.models[701][0].InvSt.cvalue == 2

    running.advance(120)

    assert serves(running)


def test_wider_frequency_limit_rides_through(running: RunningFleet) -> None:
    assert adopt(running, 710, 6_400, 100) == COMPLETED
    disturb(running, FREQUENCY, 2.5, 30)
    running.advance(20)

    assert serves(running)


def test_nonsense_fails(running: RunningFleet) -> None:
    assert adopt(running, 708, 9_000, 200) == FAILED
    assert adopt(running, 708, 11_000, 0) == FAILED


def test_function_that_is_off_does_not_trip(running: RunningFleet) -> None:
    assert running.write(PV, 708, "Ena", 0) == 0
    disturb(running, VOLTAGE, 0.12, 60)
    running.advance(40)

    assert serves(running)


def test_alarm_says_why_it_is_off(running: RunningFleet) -> None:
    disturb(running, FREQUENCY, 2.5, 60)
    running.advance(10)

    assert running.value(PV, 701, "Alrm") == 1 << 8
