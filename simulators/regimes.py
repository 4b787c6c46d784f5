"""Kinds of weather."""

from dataclasses import dataclass

from simulators.errors import FleetError


@dataclass(frozen=True, slots=True)
class Regime:
    """How much of the sky is clouded, what a cloud takes of the beam and of the diffuse light."""

    threshold: float
    depth: float
    gloom: float = 0.0


REGIMES = {
    "clear": Regime(2.0, 0.0),
    "fair": Regime(0.62, 0.35),
    "cloudy": Regime(0.36, 0.85),
    "storm": Regime(0.12, 1.0, 0.7),
}


def regime_named(kind: str) -> Regime:
    if kind not in REGIMES:
        raise FleetError(f"weather {kind!r} is unknown; choose one of: {', '.join(REGIMES)}")
    return REGIMES[kind]
