"""Reading a model that the engine has built back into a circuit. Only in the study's process."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from dss import DSS, DSSException

from interconnection.powerflow.circuit import (
    Capacitor,
    CapacitorControl,
    Circuit,
    CircuitFault,
    Connection,
    Inverter,
    Line,
    LineKind,
    Load,
    LoadModel,
    Matrix,
    RegulatorControl,
    Source,
    Terminal,
    Transformer,
    Winding,
)
from interconnection.powerflow.dss_source import Script
from interconnection.powerflow.fault import Fault
from interconnection.powerflow.results import Read

MODELS = {
    1: LoadModel.POWER, 2: LoadModel.IMPEDANCE, 3: LoadModel.MOTOR, 4: LoadModel.CONSERVATION,
    5: LoadModel.CURRENT, 8: LoadModel.ZIP,
}  # fmt: skip
CONTROL_KINDS = {0: "current", 1: "voltage", 2: "kvar", 3: "time", 4: "pf"}
METRES = {0: 1.0, 1: 1609.344, 2: 304.8, 3: 1000.0, 4: 1.0, 5: 0.3048, 6: 0.0254, 7: 0.01}
UNRATED_A = 400.0  # what the engine assumes when nobody says


def read(script: Script, name: str) -> Read:
    """Execute and read; the engine's complaints come back with the line that caused them."""
    faults = list(script.faults)
    DSS.Text.Command = "clear"
    bases: list[float] = []
    for command in script.commands:
        try:
            DSS.Text.Command = command.text
        except DSSException as error:
            faults.append(Fault(command.file, command.line, str(error)[:300]))
        if command.text.lower().startswith("set voltagebases"):
            bases = _numbers(command.text)
    if not DSS.NumCircuits:
        return Read(None, faults or [Fault(name, 0, "Nothing to build.")], script.notes)
    try:
        # Builds every element's admittances; controls and taps stay as the model has them.
        DSS.Text.Command = "calcvoltagebases"
        return Read(_Reader(name, script, bases).circuit(), faults, script.notes)
    except (CircuitFault, DSSException) as error:
        return Read(None, [*faults, Fault(name, 0, str(error)[:300])], script.notes)


def _numbers(text: str) -> list[float]:
    body = text.partition("=")[2].strip("[](){}\"' ")
    return [float(part) * 1000 for part in body.replace(",", " ").split()]


