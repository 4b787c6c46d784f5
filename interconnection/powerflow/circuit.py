"""A circuit as the power flow needs it, as frozen facts (IC-2, IC-4).

Nodes number the conductors of a bus: 1, 2, 3 are phases A, B, C, 0 is earth, higher ones are
neutrals. Impedances are in ohm and capacitances in nF for the whole length, powers in W, VA and
var. Unlike everywhere else a load's power is positive when it is taken from the grid: that is what
"load" means. Voltages of elements with two or three phases are between phases, of others to
neutral, as on their name plates.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

Matrix = tuple[tuple[float, ...], ...]


class CircuitFault(ValueError):
    """A circuit that nobody can solve as it is described; the message names the element."""


class LineKind(StrEnum):
    """What joins two buses without changing the voltage."""

    LINE = "line"
    SWITCH = "switch"
    FUSE = "fuse"
    RECLOSER = "recloser"
    BREAKER = "breaker"


class Connection(StrEnum):
    """How windings, loads and capacitors hang between conductors."""

    WYE = "wye"
    DELTA = "delta"


class LoadModel(StrEnum):
    """How a load follows its voltage."""

    POWER = "power"
    CURRENT = "current"
    IMPEDANCE = "impedance"
    # Reactive power by impedance, active power constant, and the exponents for energy saving.
    MOTOR = "motor"
    CONSERVATION = "conservation"
    ZIP = "zip"


@dataclass(frozen=True, slots=True)
class Terminal:
    """Where an element is connected: the bus and its conductors, in the element's order."""

    bus: str
    nodes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Source:
    """The grid behind the substation: a voltage behind an impedance.

    `voltage_v` is between phases. Impedances in ohm, positive and zero sequence.
    """

    bus: str
    voltage_v: float
    voltage_pu: float
    angle_deg: float
    positive_ohm: tuple[float, float]
    zero_ohm: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Line:
    """A line, cable or switch; matrices are full, one row for each conductor.

    `ampacity_a` None says that nobody knows it: its loading cannot be judged.
    """

    name: str
    sending: Terminal
    receiving: Terminal
    length_m: float
    resistance_ohm: Matrix
    reactance_ohm: Matrix
    capacitance_nf: Matrix
    ampacity_a: float | None = None
    kind: LineKind = LineKind.LINE
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class Winding:
    """One winding of a transformer.

    `neutral_ohm` is what lies between its star point and the earth, resistance and reactance.
    """

    terminal: Terminal
    connection: Connection
    rated_voltage_v: float
    rated_va: float
    resistance_pct: float
    tap: float = 1.0
    lowest_tap: float = 0.9
    highest_tap: float = 1.1
    taps: int = 32
    neutral_ohm: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Transformer:
    """A transformer with two or three windings; reactances are 1-2, 1-3, 2-3 in order."""

    name: str
    phases: int
    windings: tuple[Winding, ...]
    reactance_pct: tuple[float, ...]
    no_load_loss_pct: float = 0.0
    magnetizing_pct: float = 0.0
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class RegulatorControl:
    """What moves the taps of one transformer, with line-drop compensation."""

    name: str
    transformer: str
    winding: int
    voltage_setting_v: float
    band_v: float
    potential_ratio: float
    current_primary_a: float = 0.0
    compensation_r_v: float = 0.0
    compensation_x_v: float = 0.0
    delay_s: float = 15.0


@dataclass(frozen=True, slots=True)
class Capacitor:
    """A shunt capacitor in equal steps; `states` says which of them are in."""

    name: str
    terminal: Terminal
    phases: int
    connection: Connection
    rated_voltage_v: float
    steps_var: tuple[float, ...]
    states: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class Reactor:
    """Coils between conductors and the earth; matrices like those of a line."""

    name: str
    terminal: Terminal
    resistance_ohm: Matrix
    reactance_ohm: Matrix


