"""What a study is asked and what it answers: both sides of its process know only this (IC-4)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from interconnection.powerflow.circuit import Circuit, Terminal
from interconnection.powerflow.criteria import Criterion, Verdict
from interconnection.powerflow.limits import Limits, Moment
from interconnection.powerflow.results import Hosting, Snapshot, Year

UNITY, CURVES = "unity power factor", "volt-var and volt-watt"


@dataclass(frozen=True, slots=True)
class StudyTask:
    """What to study: the proposed inverters are those of the circuit with `is_proposed`.

    `mode` is how the DER would really run and so what the verdict is over; where it has curves the
    other mode is studied as well. The profiles have one share for each hour, loads of their
    modelled power, generation of its rating; empty ones leave the year out. `alternate` is the same
    feeder fed from elsewhere.
    """

    circuit: Circuit
    moments: tuple[Moment, ...]
    mode: str = UNITY
    limits: Limits = field(default_factory=Limits)
    load_shares: tuple[float, ...] = ()
    generation_shares: tuple[float, ...] = ()
    hosting_largest_w: float = 0.0
    alternate: Circuit | None = None


@dataclass(frozen=True, slots=True)
class Scenario:
    """One moment in one mode of the DER: what was found without and with it, and after its trip."""

    moment: str
    mode: str
    without: Snapshot
    with_der: Snapshot
    tripped: Snapshot
    criteria: tuple[Criterion, ...]


@dataclass(frozen=True, slots=True)
class StudyResult:
    """Everything the study found; `verdict` is over the scenarios in the DER's own mode."""

    engine: str
    verdict: Verdict
    mode: str
    scenarios: tuple[Scenario, ...]
    contingency: tuple[Scenario, ...]
    year_without: Year | None
    year_with: Year | None
    hosting: Hosting | None
    hosting_words: str


@dataclass(frozen=True, slots=True)
class CapacityTask:
    """Each point of a feeder, one at a time, up to `largest_w`."""

    circuit: Circuit
    terminals: tuple[Terminal, ...]
    moments: tuple[Moment, ...]
    limits: Limits
    largest_w: float


@dataclass(frozen=True, slots=True)
class CapacityMap:
    """What each point could host."""

    engine: str
    points: tuple[Hosting, ...]


def without_der(circuit: Circuit) -> Circuit:
    return replace(circuit, inverters=tuple(i for i in circuit.inverters if not i.is_proposed))


def in_mode(circuit: Circuit, mode: str) -> Circuit:
    """The circuit with the proposed DER at unity power factor, or with the curves it asks for."""
    if mode == CURVES:
        return circuit
    return replace(
        circuit,
        inverters=tuple(
            replace(i, volt_var=None, volt_watt=None) if i.is_proposed else i
            for i in circuit.inverters
        ),
    )
