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
    Line,
    LineKind,
    Load,
    LoadModel,
    Matrix,
    Reactor,
    RegulatorControl,
    Source,
    Terminal,
    Transformer,
    Winding,
)
from interconnection.powerflow.dss_der import Powers, inverters
from interconnection.powerflow.dss_source import Script
from interconnection.powerflow.dss_state import (
    Opened,
    act_on_switches,
    close_all,
    open_again,
    solved_der,
)
from interconnection.powerflow.fault import Fault
from interconnection.powerflow.results import Read

MODELS = {
    1: LoadModel.POWER, 2: LoadModel.IMPEDANCE, 3: LoadModel.MOTOR, 4: LoadModel.CONSERVATION,
    5: LoadModel.CURRENT, 8: LoadModel.ZIP,
}  # fmt: skip
CONTROL_KINDS = {0: "current", 1: "voltage", 2: "kvar", 3: "time", 4: "pf"}
METRES = {0: 1.0, 1: 1609.344, 2: 304.8, 3: 1000.0, 4: 1.0, 5: 0.3048, 6: 0.0254, 7: 0.01}


class Unread(CircuitFault):
    """An element of the file that the circuit has no place for."""

    def __init__(self, element: str, words: str) -> None:
        super().__init__(f"{element.replace('.', ' ', 1)} {words}")
        self.element = element


UNRATED_A = 400.0  # what the engine assumes when nobody says


def read(script: Script, name: str) -> Read:
    """Execute and read; the engine's complaints come back with the line that caused them."""
    faults = list(script.faults)
    DSS.Text.Command = "clear"
    for command in script.commands:
        try:
            DSS.Text.Command = command.text
        except DSSException as error:
            faults.append(Fault(command.file, command.line, str(error)[:300]))
    if not DSS.NumCircuits:
        return Read(None, faults or [Fault(name, 0, "Nothing to build.")], script.notes)
    try:
        return _built(name, script, faults)
    except Unread as error:
        fault = Fault(*script.place(error.element, name), str(error)[:300])
    except (CircuitFault, DSSException, np.linalg.LinAlgError, ValueError) as error:
        fault = Fault(name, 0, str(error)[:300])
    return Read(None, [*faults, fault], script.notes)


def _built(name: str, script: Script, faults: list[Fault]) -> Read:
    reader = _Reader(name, script)
    act_on_switches(DSS)
    now = solved_der(DSS, DSSException)
    opened = close_all(DSS)
    try:
        # Builds every element's admittances; controls and taps stay as the model has them.
        DSS.Text.Command = "calcvoltagebases"
        circuit = reader.circuit(opened, now)
    finally:
        open_again(DSS, opened)
    return Read(circuit, faults, [*script.notes, *reader.notes()], reader.present)


