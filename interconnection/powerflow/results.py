"""What a power flow found, as frozen facts that can be stored and compared to the digit (IC-4)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


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
