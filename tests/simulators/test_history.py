"""DV-7: a past period run fast goes over into the live run without a jump."""

import csv
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from simulators.errors import FleetError
from simulators.running.history import PastLimit, load_limits, write_history
from simulators.running.live import RunOptions, start_simulation
from simulators.running.state import StateFiles
from tests.simulators.running import NOON, small_fleet

HOUR = 3_600.0


def rows(path: Path, key: str) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return [row for row in csv.DictReader(file) if row["key"] == key]


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    return tmp_path / "history.csv", tmp_path / "state.json"


def test_history_has_a_row_for_each_machine_and_step(files: tuple[Path, Path]) -> None:
    out, state = files
    fleet = small_fleet()

    count = write_history(fleet, NOON, NOON + HOUR, 300, out, state=state)

    assert count == 13 * (len(fleet.devices) - 1)
    pv = rows(out, "ada-pv")
    assert [row["t"] for row in pv[:2]] == ["2026-06-21T18:10:00Z", "2026-06-21T18:15:00Z"]
    gained = float(pv[-1]["energy_injected_wh"]) - float(pv[0]["energy_injected_wh"])
    mean_w = sum(float(row["active_power_w"]) for row in pv[1:]) / 12
    assert gained == pytest.approx(mean_w, rel=0.01)
    assert {row["soc_pct"] for row in pv} == {""}
    assert float(rows(out, "ada-battery")[-1]["soc_pct"]) > 0
    assert {row["available_w"] for row in rows(out, "ada-meter")} == {""}


def test_live_run_goes_on_exactly_where_history_ends(files: tuple[Path, Path]) -> None:
    out, state = files
    fleet = small_fleet(weather="fair")
    write_history(fleet, NOON - 6 * HOUR, NOON, 300, out, state=state)

    live = start_simulation(fleet, RunOptions(state=state), NOON)

    for spec in fleet.devices:
        if not spec.sunspec:
            continue
        last, truth = rows(out, spec.key)[-1], live.status(live.device(spec.key))
        assert truth["energy_injected_wh"] == pytest.approx(
            float(last["energy_injected_wh"]), abs=0.006
        )
        assert truth["energy_absorbed_wh"] == pytest.approx(
            float(last["energy_absorbed_wh"]), abs=0.006
        )
        if spec.kind == "pv":
            assert truth["output_w"] == pytest.approx(float(last["active_power_w"]), abs=0.06)
        if spec.kind == "battery":
            assert truth["soc_pct"] == pytest.approx(float(last["soc_pct"]), abs=0.006)


def test_time_between_history_and_start_is_made_up_for(files: tuple[Path, Path]) -> None:
    out, state = files
    fleet = small_fleet()
    write_history(fleet, NOON - HOUR, NOON, 300, out, state=state)
    through = start_simulation(fleet, RunOptions(), NOON - HOUR)
    through.advance(NOON + HOUR)

    late = start_simulation(fleet, RunOptions(state=state), NOON + HOUR)

    assert late.plant.counters.injected_wh == pytest.approx(
        through.plant.counters.injected_wh, rel=1e-6
    )


def test_counters_are_kept_when_the_pause_was_longer_than_a_day(files: tuple[Path, Path]) -> None:
    _, state = files
    fleet = small_fleet()
    before = start_simulation(fleet, RunOptions(), NOON)
    before.advance(NOON + HOUR)
    StateFiles.at(state).save_energy(before.plant)

    after = start_simulation(fleet, RunOptions(state=state), NOON + 100 * HOUR)

    assert after.plant.counters.injected_wh == pytest.approx(before.plant.counters.injected_wh)
    assert after.plant.batteries.stored_wh == pytest.approx(
        before.plant.batteries.stored_wh, rel=0.01
    )


def test_past_curtailment_appears_for_its_time_only(files: tuple[Path, Path]) -> None:
    out, state = files
    fleet = small_fleet()
    limit = PastLimit("ada-pv", NOON + 600, NOON + 1_800, 1_000.0)

    write_history(fleet, NOON, NOON + HOUR, 300, out, limits=[limit], state=state)

    pv = rows(out, "ada-pv")
    assert [float(row["active_power_w"]) < 1_001 for row in pv] == [False] * 2 + [True] * 4 + [
        False
    ] * 7
    lost = sum(float(r["available_w"]) - float(r["active_power_w"]) for r in pv[2:6]) / 12
    kept = json.loads(state.read_text())["devices"]["ada-pv"]["curtailed_wh"]
    assert kept == pytest.approx(lost, rel=0.05)


def test_history_that_would_turn_counters_back_is_refused(files: tuple[Path, Path]) -> None:
    out, state = files
    fleet = small_fleet()
    write_history(fleet, NOON, NOON + 600, 300, out, state=state)

    with pytest.raises(FleetError, match="later than --from"):
        write_history(fleet, NOON, NOON + 600, 300, out, state=state)


@pytest.mark.parametrize(
    "entry",
    [
        {"key": "nobody"},
        {"limit_w": -1},
        {"limit_w": "much"},
        {"to": "2026-06-21T18:00:00Z"},
        {"from": "2026-06-21T18:10:00"},
    ],
)
def test_limit_that_cannot_be_is_refused_in_words(tmp_path: Path, entry: dict[str, object]) -> None:
    at = datetime.fromtimestamp(NOON, UTC)
    good = {"key": "ada-pv", "from": at.isoformat(), "to": "2026-06-21T19:10:00Z", "limit_w": 0}
    path = tmp_path / "limits.json"
    path.write_text(json.dumps([good]))
    assert len(load_limits(path, small_fleet())) == 1

    path.write_text(json.dumps([good | entry]))

    with pytest.raises(FleetError, match=r"limits\.json"):
        load_limits(path, small_fleet())
