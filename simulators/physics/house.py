"""What each site's own consumers use: a daily shape, appliances that come and go, noise."""

import numpy as np

from simulators.fleet import Fleet
from simulators.physics.arrays import Floats
from simulators.physics.noise import smooth, streams


class Houses:
    """House loads of all sites as vectors; positive is consumption."""

    def __init__(self, fleet: Fleet) -> None:
        names = [s.key for s in fleet.sites]
        self.longitude = fleet.longitude
        self.peak_w = np.array([s.load_peak_w for s in fleet.sites])
        self.slow = streams(fleet.seed, "load, slow", names)
        self.quick = streams(fleet.seed, "load, quick", names)
        self.appliance = streams(fleet.seed, "appliance", names)

    def load_w(self, t: Floats) -> Floats:
        """Consumption, (T, sites)."""
        column = t[:, None]
        hour = (column / 3_600.0 + self.longitude / 15.0) % 24.0
        shape = 0.16 + 0.22 * _bump(hour, 7.5, 1.6) + 0.40 * _bump(hour, 19.0, 2.6)
        shape = shape + 0.12 * _bump(hour, 13.0, 3.0)
        slow = 0.7 + 0.6 * smooth(self.slow, column, 2_700.0)
        quick = 0.9 + 0.2 * smooth(self.quick, column, 240.0)
        running = np.clip((smooth(self.appliance, column, 900.0) - 0.80) / 0.05, 0.0, 1.0)
        return self.peak_w * (shape * slow * quick + 0.18 * running)


def _bump(hour: Floats, centre: float, width: float) -> Floats:
    away = (hour - centre + 12.0) % 24.0 - 12.0
    bump: Floats = np.exp(-0.5 * (away / width) ** 2)
    return bump
