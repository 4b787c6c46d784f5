"""What the engine is known to get wrong without a word, and that we do not (IC-4)."""

from dataclasses import replace

import pytest

from derms.lib.wire import from_data, to_data
from interconnection.powerflow.child import run_task
from interconnection.powerflow.circuit import (
    Capacitor,
    CapacitorControl,
    Circuit,
    Connection,
    Source,
    Terminal,
)
from interconnection.powerflow.criteria import Verdict
from interconnection.powerflow.dss_text import commands, names_of
from interconnection.powerflow.limits import PEAK, Limits, Moment
from interconnection.powerflow.results import Hosting, Year
from interconnection.powerflow.task import CURVES, UNITY, StudyResult, StudyTask
from tests.bench.studies import feeder_of, with_roof
from tests.interconnection.powerflow.test_engine import (
    BASE_V,
    CATEGORY_B,
    THREE,
    VOLT_WATT,
    feeder,
    inverter,
)

END = Terminal("end", THREE)


def year_of(circuit: Circuit, loads: list[float], suns: list[float]) -> Year:
    payload = {"circuit": to_data(circuit), "load_shares": loads, "generation_shares": suns,
               "limits": to_data(Limits())}  # fmt: skip
    return from_data(Year, run_task("year", payload))


def studied(circuit: Circuit, mode: str = UNITY) -> StudyResult:
    return from_data(StudyResult, run_task("study", to_data(StudyTask(circuit, (PEAK,), mode))))


def hosted(circuit: Circuit, *terminals: Terminal) -> tuple[Hosting, ...]:
    payload = {
        "circuit": to_data(circuit),
        "terminals": [to_data(terminal) for terminal in terminals],
        "moments": [to_data(PEAK), to_data(Moment("Minimum", 0.3))],
        "limits": to_data(Limits()),
        "largest_w": 10e6,
    }
    return from_data(tuple[Hosting, ...], run_task("hosting", payload))


def hunting() -> Circuit:
    bank = Capacitor("bank", END, 3, Connection.WYE, BASE_V, (2e6,), (False,))
    control = CapacitorControl(
        "control", "bank", "voltage", "line.line", 2, 60.0, 1.0, 120.5, 120.6, 1.0
    )
    return replace(feeder(load_w=1e6), capacitors=(bank,), capacitor_controls=(control,))


def test_hour_whose_controls_hunt_does_not_spoil_those_after_it() -> None:
    found = year_of(hunting(), [1.0, 0.0, 1.0], [0.0, 0.0, 0.0])

    assert found.hours == 3
    assert found.unsolved_hours == 0
    assert 1 <= found.unsettled_hours <= 3


def test_hour_that_diverges_is_counted_and_the_next_one_is_right() -> None:
    circuit = feeder(inverter(), load_w=1e6)

    after = year_of(circuit, [1.0, 1.0, 1.0], [0.1, 400.0, 0.1])

    assert after.unsolved_hours == 1
    assert after.head_w[0] == pytest.approx(after.head_w[2], rel=1e-4)


def test_point_is_given_the_same_capacity_alone_and_after_all_others() -> None:
    circuit = feeder_of(40)
    ends = [Terminal(line.receiving.bus, line.receiving.nodes) for line in circuit.lines]

    together = {point.bus: point for point in hosted(circuit, *ends)}

    for end in (ends[3], ends[-1]):
        (alone,) = hosted(circuit, end)
        assert together[end.bus].capacity_w == alone.capacity_w
        assert together[end.bus].binding == alone.binding


def test_voltage_that_was_outside_before_binds_only_where_it_gets_worse() -> None:
    high = Source("head", BASE_V, 1.06, 0.0, (1e-6, 1e-5), (1e-6, 1e-5))
    circuit = replace(feeder(inverter(), load_w=1e6), source=high)
    small = replace(inverter(), rated_w=1_000.0, rated_va=1_000.0, is_proposed=True)

    (found,) = studied(replace(circuit, inverters=(small,))).scenarios

    verdicts = {one.name: one.verdict for one in found.criteria}
    assert verdicts["highest voltage"] is Verdict.PRE_EXISTING


def test_line_without_a_rating_is_never_called_loaded_well() -> None:
    circuit = feeder(replace(inverter(), is_proposed=True), load_w=1e6)
    unrated = tuple(replace(line, ampacity_a=None) for line in circuit.lines)

    (found,) = studied(replace(circuit, lines=unrated)).scenarios

    loading = next(one for one in found.criteria if one.name == "loading")
    assert loading.verdict is Verdict.INCONCLUSIVE
    assert loading.value is None
    assert studied(replace(circuit, lines=unrated)).verdict is not Verdict.PASS


def test_bounds_of_a_loads_model_are_always_written() -> None:
    circuit = feeder(load_w=1e6)

    (load,) = [c for c in commands(circuit, names_of(circuit)) if c.startswith("new load.")]

    assert "vminpu=0.8" in load
    assert "vmaxpu=1.2" in load


def test_controls_stand_still_when_the_der_trips() -> None:
    circuit = with_roof(feeder_of(40), 3_000_000.0, has_curves=False)

    (found,) = studied(circuit).scenarios

    assert found.tripped.is_solved
    assert found.tripped.taps == found.with_der.taps


def test_smart_der_that_trips_does_not_take_the_process_with_it() -> None:
    smart = replace(inverter(CATEGORY_B, VOLT_WATT), is_proposed=True)

    result = studied(feeder(smart, load_w=1e6), CURVES)

    scenario = next(one for one in result.scenarios if one.mode == CURVES)
    assert scenario.tripped.is_solved
    assert scenario.tripped.head_w == pytest.approx(scenario.without.head_w, rel=0.01)