class _Reader:
    def __init__(self, name: str, script: Script, bases_v: list[float]) -> None:
        self._name = name
        self._script = script
        self._bases_v = bases_v
        self._circuit = DSS.ActiveCircuit
        self._element = self._circuit.ActiveCktElement
        self._frequency_hz = float(self._circuit.Solution.Frequency)

    def circuit(self) -> Circuit:
        return Circuit(
            name=self._name,
            frequency_hz=self._frequency_hz,
            source=self._source(),
            voltage_bases_v=tuple(self._bases_v),
            lines=(*self._lines(), *self._reactors()),
            transformers=tuple(self._transformers()),
            regulators=tuple(self._regulators()),
            capacitors=tuple(self._capacitors()),
            capacitor_controls=tuple(self._capacitor_controls()),
            loads=tuple(self._loads()),
            inverters=(*self._generators("Generators"), *self._generators("PVSystems")),
            coordinates=tuple((bus, x, y) for bus, (x, y) in self._script.coordinates.items()),
        )

    # What all elements have ---------------------------------------------------------------------
    def _each(self, collection: Any) -> Iterator[str]:
        """The names of the enabled elements, each active while its name is out."""
        for _ in collection:
            if self._element.Enabled:
                yield str(collection.Name)

    def _property(self, name: str) -> str:
        return str(self._element.Properties(name).Val)

    def _terminal(self, number: int = 0, conductors: int | None = None) -> Terminal:
        bus, *nodes = str(self._element.BusNames[number]).lower().split(".")
        count = conductors or self._element.NumPhases
        found = [int(node) for node in nodes] or list(range(1, count + 1))
        return Terminal(bus, tuple(found[:count] if conductors else found))

    def _source(self) -> Source:
        source = self._circuit.Vsources
        if len(source) != 1:
            raise CircuitFault(f"{len(source)} sources: an import has exactly one")
        for _ in source:
            pass
        source.First  # noqa: B018  makes it the active element
        return Source(
            bus=self._terminal().bus,
            voltage_v=float(source.BasekV) * 1000,
            voltage_pu=float(source.pu),
            angle_deg=float(source.AngleDeg),
            positive_ohm=(float(self._property("R1")), float(self._property("X1"))),
            zero_ohm=(float(self._property("R0")), float(self._property("X0"))),
        )

    # Branches -----------------------------------------------------------------------------------
    def _lines(self) -> Iterator[Line]:
        lines = self._circuit.Lines
        for name in self._each(lines):
            count = self._element.NumPhases
            series, shunt = _split(np.asarray(lines.Yprim), count)
            kind = self._script.protects.get(name.lower())
            switch = LineKind.SWITCH if lines.IsSwitch else LineKind.LINE
            yield Line(
                name=name,
                sending=self._terminal(0, count),
                receiving=self._terminal(1, count),
                length_m=float(lines.Length) * METRES.get(int(lines.Units), 1.0),
                resistance_ohm=_rows(series.real),
                reactance_ohm=_rows(series.imag),
                capacitance_nf=_rows(shunt.imag / (2 * math.pi * self._frequency_hz) * 1e9),
                ampacity_a=self._ampacity(name, lines),
                kind=LineKind(kind) if kind else switch,
                is_open=bool(self._element.IsOpen(1, 0) or self._element.IsOpen(2, 0)),
            )

    def _ampacity(self, name: str, lines: Any) -> float | None:
        """The engine fills in a figure of its own where nobody stated one: that is no rating."""
        amps = float(lines.NormAmps)
        stated = {f"line.{name.lower()}", f"linecode.{str(lines.LineCode).lower()}"}
        return amps if amps != UNRATED_A or stated & self._script.rated else None

    def _reactors(self) -> Iterator[Line]:
        """Series reactors are short lines; shunt ones are refused by name."""
        reactors = self._circuit.Reactors
        for name in self._each(reactors):
            count = self._element.NumPhases
            if self._element.NumTerminals < 2 or ".0" in str(self._element.BusNames[1]):
                raise CircuitFault(f"reactor {name} is a shunt: not supported in an import")
            series, shunt = _split(np.asarray(self._element.Yprim), count)
            yield Line(
                f"reactor {name}", self._terminal(0, count), self._terminal(1, count), 0.0,
                _rows(series.real), _rows(series.imag), _rows(shunt.real * 0), None,
            )  # fmt: skip

    def _transformers(self) -> Iterator[Transformer]:
        transformers = self._circuit.Transformers
        for name in self._each(transformers):
            windings = []
            for number in range(1, transformers.NumWindings + 1):
                transformers.Wdg = number
                windings.append(self._winding(transformers, number))
            yield Transformer(
                name=name,
                phases=self._element.NumPhases,
                windings=tuple(windings),
                reactance_pct=tuple(
                    float(getattr(transformers, key)) for key in ("Xhl", "Xht", "Xlt")
                )[: 1 if len(windings) == 2 else 3],
                no_load_loss_pct=float(self._property("%noloadloss")),
                magnetizing_pct=float(self._property("%imag")),
            )

    def _winding(self, transformers: Any, number: int) -> Winding:
        return Winding(
            terminal=self._terminal(number - 1),
            connection=Connection.DELTA if transformers.IsDelta else Connection.WYE,
            rated_voltage_v=float(transformers.kV) * 1000,
            rated_va=float(transformers.kVA) * 1000,
            resistance_pct=float(transformers.R),
            tap=float(transformers.Tap),
            lowest_tap=float(transformers.MinTap),
            highest_tap=float(transformers.MaxTap),
            taps=int(transformers.NumTaps),
        )

    def _regulators(self) -> Iterator[RegulatorControl]:
        controls = self._circuit.RegControls
        for name in self._each(controls):
            yield RegulatorControl(
                name=name,
                transformer=str(controls.Transformer).lower(),
                winding=int(controls.Winding),
                voltage_setting_v=float(controls.ForwardVreg),
                band_v=float(controls.ForwardBand),
                potential_ratio=float(controls.PTratio),
                current_primary_a=float(controls.CTPrimary),
                compensation_r_v=float(controls.ForwardR),
                compensation_x_v=float(controls.ForwardX),
                delay_s=float(controls.Delay),
            )

    # Shunts -------------------------------------------------------------------------------------
    def _capacitors(self) -> Iterator[Capacitor]:
        capacitors = self._circuit.Capacitors
        for name in self._each(capacitors):
            steps = _list(self._property("kvar"))
            yield Capacitor(
                name=name,
                terminal=self._terminal(0),
                phases=self._element.NumPhases,
                connection=Connection.DELTA if capacitors.IsDelta else Connection.WYE,
                rated_voltage_v=float(capacitors.kV) * 1000,
                steps_var=tuple(step * 1000 for step in steps),
                states=tuple(bool(state) for state in capacitors.States),
            )

    def _capacitor_controls(self) -> Iterator[CapacitorControl]:
        controls = self._circuit.CapControls
        for name in self._each(controls):
            yield CapacitorControl(
                name=name,
                capacitor=str(controls.Capacitor).lower(),
                kind=CONTROL_KINDS[int(controls.Mode)],
                element=str(controls.MonitoredObj).lower(),
                terminal=int(controls.MonitoredTerm),
                potential_ratio=float(controls.PTratio),
                current_ratio=float(controls.CTratio),
                on_setting=float(controls.ONSetting),
                off_setting=float(controls.OFFSetting),
                delay_s=float(controls.Delay),
                is_overridden_by_voltage=bool(controls.UseVoltOverride),
                lowest_v=float(controls.Vmin),
                highest_v=float(controls.Vmax),
            )

    def _loads(self) -> Iterator[Load]:
        loads = self._circuit.Loads
        for name in self._each(loads):
            model = MODELS.get(int(loads.Model))
            if model is None:
                raise CircuitFault(
                    f"load {name} follows model {loads.Model}, which is not supported"
                )
            yield Load(
                name=name,
                terminal=self._terminal(0),
                phases=self._element.NumPhases,
                connection=Connection.DELTA if loads.IsDelta else Connection.WYE,
                rated_voltage_v=float(loads.kV) * 1000,
                active_power_w=float(loads.kW) * 1000,
                reactive_power_var=float(loads.kvar) * 1000,
                model=model,
                zip_shares=tuple(map(float, loads.ZIPV)) if model is LoadModel.ZIP else (),
                exponents=(float(loads.CVRwatts), float(loads.CVRvars)),
                lowest_pu=float(loads.Vminpu),
                highest_pu=float(loads.Vmaxpu),
                follows_profile=int(loads.Status) == 0,
            )

    def _generators(self, collection: str) -> Iterator[Inverter]:
        generators = getattr(self._circuit, collection)
        for name in self._each(generators):
            is_panel = collection == "PVSystems"
            power_w = float(generators.Pmpp if is_panel else generators.kW) * 1000
            yield Inverter(
                name=name,
                terminal=self._terminal(0),
                phases=self._element.NumPhases,
                rated_voltage_v=float(self._property("kv")) * 1000,
                rated_va=float(self._property("kVA")) * 1000,
                rated_w=power_w,
                reactive_power_var=0.0 if is_panel else float(generators.kvar) * 1000,
            )


def _split(flat: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Series impedance in ohm and whole shunt admittance in siemens, from a two-port's Y."""
    values = flat if np.iscomplexobj(flat) else flat[0::2] + 1j * flat[1::2]
    admittance = values.reshape(2 * count, 2 * count).T
    series = -admittance[:count, count:]
    shunt = 2 * (admittance[:count, :count] + admittance[:count, count:])
    return np.linalg.inv(series), shunt


def _rows(matrix: np.ndarray) -> Matrix:
    return tuple(tuple(float(value) for value in row) for row in matrix)


def _list(text: str) -> list[float]:
    return [float(part) for part in text.strip("[](){}\"' ").replace(",", " ").split()]