@dataclass(frozen=True, slots=True)
class CapacitorControl:
    """What switches a capacitor: `kind` as OpenDSS names it (current, voltage, kvar, time, pf)."""

    name: str
    capacitor: str
    kind: str
    element: str
    terminal: int
    potential_ratio: float
    current_ratio: float
    on_setting: float
    off_setting: float
    delay_s: float
    is_overridden_by_voltage: bool = False
    lowest_v: float = 115.0
    highest_v: float = 126.0


@dataclass(frozen=True, slots=True)
class Load:
    """A load with its share of the feeder's peak.

    `zip_shares` are constant impedance, current and power for active, then for reactive power,
    then the voltage below which it is nothing; only for LoadModel.ZIP. `exponents` are of the
    voltage for active and reactive power; only for LoadModel.CONSERVATION.
    Between `lowest_pu` and `highest_pu` its model holds; beyond it becomes an impedance.
    """

    name: str
    terminal: Terminal
    phases: int
    connection: Connection
    rated_voltage_v: float
    active_power_w: float
    reactive_power_var: float
    model: LoadModel = LoadModel.POWER
    zip_shares: tuple[float, ...] = ()
    exponents: tuple[float, float] = (1.0, 2.0)
    lowest_pu: float = 0.8
    highest_pu: float = 1.2
    follows_profile: bool = True


@dataclass(frozen=True, slots=True)
class VoltCurve:
    """A volt-var or volt-watt curve of (voltage in pu, share in pu), positive when injected.

    Shares are of the most reactive power for volt-var, of the rated power for volt-watt.
    """

    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Inverter:
    """A DER behind an inverter, connected or asking to be.

    `rated_w` is the most it injects, `share` what it injects of that in a snapshot without a
    profile. Without curves it keeps its power factor 1. `is_proposed` marks the one under study.
    """

    name: str
    terminal: Terminal
    phases: int
    rated_voltage_v: float
    rated_va: float
    rated_w: float
    reactive_power_max_var: float = 0.0
    reactive_power_var: float = 0.0
    volt_var: VoltCurve | None = None
    volt_watt: VoltCurve | None = None
    is_proposed: bool = False
    profile: str = "solar"
    connection: Connection = Connection.WYE


@dataclass(frozen=True, slots=True)
class Circuit:
    """A feeder, or several that can be switched together, behind one source.

    `coordinates` are of buses, in the source's own system. `voltage_bases_v` are between phases.
    """

    name: str
    frequency_hz: float
    source: Source
    voltage_bases_v: tuple[float, ...]
    lines: tuple[Line, ...] = ()
    transformers: tuple[Transformer, ...] = ()
    regulators: tuple[RegulatorControl, ...] = ()
    capacitors: tuple[Capacitor, ...] = ()
    capacitor_controls: tuple[CapacitorControl, ...] = ()
    loads: tuple[Load, ...] = ()
    inverters: tuple[Inverter, ...] = ()
    coordinates: tuple[tuple[str, float, float], ...] = ()
    reactors: tuple[Reactor, ...] = ()

    @property
    def buses(self) -> tuple[str, ...]:
        """Every bus something is connected to, in order of appearance, the source's first."""
        seen = dict.fromkeys([self.source.bus])
        for line in self.lines:
            seen |= dict.fromkeys((line.sending.bus, line.receiving.bus))
        for transformer in self.transformers:
            seen |= dict.fromkeys(winding.terminal.bus for winding in transformer.windings)
        seen |= dict.fromkeys(capacitor.terminal.bus for capacitor in self.capacitors)
        seen |= dict.fromkeys(reactor.terminal.bus for reactor in self.reactors)
        seen |= dict.fromkeys(load.terminal.bus for load in self.loads)
        return tuple(seen | dict.fromkeys(inverter.terminal.bus for inverter in self.inverters))

    @property
    def load_w(self) -> float:
        return sum(load.active_power_w for load in self.loads)
