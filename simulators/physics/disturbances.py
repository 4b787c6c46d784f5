"""What happens to the grid for a while: frequency off, voltage off, a feeder without supply."""

from dataclasses import dataclass

from simulators.errors import FleetError

FREQUENCY, VOLTAGE, OUTAGE = "frequency", "voltage", "outage"
KINDS = (FREQUENCY, VOLTAGE, OUTAGE)
LARGEST = {FREQUENCY: 5.0, VOLTAGE: 0.5, OUTAGE: 0.0}
LONGEST_S = 7 * 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Disturbance:
    """One event between two instants; `feeder` None means all of them.

    `size` is in Hz or per unit of nominal voltage; it is reached and left over `ramp_s`.
    """

    kind: str
    begins: float
    ends: float
    size: float = 0.0
    ramp_s: float = 0.0
    feeder: str | None = None

    def share(self, t: float) -> float:
        """How much of the size is there at t."""
        if not self.begins <= t < self.ends:
            return 0.0
        if self.ramp_s <= 0:
            return 1.0
        return min(1.0, (t - self.begins) / self.ramp_s, (self.ends - t) / self.ramp_s)


def make_disturbance(
    kind: str, *, at: float, size: float, lasts_s: float, ramp_s: float, feeder: str | None
) -> Disturbance:
    """Check what a person asked for; raises FleetError in words."""
    if kind not in KINDS:
        raise FleetError(f"event {kind!r} is unknown; choose one of: {', '.join(KINDS)}")
    if not 0 < lasts_s <= LONGEST_S:
        raise FleetError(f"an event lasts above 0 s and at most a week, not {lasts_s:g} s")
    if not 0 <= ramp_s <= lasts_s / 2:
        raise FleetError(f"a ramp of {ramp_s:g} s does not fit twice into {lasts_s:g} s")
    if kind != OUTAGE and not 0 < abs(size) <= LARGEST[kind]:
        unit = "Hz" if kind == FREQUENCY else "per unit"
        raise FleetError(f"a {kind} event is off by up to {LARGEST[kind]:g} {unit}, not {size:g}")
    if kind == FREQUENCY and feeder is not None:
        raise FleetError("the frequency is the same on all feeders: leave the feeder out")
    return Disturbance(
        kind=kind, begins=at, ends=at + lasts_s, size=size, ramp_s=ramp_s, feeder=feeder
    )
