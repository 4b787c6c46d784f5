"""The state a model is in before it is read: open poles, switch controls, the power of DER.

Only in the study's process; `engine` is the library as its caller holds it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from interconnection.powerflow.dss_der import injected

# By element, which conductor of which terminal is open.
Opened = dict[str, list[tuple[int, int]]]


def act_on_switches(engine: Any) -> None:
    """The engine would move them in its first solution with controls."""
    circuit = engine.ActiveCircuit
    for _ in _enabled(circuit, circuit.SwtControls):
        properties = circuit.ActiveCktElement.Properties
        state = str(properties("State").Val) or str(properties("Action").Val)
        if state.lower().startswith("o"):
            switched, terminal = properties("SwitchedObj").Val, properties("SwitchedTerm").Val
            engine.Text.Command = f"open {switched} {terminal}"


def solved_der(engine: Any, failure: type[Exception]) -> dict[str, tuple[float, float]]:
    """What DER give in the file's own solution; empty where the engine raises its `failure`."""
    circuit = engine.ActiveCircuit
    if not sum(len(one) for one in (circuit.Generators, circuit.PVSystems, circuit.Storages)):
        return {}
    try:
        engine.Text.Command = "set controlmode=off"
        circuit.Solution.Solve()
    except failure:
        return {}
    return injected(circuit) if circuit.Solution.Converged else {}


def close_all(engine: Any) -> Opened:
    """An open end hides an element's admittance; they are opened again when it is read."""
    circuit, found = engine.ActiveCircuit, Opened()
    for collection in (circuit.Lines, circuit.Transformers):
        for element in _enabled(circuit, collection):
            conductors = [
                (terminal, conductor)
                for terminal in range(1, element.NumTerminals + 1)
                for conductor in range(1, element.NumConductors + 1)
                if element.IsOpen(terminal, conductor)
            ]
            if conductors:
                found[str(element.Name).lower()] = conductors
    for name in found:
        circuit.SetActiveElement(name)
        for terminal in range(1, circuit.ActiveCktElement.NumTerminals + 1):
            circuit.ActiveCktElement.Close(terminal, 0)
    return found


def open_again(engine: Any, opened: Opened) -> None:
    for name, conductors in opened.items():
        for terminal, conductor in conductors:
            engine.Text.Command = f"open {name} {terminal} {conductor}"


def _enabled(circuit: Any, collection: Any) -> Iterator[Any]:
    for _ in collection:
        if circuit.ActiveCktElement.Enabled:
            yield circuit.ActiveCktElement
