"""Which weather rules when."""

from dataclasses import dataclass, field

import numpy as np

from simulators.physics.arrays import Floats
from simulators.regimes import Regime

CLEAREST = 0.9


@dataclass(slots=True)
class Schedule:
    """Regimes one after another; each comes in over some time."""

    first: Regime
    changes: list[tuple[float, float, Regime]] = field(default_factory=list)

    def change(self, t: float, over_s: float, regime: Regime) -> None:
        """From t on this regime comes in; what was planned for later is dropped."""
        self.changes = [c for c in self.changes if c[0] < t]
        self.changes.append((t, over_s, regime))

    @property
    def is_clear(self) -> bool:
        return not self.changes and self.first.depth == 0.0

    def at(self, t: Floats) -> tuple[Floats, Floats, Floats]:
        """Threshold, depth and gloom at some instants."""
        now = self.first
        values = [np.full(t.shape, min(x, CLEAREST)) for x in (now.threshold, now.depth, now.gloom)]
        for begins, over_s, regime in self.changes:
            share = np.clip((t - begins) / max(over_s, 1.0), 0.0, 1.0)
            aims = (min(regime.threshold, CLEAREST), regime.depth, regime.gloom)
            values = [old + share * (aim - old) for old, aim in zip(values, aims, strict=True)]
        threshold, depth, gloom = values
        return threshold, depth, gloom
