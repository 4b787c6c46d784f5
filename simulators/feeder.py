"""Voltage and frequency as the devices would see them: plausible, not a power flow."""

import numpy as np

from simulators.arrays import Floats
from simulators.fleet import Fleet
from simulators.noise import smooth, streams

NOMINAL_HZ = 60.0


class Feeders:
    """Voltage rises with injection, at the site itself and along its feeder."""

    def __init__(self, fleet: Fleet, site_rated_w: Floats) -> None:
        names = sorted({s.feeder for s in fleet.sites})
        self.of_site = np.array([names.index(s.feeder) for s in fleet.sites])
        self.size_w = site_rated_w + np.array([s.load_peak_w for s in fleet.sites])
        self.feeder_size_w = np.bincount(self.of_site, self.size_w, len(names))
        self.noise = streams(fleet.seed, "voltage", [s.feeder for s in fleet.sites])
        self.frequency = streams(fleet.seed, "frequency", ["system"])

    def voltage_pu(self, t: float, injection_w: Floats) -> Floats:
        """Per unit of nominal, one for each site."""
        feeder_w = np.bincount(self.of_site, injection_w, self.feeder_size_w.size)
        own = 0.018 * injection_w / self.size_w
        shared = 0.025 * (feeder_w / self.feeder_size_w)[self.of_site]
        wander = 0.012 * (smooth(self.noise, np.array([t]), 1_200.0) - 0.5)
        pu: Floats = 1.005 + own + shared + wander
        return pu

    def frequency_hz(self, t: float) -> float:
        now = np.array([t])
        slow = smooth(self.frequency, now, 300.0)[0] - 0.5
        quick = smooth(self.frequency + np.uint64(1), now, 20.0)[0] - 0.5
        return NOMINAL_HZ + 0.03 * float(slow) + 0.012 * float(quick)
