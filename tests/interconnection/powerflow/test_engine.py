"""The power flow against what others published and what can be solved by hand (IC-4)."""

from collections.abc import Callable
from dataclasses import replace
from math import sqrt

import pytest

from derms.lib.wire import from_data, to_data
from interconnection.powerflow import ieee13
from interconnection.powerflow.child import run_task
from interconnection.powerflow.circuit import (
    Capacitor,
    CapacitorControl,
    Circuit,
    Connection,
    Inverter,
    Line,
    Load,
    Source,
    Terminal,
    VoltCurve,
)
from interconnection.powerflow.facts import circuit_of
from interconnection.powerflow.limits import Limits, Moment
from interconnection.powerflow.results import Hosting, Outcome, Snapshot
from tests.interconnection.powerflow.ieee13_published import TAPS, VOLTAGES_PU

PUBLISHED_TO_PU = 0.003
THREE = (1, 2, 3)
BASE_V = 12_470.0
OHM = (3.0, 6.0)
CATEGORY_B = VoltCurve(((0.92, 1.0), (0.98, 0.0), (1.02, 0.0), (1.08, -1.0)))
VOLT_WATT = VoltCurve(((1.06, 1.0), (1.10, 0.2)))


def solved(circuit: Circuit, *, taps: dict[str, float] | None = None) -> Snapshot:
    payload = {"circuit": to_data(circuit), "load_share": 1.0, "taps": taps or {}}
    return from_data(Snapshot, run_task("snapshot", payload))


def test_the_13_node_feeder_gives_the_published_voltages() -> None:
    circuit = circuit_of(ieee13.feeder())
    taps = {r.transformer: TAPS[r.transformer[-1]] for r in circuit.regulators}

    snapshot = solved(circuit, taps=taps)

    found = {(v.bus, v.node): v.voltage_pu for v in snapshot.voltages}
    apart = {
        (bus, node): found[bus, node] - published
        for bus, phases in VOLTAGES_PU.items()
        for node, published in enumerate(phases, start=1)
        if published is not None
    }
    assert snapshot.outcome is Outcome.SOLVED
    assert len(apart) == 35
    assert max(map(abs, apart.values())) < PUBLISHED_TO_PU


def feeder(*inverters: Inverter, ohm: tuple[float, float] = OHM, load_w: float = 0.0) -> Circuit:
    """A stiff source, one balanced line, one bus: small enough to solve by hand."""

    def diagonal(value: float) -> tuple[tuple[float, ...], ...]:
        return tuple(tuple(value if r == c else 0.0 for c in range(3)) for r in range(3))

    line = Line(
        "line", Terminal("head", THREE), Terminal("end", THREE), 5_000.0,
        diagonal(ohm[0]), diagonal(ohm[1]), diagonal(0.0), 400.0,
    )  # fmt: skip
    load = Load("load", Terminal("end", THREE), 3, Connection.WYE, BASE_V, load_w, 0.0)
    return Circuit(
        "by hand", 60.0, Source("head", BASE_V, 1.0, 0.0, (1e-6, 1e-5), (1e-6, 1e-5)), (BASE_V,),
        lines=(line,), loads=(load,) if load_w else (), inverters=inverters,
    )  # fmt: skip


def sending_v(receiving_v: float, active_w: float, reactive_var: float) -> float:
    """Phase voltage at the head when a phase at the end injects P + jQ; only phasor arithmetic."""
    current = complex(active_w, -reactive_var) / receiving_v
    return abs(receiving_v - complex(*OHM) * current)


def receiving_v(injection: Callable[[float], tuple[float, float]]) -> float:
    """The phase voltage at the end, by bisection: the head's is known and rises with it."""
    head_v = BASE_V / sqrt(3)
    low, high = 0.9 * head_v, 1.2 * head_v
    for _ in range(80):
        middle = (low + high) / 2
        if sending_v(middle, *injection(middle)) > head_v:
            high = middle
        else:
            low = middle
    return low


