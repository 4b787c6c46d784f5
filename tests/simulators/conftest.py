"""Running fleets for the tests of the simulators."""

from collections.abc import Iterator

import pytest

from tests.simulators.running import RunningFleet, small_fleet


@pytest.fixture
def running() -> Iterator[RunningFleet]:
    fleet = RunningFleet(small_fleet())
    yield fleet
    fleet.close()
