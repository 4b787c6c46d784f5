"""Wires and cables as they are strung on poles or laid in a trench (IC-2). Pure.

What a line's impedance follows from where nobody states it. Lengths in metres, resistances in ohm
for each metre; heights below zero are depths.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np


class Make(StrEnum):
    """How a conductor is built."""

    BARE = "bare"
    CONCENTRIC = "concentric"
    TAPE = "tape"


@dataclass(frozen=True, slots=True)
class Neutral:
    """The strands of a concentric neutral."""

    strands: int
    radius_m: float
    mean_radius_m: float
    resistance_ohm_per_m: float


@dataclass(frozen=True, slots=True)
class Cable:
    """What surrounds the core; `over_shield_m` is over the strands or over the tape."""

    insulation_m: float
    over_insulation_m: float
    over_shield_m: float
    permittivity: float = 2.3
    neutral: Neutral | None = None
    tape_m: float = 0.0
    lap_pct: float = 20.0


@dataclass(frozen=True, slots=True)
class Wire:
    """One kind of conductor; `mean_radius_m` is geometric (GMR)."""

    make: Make
    radius_m: float
    mean_radius_m: float
    resistance_ohm_per_m: float
    direct_ohm_per_m: float
    ampacity_a: float | None
    cable: Cable | None = None


@dataclass(frozen=True, slots=True)
class Stringing:
    """Wires with their places across and above the ground; the first `phases` are live."""

    wires: tuple[tuple[Wire, float, float], ...]
    phases: int


# Series ohm and shunt siemens for each metre between the live conductors.
Constants = tuple[np.ndarray, np.ndarray]
Reckon = Callable[[Stringing, float], Constants]