class _Reader:
    def __init__(self, name: str, script: Script) -> None:
        self._name = name
        self._script = script
        self._circuit = DSS.ActiveCircuit
        self._element = self._circuit.ActiveCktElement
        self._frequency_hz = float(self._circuit.Solution.Frequency)
        self._load_share = float(self._circuit.Solution.LoadMult)
        self._opened: Opened = {}
        self.present: dict[str, tuple[float, float]] = {}

    def notes(self) -> list[Fault]:
        if not self.present:
            return []
        names = ", ".join(list(self.present)[:5])
        words = f"{len(self.present)} DER give another power in the file than their most ({names})"
        return [Fault(self._name, 0, f"{words}. Studies count with the most.")]

    def circuit(self, opened: Opened, now: Powers) -> Circuit:
        self._opened = opened
        ders = list(inverters(self._circuit, now))
        self.present = {
            one.name: given
            for one, given in ders
            if abs(given[0] - one.rated_w) > 1 or abs(given[1] - one.reactive_power_var) > 1
        }
        return Circuit(
            name=self._name,
            frequency_hz=self._frequency_hz,
            source=self._source(),
            voltage_bases_v=tuple(1000 * float(kv) for kv in self._circuit.Settings.VoltageBases),
            lines=(*self._lines(), *self._series_reactors()),
            transformers=tuple(self._transformers()),
            regulators=tuple(self._regulators()),
            capacitors=tuple(self._capacitors()),
            capacitor_controls=tuple(self._capacitor_controls()),
            loads=tuple(self._loads()),
            inverters=tuple(one for one, _ in ders),
            coordinates=tuple((bus, x, y) for bus, (x, y) in self._script.coordinates.items()),
            reactors=tuple(self._shunt_reactors()),
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
        found = [int(node) for node in nodes]
        if conductors or not found:  # those that are not named keep their own numbers
            found = [*found, *range(len(found) + 1, count + 1)][:count]
        return Terminal(bus, tuple(found))

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
            series, shunt = split(np.asarray(lines.Yprim), count)
            kind = self._script.protects.get(name.lower())
            switch = LineKind.SWITCH if lines.IsSwitch else LineKind.LINE
            opened = {at - 1 for _, at in self._opened.get(f"line.{name.lower()}", [])}
            # With some phases open it is a line of the others; with all of them it is open.
            kept = [at for at in range(count) if at not in opened] or list(range(count))
            ends = [self._terminal(number, count) for number in (0, 1)]
            sending, receiving = (
                Terminal(end.bus, tuple(end.nodes[at] for at in kept)) for end in ends
            )
            series = np.linalg.inv(np.linalg.inv(series)[np.ix_(kept, kept)])
            yield Line(
                name=name,
                sending=sending,
                receiving=receiving,
                length_m=float(lines.Length) * METRES.get(int(lines.Units), 1.0),
                resistance_ohm=_rows(series.real),
                reactance_ohm=_rows(series.imag),
                capacitance_nf=_rows(
                    shunt.imag[np.ix_(kept, kept)] / (2 * math.pi * self._frequency_hz) * 1e9
                ),
                ampacity_a=self._ampacity(name, lines),
                kind=LineKind(kind) if kind else switch,
                is_open=len(opened) >= count,
            )

    def _ampacity(self, name: str, lines: Any) -> float | None:
        """The engine fills in a figure of its own where nobody stated one: that is no rating."""
        amps = float(lines.NormAmps)
        stated = {f"line.{name.lower()}", f"linecode.{str(lines.LineCode).lower()}"}
        return amps if amps != UNRATED_A or stated & self._script.rated else None

    def _series_reactors(self) -> Iterator[Line]:
        """Series reactors are short lines."""
        for name, count, values in self._reactors(is_shunt=False):
            series, shunt = split(values, count)
            yield Line(
                f"reactor {name}", self._terminal(0, count), self._terminal(1, count), 0.0,
                _rows(series.real), _rows(series.imag), _rows(shunt.real * 0), None,
            )  # fmt: skip

    def _shunt_reactors(self) -> Iterator[Reactor]:
        for name, count, values in self._reactors(is_shunt=True):
            series, _ = split(values, count)
            yield Reactor(name, self._terminal(0, count), _rows(series.real), _rows(series.imag))

    def _reactors(self, *, is_shunt: bool) -> Iterator[tuple[str, int, np.ndarray]]:
        for name in self._each(self._circuit.Reactors):
            count = self._element.NumPhases
            if self._element.NumTerminals < 2:
                raise Unread(
                    f"reactor.{name}",
                    "is connected in delta, which is not read: describe it as three reactors to "
                    "the earth",
                )
            far = str(self._element.BusNames[1]).split(".")[1:]
            if is_shunt == (bool(far) and set(far) == {"0"}):
                yield name, count, np.asarray(self._element.Yprim)

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
        resistance_ohm, reactance_ohm = (float(self._property(key)) for key in ("Rneut", "Xneut"))
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
            neutral_ohm=None if resistance_ohm < 0 else (resistance_ohm, reactance_ohm),
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
            if self._is_in_series():
                raise Unread(
                    f"capacitor.{name}",
                    "is not between its bus and the earth, which is not read: describe a series "
                    "capacitor as a reactor with a negative x",
                )
            yield Capacitor(
                name=name,
                terminal=self._terminal(0),
                phases=self._element.NumPhases,
                connection=Connection.DELTA if capacitors.IsDelta else Connection.WYE,
                rated_voltage_v=float(capacitors.kV) * 1000,
                steps_var=tuple(step * 1000 for step in steps),
                states=tuple(bool(state) for state in capacitors.States),
            )

    def _is_in_series(self) -> bool:
        if self._element.NumTerminals < 2:
            return False
        far = str(self._element.BusNames[1]).split(".")[1:]
        return not far or set(far) != {"0"}

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
            follows = int(loads.Status) == 0
            share = self._load_share if follows else 1.0
            model = MODELS.get(int(loads.Model))
            if model is None:
                raise Unread(
                    f"load.{name}",
                    f"follows model {loads.Model}, which is not read: take 1 to 5 or 8",
                )
            yield Load(
                name=name,
                terminal=self._terminal(0),
                phases=self._element.NumPhases,
                connection=Connection.DELTA if loads.IsDelta else Connection.WYE,
                rated_voltage_v=float(loads.kV) * 1000,
                active_power_w=float(loads.kW) * 1000 * share,
                reactive_power_var=float(loads.kvar) * 1000 * share,
                model=model,
                zip_shares=tuple(map(float, loads.ZIPV)) if model is LoadModel.ZIP else (),
                exponents=(float(loads.CVRwatts), float(loads.CVRvars)),
                lowest_pu=float(loads.Vminpu),
                highest_pu=float(loads.Vmaxpu),
                follows_profile=follows,
            )


def split(flat: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
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
