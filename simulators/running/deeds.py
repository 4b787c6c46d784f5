"""What can be done to a running fleet: faults, settings at the machine, grid events, weather."""

from collections.abc import Callable
from dataclasses import dataclass

from simulators.errors import FleetError
from simulators.maps.device import Device
from simulators.physics.disturbances import make_disturbance
from simulators.regimes import regime_named
from simulators.running.adjusting import adjust
from simulators.running.selecting import select
from simulators.running.simulation import Simulation
from simulators.wire.faults import make_fault
from simulators.wire.server import FleetServer


@dataclass(frozen=True, slots=True)
class Deeds:
    """The hands of the control socket and of scenarios; each deed is checked before it is done."""

    simulation: Simulation
    server: FleetServer

    def _each(self, who: str, deed: Callable[[Device], None]) -> list[str]:
        specs = select(self.simulation.fleet, who)
        for spec in specs:
            deed(self.simulation.device(spec.key))
        return [spec.key for spec in specs]

    def fault(self, who: str, kind: str, number: int | None) -> list[str]:
        """Switch a fault; returns the keys of the machines."""
        make_fault(kind, number)
        keys = self._each(who, lambda d: self.server.set_fault(d.spec.key, kind, number))
        for key in keys:
            self._note("fault", key=key, fault=kind, number=number)
        return keys

    def set(self, who: str, name: str, value: str) -> list[str]:
        """Do something at machines; only those of a selection that can are asked to."""
        t = self.simulation.plant.t
        specs = select(self.simulation.fleet, who)
        done, refused = [], []
        for spec in specs:
            try:
                adjust(self.simulation, spec.key, name, value, t)
                done.append(spec.key)
            except FleetError as error:
                refused.append(error)
        if not done:
            raise refused[0]
        return done

    def event(
        self, kind: str, *, size: float, lasts_s: float, ramp_s: float, feeder: str | None
    ) -> None:
        """Disturb the grid from now on; `none` ends whatever disturbs it."""
        plant = self.simulation.plant
        if kind == "none":
            plant.feeders.calm()
        else:
            plant.feeders.disturb(
                make_disturbance(
                    kind, at=plant.t, size=size, lasts_s=lasts_s, ramp_s=ramp_s, feeder=feeder
                )
            )
        self._note("event", kind=kind, size=size, lasts_s=lasts_s, feeder=feeder)

    def weather(self, kind: str, over_s: float) -> None:
        """Let another weather come in from now on."""
        self.simulation.plant.change_weather(regime_named(kind), over_s)
        self._note("weather", kind=kind, over_s=over_s)

    def _note(self, event: str, **facts: object) -> None:
        self.simulation.journal.record(self.simulation.plant.t, event, **facts)
