"""Being in service: permit, trips by voltage and frequency, the way back, and its ramp."""

from dataclasses import dataclass

import numpy as np

from simulators.physics.arrays import Flags, Floats
from simulators.physics.noise import draw

LOW_VOLTAGE, HIGH_VOLTAGE, LOW_FREQUENCY, HIGH_FREQUENCY = range(4)
# IEEE 1547-2018 tables 13 and 18, default settings of category III: beyond this value for so
# long, and the DER trips. A step of a second is the finest the physics knows.
DEFAULTS = (
    ((0.50, 2.0), (0.88, 21.0)),
    ((1.20, 0.16), (1.10, 13.0)),
    ((56.5, 0.16), (58.5, 300.0)),
    ((62.0, 0.16), (61.2, 300.0)),
)
MOST_TRIPS = 4
NEVER_S = 1e12


@dataclass(slots=True)
class Service:
    """Whether each device may feed and whether it does."""

    off: Floats
    voltage_high: Floats
    voltage_low: Floats
    frequency_high_hz: Floats
    frequency_low_hz: Floats
    delay_s: Floats
    random_s: Floats
    ramp_s: Floats
    remaining_s: Floats
    tripped: Flags
    waiting: Flags
    ramping: Flags
    # By kind and place, (4, 4, devices): limits, how long they may be passed, how long they are.
    limits: Floats
    allowed_s: Floats
    beyond_s: Floats
    entries: int = 0

    @classmethod
    def of(cls, count: int) -> "Service":
        def row(value: float) -> Floats:
            return np.full(count, value)

        def none() -> Flags:
            return np.zeros(count, dtype=np.bool_)

        limits, allowed_s = (
            np.zeros((4, MOST_TRIPS, count)),
            np.full((4, MOST_TRIPS, count), NEVER_S),
        )
        for kind, defaults in enumerate(DEFAULTS):
            for place, (limit, seconds) in enumerate(defaults):
                limits[kind, place], allowed_s[kind, place] = limit, seconds
        return cls(
            off=row(0.0),
            voltage_high=row(1.10),
            voltage_low=row(0.88),
            frequency_high_hz=row(60.5),
            frequency_low_hz=row(59.3),
            delay_s=row(30.0),
            random_s=row(0.0),
            ramp_s=row(0.0),
            remaining_s=row(0.0),
            tripped=none(),
            waiting=none(),
            ramping=none(),
            limits=limits,
            allowed_s=allowed_s,
            beyond_s=np.zeros((4, MOST_TRIPS, count)),
        )

    def permit(self, row: int, *, on: bool, delay_s: float | None = None) -> None:
        """Let a device enter service after its delay, or make it cease to energize."""
        if on and self.off[row]:
            self.wait(row, delay_s)
        self.off[row] = float(not on)

    def wait(self, row: int, delay_s: float | None = None) -> None:
        """Begin the way back: the delay, with a share of the random time on top."""
        self.entries += 1
        spread = float(self.random_s[row]) * draw(self.entries, "enter service", row)
        self.waiting[row] = True
        self.remaining_s[row] = float(self.delay_s[row]) + spread if delay_s is None else delay_s

    def step(self, dt_s: float, voltage: Floats, frequency_hz: Floats) -> Flags:
        """One step; returns which devices are in service."""
        self._trip(dt_s, voltage, frequency_hz)
        if self.waiting.any():
            good = (voltage >= self.voltage_low) & (voltage <= self.voltage_high)
            good &= frequency_hz >= self.frequency_low_hz
            good &= (frequency_hz <= self.frequency_high_hz) & (self.off == 0.0)
            counting = self.waiting & good
            self.remaining_s[counting] -= dt_s
            # The delay begins anew when voltage or frequency leave the window (4.10.3).
            broken = self.waiting & ~good & (self.off == 0.0) & (self.remaining_s < self.delay_s)
            self.remaining_s[broken] = self.delay_s[broken]
            entering = counting & (self.remaining_s <= 0.0)
            self.waiting[entering] = self.tripped[entering] = False
            self.remaining_s[entering] = 0.0
            self.ramping |= entering & (self.ramp_s > 0.0)
        in_service: Flags = (self.off == 0.0) & ~self.waiting & ~self.tripped
        return in_service

    def set_trips(self, row: int, kind: int, points: list[tuple[float, float]]) -> None:
        """What one device trips at; nothing when there are no points."""
        self.allowed_s[kind, :, row] = NEVER_S
        for place, (limit, seconds) in enumerate(points[:MOST_TRIPS]):
            self.limits[kind, place, row], self.allowed_s[kind, place, row] = limit, seconds

    def _trip(self, dt_s: float, voltage: Floats, frequency_hz: Floats) -> None:
        for kind, (value, side) in enumerate(
            ((voltage, -1.0), (voltage, 1.0), (frequency_hz, -1.0), (frequency_hz, 1.0))
        ):
            counted = self.beyond_s[kind]
            outside = (value - self.limits[kind]) * side > 0.0
            if not outside.any():
                counted.fill(0.0)
                continue
            counted[outside] += dt_s
            counted[~outside] = 0.0
            passed = (counted >= self.allowed_s[kind]).any(axis=0)
            for row in np.flatnonzero(passed & ~self.tripped):
                self.tripped[row] = True
                self.wait(int(row))
