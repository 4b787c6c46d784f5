"""A file to a circuit, and its proof that it solves, in the study's process (IC-2)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
from dss import DSS, DSSException

from interconnection.powerflow.cim_read import read_cim
from interconnection.powerflow.circuit import Circuit, CircuitFault
from interconnection.powerflow.dss_read import read
from interconnection.powerflow.dss_source import flatten
from interconnection.powerflow.dss_wires import constants
from interconnection.powerflow.engine import DEAD_PU, Engine
from interconnection.powerflow.fault import Fault
from interconnection.powerflow.results import Baseline, Begun, Imported, Outcome, Read

LIVE_V = 1.0
# A conductor that nothing hangs on behind an open pole carries what its neighbours induce.
STRAY_PU = 0.1
Tell = Callable[[float, str], None]


def import_opendss(
    files: Mapping[str, str], master: str, name: str, tell: Tell = lambda _share, _words: None
) -> Imported:
    """Never raises for what stands in the files: it comes back as faults by file and line."""
    tell(0.1, "Reading the files")
    script = flatten(files, master)
    found = read(script, name)
    begun = _begun(script.begun)
    if found.circuit is None:
        return Imported(None, tuple(found.faults), tuple(found.notes), None, None, (), begun=begun)
    tell(0.6, "Solving the model as it stands")
    theirs = _as_it_stands()
    engine = Engine(_as_given(found))
    outcome = engine.solve(controls=False)
    ours = engine.volts()
    levels = engine.levels()
    differences = [
        abs(ours.get(node, 0.0) - volts) / volts * levels.get(node, 1.0)
        for node, (volts, pu) in theirs.items()
        if volts > LIVE_V and (node in ours or pu > STRAY_PU)
    ]
    return Imported(
        circuit=found.circuit,
        faults=tuple(found.faults),
        notes=tuple(found.notes),
        outcome=outcome,
        difference_pu=float(np.max(differences)) if differences else None,
        dead=tuple(engine.dead()),
        baseline=_baseline(engine, outcome),
        begun=begun,
    )


def import_cim(
    content: bytes, file: str, name: str, tell: Tell = lambda _share, _words: None
) -> Imported:
    """The same for CIM100 XML, which only our own circuit can prove."""
    tell(0.1, "Reading the file")
    found = read_cim(content, file, name, constants)
    faults, outcome = list(found.faults), None
    dead: tuple[str, ...] = ()
    baseline: Baseline | None = None
    if found.circuit is not None:
        tell(0.6, "Solving the model as it stands")
        try:
            engine = Engine(found.circuit)
            outcome = engine.solve(controls=False)
            dead, baseline = tuple(engine.dead()), _baseline(engine, outcome)
        except CircuitFault as fault:
            faults.append(Fault(file, 0, str(fault)[:300]))
    return Imported(
        circuit=found.circuit,
        faults=tuple(faults),
        notes=tuple(found.notes),
        outcome=outcome,
        difference_pu=None,
        dead=dead,
        is_compared=False,
        baseline=baseline,
        begun=_begun(found.begun),
    )


def _begun(places: Mapping[str, Fault]) -> tuple[Begun, ...]:
    return tuple(Begun(key, at.file, at.line) for key, at in places.items())


def _baseline(engine: Engine, outcome: Outcome) -> Baseline:
    """What the last solution says of the whole model; no figures without a solution."""
    levels = engine.voltages_pu()
    alive = int(np.count_nonzero(levels > DEAD_PU))
    if outcome is not Outcome.SOLVED:
        return Baseline(alive, len(levels) - alive, None, None, None)
    shot = engine.last()
    volts = [one for one in shot.voltages if one.voltage_pu > DEAD_PU and one.node in {1, 2, 3}]
    rated = [one for one in shot.loadings if one.loading_pct is not None]
    return Baseline(
        energised=alive,
        dead=len(levels) - alive,
        lowest=min(volts, key=lambda one: one.voltage_pu, default=None),
        highest=max(volts, key=lambda one: one.voltage_pu, default=None),
        most_loaded=max(rated, key=lambda one: one.loading_pct or 0.0, default=None),
        losses_w=shot.losses_w,
    )


def _as_given(found: Read) -> Circuit:
    """With the power that DER give in the file."""
    assert found.circuit is not None  # noqa: S101  its caller has looked
    given = found.present
    return replace(
        found.circuit,
        inverters=tuple(
            replace(one, rated_w=given[one.name][0], reactive_power_var=given[one.name][1])
            if one.name in given
            else one
            for one in found.circuit.inverters
        ),
    )


def _as_it_stands() -> dict[str, tuple[float, float]]:
    """Volts and pu of every node in the model as the file builds it, its controls still."""
    DSS.Text.Command = "set controlmode=off"
    try:
        DSS.ActiveCircuit.Solution.Solve()
    except DSSException:
        return {}
    names = [name.lower() for name in DSS.ActiveCircuit.AllNodeNames]
    circuit = DSS.ActiveCircuit
    volts, pu = map(float, circuit.AllBusVmag), map(float, circuit.AllBusVmagPu)
    return dict(zip(names, zip(volts, pu, strict=True), strict=True))
