"""OpenDSS behind a narrow door. Only the study's own process may import this module.

A compiled circuit must never be forked and its library may crash: see docs/decisions. One compile
for each scenario, because control states cannot be put back reliably.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
from dss import DSS, DSSException

from interconnection.powerflow.circuit import Circuit, CircuitFault
from interconnection.powerflow.dss_text import Names, commands, names_of
from interconnection.powerflow.results import (
    Loading,
    NodeVoltage,
    Outcome,
    Snapshot,
    TapPosition,
)

ENGINE = "OpenDSS, " + " ".join(DSS.Version.split("PM")[0].split())
CONTROL_ITERATIONS, ITERATIONS = 200, 100
UNSETTLED = 485
DEAD_PU = 0.01


class Engine:
    """One compiled circuit; `load_share` scales all loads that follow the profile."""

    def __init__(self, circuit: Circuit) -> None:
        self.circuit = circuit
        self.names: Names = names_of(circuit)
        try:
            for command in commands(circuit, self.names):
                DSS.Text.Command = command
        except DSSException as error:
            raise CircuitFault(self._in_words(str(error))) from error
        self._circuit = DSS.ActiveCircuit
        self._solution = self._circuit.Solution
        DSS.Text.Command = (
            f"set maxcontroliter={CONTROL_ITERATIONS} maxiterations={ITERATIONS} mode=snapshot"
        )
        self.solved_pu = np.zeros(0)  # what the last solution found
        self._nodes: list[tuple[str, int]] | None = None
        self._branches: list[tuple[str, str]] | None = None

    def command(self, text: str) -> None:
        DSS.Text.Command = text

    # Solving -------------------------------------------------------------------------------------
    def solve(self, *, load_share: float = 1.0, controls: bool = True) -> Outcome:
        """Solve once; the state before is the starting point, so compile anew after a failure."""
        self._solution.LoadMult = load_share
        self._solution.ControlMode = 0 if controls else -1
        try:
            self._solution.Solve()
        except DSSException as error:
            # The engine calls itself converged when its controls ran out of tries.
            if error.args and error.args[0] == UNSETTLED:
                self.solved_pu = self.voltages_pu()
                return Outcome.CONTROLS_UNSETTLED
            return Outcome.NOT_CONVERGED
        self.solved_pu = self.voltages_pu()
        # A sum is as finite as each of its parts, and quicker to look at.
        if not self._solution.Converged or not math.isfinite(float(self.solved_pu.sum())):
            return Outcome.NOT_CONVERGED
        return Outcome.SOLVED

    @property
    def has_controlled(self) -> bool:
        """Whether a control moved something in the last solution."""
        return int(self._solution.ControlIterations) > 1

    def recover(self) -> None:
        """After a divergence: start the next solution from the linear one."""
        DSS.Text.Command = "set mode=snapshot"
        self._solution.ControlMode = -1
        self._solution.SolveDirect()

    def set_taps(self, taps: Mapping[str, float]) -> None:
        """Force the regulated windings; solve without controls afterwards."""
        for regulator in self.circuit.regulators:
            if regulator.transformer in taps:
                own = self.names.ids["transformer"][regulator.transformer]
                tap = taps[regulator.transformer]
                DSS.Text.Command = f"transformer.{own}.wdg={regulator.winding} tap={tap!r}"

    # Reading -------------------------------------------------------------------------------------
    @property
    def nodes(self) -> list[tuple[str, int]]:
        """Bus and conductor of each place in `voltages_pu`."""
        if self._nodes is None:
            split = (name.rpartition(".") for name in self._circuit.AllNodeNames)
            self._nodes = [(self.names.names[f"bus.{bus}"], int(node)) for bus, _, node in split]
        return self._nodes

    def voltages_pu(self) -> np.ndarray:
        return np.asarray(self._circuit.AllBusVmagPu)

    def volts(self) -> dict[str, float]:
        """Volts to neutral by `bus.conductor`."""
        volts = map(float, self._circuit.AllBusVmag)
        return {f"{b}.{n}": v for (b, n), v in zip(self.nodes, volts, strict=True)}

    def levels(self) -> dict[str, float]:
        """The same in pu."""
        return {
            f"{b}.{n}": float(v) for (b, n), v in zip(self.nodes, self.voltages_pu(), strict=True)
        }

    def trip(self, inverters: Iterable[str]) -> None:
        """Take DER off by giving nothing: switching elements off crashes inverter controls."""
        for name in inverters:
            own = self.names.ids["inverter"][name]
            inverter = next(i for i in self.circuit.inverters if i.name == name)
            if inverter.volt_var is None and inverter.volt_watt is None:
                DSS.Text.Command = f"generator.{own}.kw=0 kvar=0"
            else:
                # Frozen controls would keep its reactive power: open its terminal instead.
                self._circuit.SetActiveElement(f"pvsystem.{own}")
                self._circuit.ActiveCktElement.Open(1, 0)

    @property
    def generators(self) -> Any:
        return self._circuit.Generators

    def profiled(self) -> Callable[[float], None]:
        """What sets the output of all DER that follow a profile, as a share of their rating."""
        plain = [i for i in self.circuit.inverters if i.volt_var is None and i.volt_watt is None]
        curved = [i for i in self.circuit.inverters if i not in plain]
        ids = self.names.ids["inverter"]
        generators, panels = self._circuit.Generators, self._circuit.PVSystems

        def set_share(share: float) -> None:
            for inverter in plain:
                generators.Name = ids[inverter.name]
                generators.kW = inverter.rated_w * share / 1000
                generators.kvar = inverter.reactive_power_var * share / 1000
            for inverter in curved:
                panels.Name = ids[inverter.name]
                panels.Irradiance = share

        return set_share

    def bases_v(self) -> dict[str, float]:
        """The base of each bus, to neutral."""
        found = {}
        for own, name in self.names.names.items():
            if own.startswith("bus."):
                self._circuit.SetActiveBus(own.removeprefix("bus."))
                found[name] = float(self._circuit.ActiveBus.kVBase) * 1000
        return found

    def head(self) -> tuple[float, float]:
        """W and var that the source delivers into the feeder."""
        active_kw, reactive_kvar = self._circuit.TotalPower
        return -1000.0 * float(active_kw), -1000.0 * float(reactive_kvar)

    @property
    def branches(self) -> list[tuple[str, str]]:
        """Kind and name of each place in `currents_a` and `loadings_pct`."""
        if self._branches is None:
            self._branches = []
            for full in self._circuit.PDElements.AllNames:
                kind, _, own = full.lower().partition(".")
                if not own:
                    continue  # "NONE": a circuit of its source alone
                self._branches.append((kind, self.names.names[f"{kind}.{own}"]))
        return self._branches

    def currents_a(self) -> np.ndarray:
        return np.asarray(self._circuit.PDElements.AllMaxCurrents())

    def loadings_pct(self) -> np.ndarray:
        """In % of the normal rating; of the engine's own one where nobody stated a rating."""
        return np.asarray(self._circuit.PDElements.AllPctNorm())

    def rated(self) -> dict[tuple[str, str], bool]:
        """Which branches have a rating that somebody stated."""
        lines = {("line", line.name): line.ampacity_a is not None for line in self.circuit.lines}
        return lines | {("transformer", t.name): True for t in self.circuit.transformers}

    def taps(self) -> tuple[TapPosition, ...]:
        transformers = self._circuit.Transformers
        found = []
        for regulator in self.circuit.regulators:
            transformers.Name = self.names.ids["transformer"][regulator.transformer]
            transformers.Wdg = regulator.winding
            found.append(TapPosition(regulator.transformer, round(float(transformers.Tap), 6)))
        return tuple(found)

    def snapshot(self, *, load_share: float = 1.0, controls: bool = True) -> Snapshot:
        """Solve and read everything; an unsolved one carries no figures that could be believed."""
        outcome = self.solve(load_share=load_share, controls=controls)
        if outcome is Outcome.NOT_CONVERGED:
            return Snapshot(outcome, self._where())
        return self.last(outcome)

    def last(self, outcome: Outcome = Outcome.SOLVED) -> Snapshot:
        """Everything of the last solution, which ended so."""
        head_w, head_var = self.head()
        unsettled = outcome is Outcome.CONTROLS_UNSETTLED
        return Snapshot(
            outcome=outcome,
            words=f"Controls still moved after {CONTROL_ITERATIONS} rounds." if unsettled else "",
            voltages=self._node_voltages(),
            loadings=self._loadings(),
            taps=self.taps(),
            head_w=round(head_w, 1),
            head_var=round(head_var, 1),
            losses_w=round(float(self._circuit.Losses[0]), 1),
            iterations=int(self._solution.Totaliterations),
        )

    def _node_voltages(self) -> tuple[NodeVoltage, ...]:
        volts = np.asarray(self._circuit.AllBusVolts).reshape(-1, 2)
        angles = np.degrees(np.arctan2(volts[:, 1], volts[:, 0]))
        return tuple(
            NodeVoltage(bus, node, round(float(pu), 6), round(float(angle), 3))
            for (bus, node), pu, angle in zip(self.nodes, self.voltages_pu(), angles, strict=True)
        )

    def _loadings(self) -> tuple[Loading, ...]:
        rated = self.rated()
        if not self.branches:
            return ()
        figures = zip(self.branches, self.currents_a(), self.loadings_pct(), strict=True)
        return tuple(
            Loading(
                kind,
                name,
                round(float(current), 3),
                round(float(loading), 3) if rated[kind, name] else None,
            )
            for (kind, name), current, loading in figures
            if (kind, name) in rated
        )

    def _where(self) -> str:
        """The bus that is furthest from any sensible voltage."""
        try:
            voltages = self.voltages_pu()
        except DSSException:
            voltages = np.array([])
        if not len(voltages):
            return "No solution was found, and no voltages either."
        odd = np.where(np.isfinite(voltages), np.abs(voltages - 1.0), np.inf)
        bus, node = self.nodes[int(np.argmax(odd))]
        return f"No solution was found; bus {bus}, conductor {node} is furthest off."

    def dead(self) -> list[str]:
        """Buses without voltage: islands behind open switches or missing elements."""
        alive: dict[str, bool] = {}
        for (bus, node), pu in zip(self.nodes, self.voltages_pu(), strict=True):
            if node in {1, 2, 3}:
                alive[bus] = alive.get(bus, False) or bool(pu > DEAD_PU)
        return [bus for bus, is_alive in alive.items() if not is_alive]

    def _in_words(self, message: str) -> str:
        """Put the names back that the engine knows only as ids."""
        for own, name in self.names.names.items():
            message = message.replace(f'"{own}"', f'"{name}"')
        return message.strip()
