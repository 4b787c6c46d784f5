"""Voltage and frequency as the devices would see them: plausible, not a power flow."""

import numpy as np

from simulators.errors import FleetError
from simulators.fleet import Fleet
from simulators.physics.arrays import Flags, Floats
from simulators.physics.disturbances import FREQUENCY, OUTAGE, VOLTAGE, Disturbance
from simulators.physics.noise import smooth, streams

NOMINAL_HZ = 60.0


class Feeders:
    """Voltage rises with injection of W and var, at the site itself and along its feeder."""

    def __init__(self, fleet: Fleet, site_rated_w: Floats) -> None:
        self.names = sorted({s.feeder for s in fleet.sites})
        self.of_site = np.array([self.names.index(s.feeder) for s in fleet.sites])
        self.size_w = site_rated_w + np.array([s.load_peak_w for s in fleet.sites])
        self.feeder_size_w = np.bincount(self.of_site, self.size_w, len(self.names))
        self.noise = streams(fleet.seed, "voltage", [s.feeder for s in fleet.sites])
        self.frequency = streams(fleet.seed, "frequency", ["system"])
        self.disturbances: list[Disturbance] = []

    def disturb(self, disturbance: Disturbance) -> None:
        if disturbance.feeder not in {None, *self.names}:
            raise FleetError(
                f"no feeder {disturbance.feeder!r}; there are: {', '.join(self.names)}"
            )
        self.disturbances = [d for d in self.disturbances if d.ends > disturbance.begins]
        self.disturbances.append(disturbance)

    def calm(self) -> None:
        """End whatever disturbs the grid."""
        self.disturbances.clear()

    def voltage_pu(self, t: float, injection_w: Floats, injection_var: Floats) -> Floats:
        """Per unit of nominal, one for each site; 0 where the feeder has no supply."""
        feeder_w = np.bincount(self.of_site, injection_w, self.feeder_size_w.size)
        feeder_var = np.bincount(self.of_site, injection_var, self.feeder_size_w.size)
        own = (0.018 * injection_w + 0.030 * injection_var) / self.size_w
        shared = ((0.025 * feeder_w + 0.040 * feeder_var) / self.feeder_size_w)[self.of_site]
        wander = 0.012 * (smooth(self.noise, np.array([t]), 1_200.0) - 0.5)
        pu: Floats = 1.005 + own + shared + wander
        for event in self._going_on(t, VOLTAGE):
            pu = np.where(self._reaches(event), pu + event.size * event.share(t), pu)
        for event in self._going_on(t, OUTAGE):
            pu = np.where(self._reaches(event), 0.0, pu)
        return pu

    def frequency_hz(self, t: float) -> Floats:
        """At each site; 0 where the feeder has no supply."""
        now = np.array([t])
        slow = smooth(self.frequency, now, 300.0)[0] - 0.5
        quick = smooth(self.frequency + np.uint64(1), now, 20.0)[0] - 0.5
        hz = NOMINAL_HZ + 0.03 * float(slow) + 0.012 * float(quick)
        for event in self._going_on(t, FREQUENCY):
            hz += event.size * event.share(t)
        everywhere = np.full(self.of_site.size, hz)
        for event in self._going_on(t, OUTAGE):
            everywhere = np.where(self._reaches(event), 0.0, everywhere)
        return everywhere

    def _going_on(self, t: float, kind: str) -> list[Disturbance]:
        return [d for d in self.disturbances if d.kind == kind and d.begins <= t < d.ends]

    def _reaches(self, event: Disturbance) -> Flags:
        if event.feeder is None:
            return np.ones(self.of_site.size, dtype=np.bool_)
        reached: Flags = self.of_site == self.names.index(event.feeder)
        return reached
