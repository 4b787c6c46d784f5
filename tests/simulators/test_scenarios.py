"""DV-7: scenarios are read from files, checked in words, and happen when they say."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from simulators.errors import FleetError
from simulators.physics.plant import Plant
from simulators.regimes import regime_named
from simulators.running.deeds import Deeds
from simulators.running.scenario import (
    Scenario,
    ScenarioRun,
    check_against,
    load_scenario,
    shipped,
)
from simulators.running.selecting import select
from tests.simulators.running import NOON, RunningFleet, small_fleet

PV = "ada-pv"


@pytest.fixture
def running() -> Iterator[RunningFleet]:
    started = RunningFleet(small_fleet(count=40))
    yield started
    started.close()


def written(folder: Path, text: str, suffix: str = "toml") -> Scenario:
    path = folder / f"mine.{suffix}"
    path.write_text(text)
    return load_scenario(str(path))


class Played:
    """A scenario on a running fleet, a second at a time."""

    def __init__(self, running: RunningFleet, scenario: Scenario) -> None:
        self.running = running
        self.run = ScenarioRun(scenario, Deeds(running.simulation, running.server), running.t)

    def go(self, seconds: int) -> None:
        for _ in range(seconds):
            self.running.advance(1)
            self.running.call(lambda: self.run.advance(self.running.t))

    def fault(self, key: str) -> str:
        return self.running.call(lambda: self.running.server.fault_of(key).kind)


def test_the_six_are_shipped_and_sound() -> None:
    fleet = small_fleet(count=40)

    assert shipped() == [
        "bad_firmware", "clear", "cloudy", "comm_loss", "feeder_outage", "storm",
    ]  # fmt: skip
    for name in shipped():
        scenario = load_scenario(name)
        check_against(scenario, fleet)
        assert scenario.description


def test_example_of_the_guide_is_sound(tmp_path: Path) -> None:
    guide = (Path(__file__).parents[2] / "docs/howto/run_simulators.md").read_text()
    (example,) = re.findall(r"```toml\n(.*?)```", guide, re.DOTALL)

    scenario = written(tmp_path, example)

    check_against(scenario, small_fleet(count=40))
    assert [entry.deed for entry in scenario.entries] == ["weather", "fault", "event", "set"]


def test_everything_happens_when_the_file_says(running: RunningFleet, tmp_path: Path) -> None:
    scenario = written(
        tmp_path,
        """
        name = "mine"
        [[timeline]]
        at = "0:10"
        fault = "exception:6"
        who = "ada-pv"
        lasts = 10
        [[timeline]]
        at = 5
        set = { "704.WMaxLimPct" = 25, "704.WMaxLimPctEna" = 1 }
        who = "ada-pv"
        [[timeline]]
        at = "0:00:25"
        event = "outage"
        feeder = "MILLBROOK"
        lasts = 30
        """,
    )
    played = Played(running, scenario)
    played.go(4)
    before = running.status(PV)["limit_pct"], played.fault(PV)
    played.go(8)
    during = running.status(PV)["limit_pct"], played.fault(PV)
    played.go(9)
    after = played.fault(PV)
    played.go(9)

    assert before == (None, "none")
    assert during == (25, "exception")
    assert after == "none"
    assert running.status(PV)["voltage_v"] == 0


def test_timeline_begins_anew_when_it_repeats(running: RunningFleet, tmp_path: Path) -> None:
    scenario = written(
        tmp_path,
        'repeat_every = 20\n[[timeline]]\nat = 2\nfault = "busy"\nwho = "ada-pv"\nlasts = 5',
    )
    played = Played(running, scenario)
    seen = []
    for _ in range(45):
        played.go(1)
        seen.append(played.fault(PV) == "busy")

    assert [k for k in range(1, 45) if seen[k] and not seen[k - 1]] == [1, 21, 41]
    assert sum(seen) == pytest.approx(14, abs=1)


def test_storm_comes_in_slowly_and_darkens_the_day(tmp_path: Path) -> None:
    fleet = small_fleet(count=40)
    clear, stormy = Plant(fleet, NOON, "clear"), Plant(fleet, NOON, "clear")
    stormy_from = NOON + 60
    stormy.advance(stormy_from)
    stormy.change_weather(regime_named("storm"), 600)
    shares = []
    for k in range(1, 31):
        clear.advance(stormy_from + 60 * k)
        stormy.advance(stormy_from + 60 * k)
        shares.append(
            float(np.sum(stormy.now.available_w[stormy.pv]))
            / float(np.sum(clear.now.available_w[clear.pv]))
        )

    assert shares[0] > 0.85
    assert max(shares[15:]) < 0.35
    assert shares[3] > shares[12]


def test_selections_mean_whom_they_say() -> None:
    fleet = small_fleet(count=40)

    harbour = select(fleet, "feeder:HARBOUR kind:pv")
    third = select(fleet, "feeder:HARBOUR kind:pv 33%")

    assert {(d.feeder, d.kind) for d in harbour} == {("HARBOUR", "pv")}
    assert 0.2 < len(third) / len(harbour) < 0.5
    assert {d.key for d in third} < {d.key for d in harbour}
    assert select(fleet, "feeder:HARBOUR kind:pv 33%") == third
    assert {d.site for d in select(fleet, "spare*")} == {f"spare{n}" for n in range(1, 7)}
    assert len(select(fleet, "all")) == len(fleet.devices)


@pytest.mark.parametrize("who", ["nobody", "feeder:NOWHERE", "colour:red", "all 0%", ""])
def test_selection_of_nobody_is_refused_in_words(who: str) -> None:
    with pytest.raises(FleetError, match=r"no device|have no colour|above 0 %"):
        select(small_fleet(), who)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("name = ", "is not well-formed TOML"),
        ("nam = 3", "nam is unknown; use description"),
        ('weather = "hail"', "'hail' is none of clear"),
        ("timeline = 3", "it is a list of entries"),
        ("[[timeline]]\nweather = 'clear'", "entry 1: it needs `at`"),
        ("[[timeline]]\nat = 1", "entry 1: it says exactly one of weather"),
        ("[[timeline]]\nat = 1\nfault = 'silent'", "entry 1: fault needs who"),
        ("[[timeline]]\nat = 1\nfault = 'tired'\nwho = 'all'", "'tired' is unknown; choose"),
        ("[[timeline]]\nat = 'soon'\nweather = 'clear'", "'soon' is no time; write seconds"),
        ("[[timeline]]\nat = 1\nweather = 'clear'\nwho = 'all'", "weather does not know who"),
        ("[[timeline]]\nat = 1\nevent = 'outage'", "event needs lasts"),
        ("[[timeline]]\nat = 1\nevent = 'frequency'\nsize = 9\nlasts = 5", "off by up to 5 Hz"),
        ("[[timeline]]\nat = 1\nset = 5\nwho = 'all'", "set is a table"),
        ("repeat_every = 5\n[[timeline]]\nat = 9\nweather = 'clear'", "ends before the last entry"),
    ],
)
def test_badly_written_scenario_is_refused_in_words(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(FleetError, match=words):
        written(tmp_path, text)


def test_json_will_do_and_missing_files_name_the_shipped_ones(tmp_path: Path) -> None:
    scenario = written(tmp_path, json.dumps({"timeline": [{"at": 3, "weather": "cloudy"}]}), "json")

    assert [(e.at_s, e.what) for e in scenario.entries] == [(3, "cloudy")]
    with pytest.raises(FleetError, match="shipped are: bad_firmware, clear"):
        load_scenario("hurricane")


def test_scenario_for_another_fleet_is_refused_before_it_starts(tmp_path: Path) -> None:
    fleet = small_fleet()
    lonely = written(tmp_path, "[[timeline]]\nat = 1\nfault = 'busy'\nwho = 'bob-pv'")
    elsewhere = written(tmp_path, "[[timeline]]\nat = 1\nevent = 'outage'\nlasts = 5\nfeeder = 'X'")

    with pytest.raises(FleetError, match="entry 1: no device 'bob-pv'"):
        check_against(lonely, fleet)
    with pytest.raises(FleetError, match="no feeder 'X'; there are: HARBOUR"):
        check_against(elsewhere, fleet)
    check_against(replace(lonely, entries=()), fleet)