def on(curve: VoltCurve, voltage_pu: float) -> float:
    (x0, y0), *rest = curve.points
    for x1, y1 in rest:
        if voltage_pu <= x1:
            return y0 + (y1 - y0) * max(0.0, voltage_pu - x0) / (x1 - x0)
        x0, y0 = x1, y1
    return y0


def inverter(volt_var: VoltCurve | None = None, volt_watt: VoltCurve | None = None) -> Inverter:
    return Inverter(
        "solar", Terminal("end", THREE), 3, BASE_V, 3_300_000.0, 3_000_000.0,
        reactive_power_max_var=0.44 * 3_300_000.0, volt_var=volt_var, volt_watt=volt_watt,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("volt_var", "volt_watt"),
    [(None, None), (CATEGORY_B, None), (None, VOLT_WATT)],
    ids=["unity", "volt-var", "volt-watt"],
)
def test_smart_inverters_settle_where_the_phasors_say(
    volt_var: VoltCurve | None, volt_watt: VoltCurve | None
) -> None:
    def injection(volts: float) -> tuple[float, float]:
        level = volts / (BASE_V / sqrt(3))
        watts = 1_000_000.0 * (on(volt_watt, level) if volt_watt else 1.0)
        var = 0.44 * 1_100_000.0 * on(volt_var, level) if volt_var else 0.0
        return watts, var

    expected_pu = receiving_v(injection) / (BASE_V / sqrt(3))

    snapshot = solved(feeder(inverter(volt_var, volt_watt)))

    found = {v.bus: v.voltage_pu for v in snapshot.voltages}
    assert snapshot.outcome is Outcome.SOLVED
    assert found["end"] == pytest.approx(expected_pu, abs=5e-4)


def test_hosting_capacity_is_what_a_hand_calculation_allows() -> None:
    """Unity power factor, no load: 3 % rise is reached at a current that solves a square."""
    payload = {
        "circuit": to_data(feeder()),
        "terminals": [to_data(Terminal("end", THREE))],
        "moments": [to_data(Moment("No load", 1.0))],
        "limits": to_data(Limits(voltage_high_pu=1.2)),
        "largest_w": 20e6,
    }
    head_v = BASE_V / sqrt(3)
    end_v, (r, x) = 1.03 * head_v, OHM
    a, b, c = r * r + x * x, -2 * r * end_v, end_v * end_v - head_v * head_v
    current_a = (-b - sqrt(b * b - 4 * a * c)) / (2 * a)
    by_hand_w = 3 * end_v * current_a

    (found,) = from_data(tuple[Hosting, ...], run_task("hosting", payload))

    assert found.binding == "voltage change"
    assert by_hand_w - 20_000 < found.capacity_w <= by_hand_w


def test_more_power_than_the_line_can_carry_is_not_converged_and_says_where() -> None:
    impossible = replace(inverter(), rated_w=900e6, rated_va=900e6)

    snapshot = solved(feeder(impossible))

    assert snapshot.outcome is Outcome.NOT_CONVERGED
    assert "bus end" in snapshot.words
    assert snapshot.voltages == ()


def test_a_capacitor_that_hunts_is_unsettled_and_never_solved() -> None:
    """It lifts the voltage by more than lies between its settings, so it goes in and out."""
    end = Terminal("end", THREE)
    bank = Capacitor("bank", end, 3, Connection.WYE, BASE_V, (2e6,), (False,))
    control = CapacitorControl(
        "control", "bank", "voltage", "line.line", 2, 60.0, 1.0, 120.5, 120.6, 1.0
    )
    circuit = replace(feeder(load_w=1e6), capacitors=(bank,), capacitor_controls=(control,))

    snapshot = solved(circuit)

    assert snapshot.outcome is Outcome.CONTROLS_UNSETTLED
    assert not snapshot.is_solved
    assert "still moved" in snapshot.words
