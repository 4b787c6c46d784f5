"""One time step of all batteries: what they want, what their limits allow, what is stored then."""

from dataclasses import dataclass

import numpy as np

from simulators.fleet import DeviceSpec
from simulators.physics.arrays import Floats

ONE_WAY_EFFICIENCY = 0.95
RESERVE = 0.10
SELF_USE_RESERVE = 0.25
# A battery follows the house it measures, a little behind.
SELF_USE_SHARE = 0.96


@dataclass(slots=True)
class Batteries:
    """Stored energy and its bounds, as vectors; power is positive when discharging."""

    capacity_wh: Floats
    stored_wh: Floats
    reserve_frac: Floats

    @classmethod
    def of(cls, specs: list[DeviceSpec]) -> "Batteries":
        capacity = np.array([float(s.capacity_wh) for s in specs])
        share = np.array([s.soc_pct / 100.0 for s in specs])
        return cls(capacity, capacity * share, np.full(len(specs), RESERVE))

    def discharge_room_w(self, dt_s: float) -> Floats:
        """Highest AC power the stored energy can keep up for dt_s."""
        room = np.maximum(self.stored_wh - self.reserve_frac * self.capacity_wh, 0.0)
        return room * ONE_WAY_EFFICIENCY * 3600.0 / max(dt_s, 1.0)

    def charge_room_w(self, dt_s: float) -> Floats:
        room = np.maximum(self.capacity_wh - self.stored_wh, 0.0)
        return room / ONE_WAY_EFFICIENCY * 3600.0 / max(dt_s, 1.0)

    def store(self, output_w: Floats, dt_s: float) -> None:
        discharged = np.maximum(output_w, 0.0) / ONE_WAY_EFFICIENCY
        charged = np.maximum(-output_w, 0.0) * ONE_WAY_EFFICIENCY
        stored = self.stored_wh + (charged - discharged) * dt_s / 3600.0
        self.stored_wh = np.clip(stored, 0.0, self.capacity_wh)
