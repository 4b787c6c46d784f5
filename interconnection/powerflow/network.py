"""A feeder as frozen facts: what connects to what, how long, how large (IC-2).

Lengths are in metres, ratings in W, VA, var and V. Impedances stay as published: ohm and
microsiemens for each mile.
"""

from dataclasses import dataclass
from enum import StrEnum


class NetworkFault(ValueError):
    """A feeder description that cannot be a radial feeder; the message names the element."""


class SegmentKind(StrEnum):
    """What joins two buses."""

    LINE = "line"
    SWITCH = "switch"
    RECLOSER = "recloser"
    REGULATOR = "regulator"
    TRANSFORMER = "transformer"


class LoadConnection(StrEnum):
    """How a load is connected and how it follows voltage."""

    WYE_POWER = "Y-PQ"
    WYE_CURRENT = "Y-I"
    WYE_IMPEDANCE = "Y-Z"
    DELTA_POWER = "D-PQ"
    DELTA_CURRENT = "D-I"
    DELTA_IMPEDANCE = "D-Z"


Triangle = tuple[tuple[float, ...], ...]


@dataclass(frozen=True, slots=True)
class LineConfiguration:
    """Lower triangles of a line's phase matrices, in the order of `phases`."""

    name: str
    phases: str
    conductor: str
    ampacity_a: int | None
    resistance_ohm_per_mile: Triangle
    reactance_ohm_per_mile: Triangle
    susceptance_us_per_mile: Triangle


@dataclass(frozen=True, slots=True)
class BusData:
    """A node; `distance_m` is the way along the lines from the substation."""

    name: str
    phases: str
    nominal_voltage_v: int
    section: str
    distance_m: float
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class SegmentData:
    """A line, switch, regulator or in-line transformer from the source side to the load side."""

    name: str
    from_bus: str
    to_bus: str
    phases: str
    length_m: float
    kind: SegmentKind = SegmentKind.LINE
    configuration: str = ""


@dataclass(frozen=True, slots=True)
class SectionData:
    """The part of a feeder beyond one automatic sectionalizing device.

    Loads are as measured at that device, so they include every section further out; None says
    that nobody has the figure.
    """

    name: str
    head_device: str
    upstream: str | None
    peak_load_w: int | None
    minimum_load_w: int | None
    minimum_daytime_load_w: int | None


@dataclass(frozen=True, slots=True)
class InlineTransformer:
    """A transformer inside a feeder or at its head, with impedance on its own rating."""

    name: str
    segment: str
    rated_va: int
    primary_voltage_v: int
    secondary_voltage_v: int
    resistance_pct: float
    reactance_pct: float


@dataclass(frozen=True, slots=True)
class Regulator:
    """A step voltage regulator with line-drop compensation."""

    name: str
    segment: str
    phases: str
    voltage_level_v: float
    bandwidth_v: float
    potential_ratio: int
    current_primary_a: int
    compensation_r_v: float
    compensation_x_v: float


@dataclass(frozen=True, slots=True)
class Capacitor:
    """A shunt capacitor, in var on phases A, B and C."""

    bus: str
    reactive_power_var: tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Load:
    """A load in W and var on phases A, B and C; for delta on AB, BC and CA."""

    bus: str
    connection: LoadConnection
    active_power_w: tuple[int, int, int]
    reactive_power_var: tuple[int, int, int]
    spread_to_bus: str = ""


@dataclass(frozen=True, slots=True)
class ServiceTransformer:
    """A transformer that feeds premises; `premises` is how many its secondary was planned for."""

    name: str
    bus: str
    phases: str
    rated_va: int
    secondary_voltage_v: int
    premises: int


@dataclass(frozen=True, slots=True)
class FeederModel:
    """One feeder; `source` says where its figures come from."""

    name: str
    substation: str
    nominal_voltage_v: int
    rated_capacity_w: int
    hosting_capacity_w: int | None
    source: str
    buses: tuple[BusData, ...]
    segments: tuple[SegmentData, ...]
    sections: tuple[SectionData, ...]
    configurations: tuple[LineConfiguration, ...] = ()
    transformers: tuple[InlineTransformer, ...] = ()
    regulators: tuple[Regulator, ...] = ()
    capacitors: tuple[Capacitor, ...] = ()
    loads: tuple[Load, ...] = ()
    service_transformers: tuple[ServiceTransformer, ...] = ()

    @property
    def load_w(self) -> int:
        return sum(sum(load.active_power_w) for load in self.loads)

    @property
    def load_var(self) -> int:
        return sum(sum(load.reactive_power_var) for load in self.loads)
