"""What a power flow found, as frozen facts that can be stored and compared to the digit (IC-4)."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from interconnection.powerflow.circuit import Circuit
from interconnection.powerflow.fault import Fault


class Outcome(StrEnum):
    """How a solution ended. Nothing but SOLVED may ever be read as a pass."""

    SOLVED = "solved"
    NOT_CONVERGED = "not_converged"
    CONTROLS_UNSETTLED = "controls_unsettled"


@dataclass(frozen=True, slots=True)
class NodeVoltage:
    """The voltage of one conductor to neutral, in pu of its base; angle in degrees."""

    bus: str
    node: int
    voltage_pu: float
    angle_deg: float = 0.0


@dataclass(frozen=True, slots=True)
class Loading:
    """The greatest current of a line or transformer; None where its rating is not known."""

    kind: str
    name: str
    current_a: float
    loading_pct: float | None


@dataclass(frozen=True, slots=True)
class TapPosition:
    """A regulated winding's tap as a ratio."""

    transformer: str
    tap: float


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One solved moment; powers are what the source delivers into the feeder, negative = reverse.

    `words` says where it did not converge or settle.
    """

    outcome: Outcome
    words: str
    voltages: tuple[NodeVoltage, ...] = ()
    loadings: tuple[Loading, ...] = ()
    taps: tuple[TapPosition, ...] = ()
    head_w: float = 0.0
    head_var: float = 0.0
    losses_w: float = 0.0
    iterations: int = 0

    @property
    def is_solved(self) -> bool:
        return self.outcome is Outcome.SOLVED


@dataclass(frozen=True, slots=True)
class Hosting:
    """What one point can host, and what stops it there.

    `binding` is the criterion, `where` the element, `value` what it would reach just beyond
    `capacity_w` and `limit` what it may. A point without a bound below `largest_w` has none.
    """

    bus: str
    nodes: tuple[int, ...]
    capacity_w: float
    binding: str
    where: str
    value: float | None
    limit: float | None
    moment: str


@dataclass(frozen=True, slots=True)
class NodeHours:
    """The range of one conductor over the year, and its hours outside the limits."""

    bus: str
    node: int
    lowest_pu: float
    highest_pu: float
    hours_low: int
    hours_high: int


@dataclass(frozen=True, slots=True)
class Year:
    """`head_w` is hour by hour what the source delivers, negative in reverse.

    `outside_hours` are hours in which any voltage is outside its limits; None in a year that was
    studied before they were counted.
    """

    hours: int
    unsolved_hours: int
    unsettled_hours: int
    reverse_hours: int
    overloaded_hours: int
    worst_loading_pct: float
    worst_loading_at: str
    tap_steps: int
    nodes: tuple[NodeHours, ...]
    head_w: tuple[float, ...]
    outside_hours: int | None = None


@dataclass(slots=True)
class Read:
    """The circuit, None when nothing could be built, and everything worth telling.

    `present` are the W and var that a DER gives in the file, where that is not its rating.
    """

    circuit: Circuit | None
    faults: list[Fault] = field(default_factory=list)
    notes: list[Fault] = field(default_factory=list)
    present: dict[str, tuple[float, float]] = field(default_factory=dict)
    begun: dict[str, Fault] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Begun:
    """Where in the files an element is made; `element` as `line.trunk`, lower case."""

    element: str
    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Baseline:
    """The model solved as it stands, its taps and capacitors where the file has them.

    Voltages are of conductors that have any; None where nothing was solved or nothing is rated.
    """

    energised: int
    dead: int
    lowest: NodeVoltage | None
    highest: NodeVoltage | None
    most_loaded: Loading | None
    losses_w: float = 0.0


@dataclass(frozen=True, slots=True)
class Imported:
    """`difference_pu` is the largest voltage difference between the file and our circuit of it.

    Both are solved with the taps and states as they stand in the file; None where the file is no
    program that an engine could run (`is_compared` false) or did not run. `dead` are buses without
    voltage. There is no circuit when a fault left nothing to build.
    """

    circuit: Circuit | None
    faults: tuple[Fault, ...]
    notes: tuple[Fault, ...]
    outcome: Outcome | None
    difference_pu: float | None
    dead: tuple[str, ...]
    is_compared: bool = True
    baseline: Baseline | None = None
    begun: tuple[Begun, ...] = ()
