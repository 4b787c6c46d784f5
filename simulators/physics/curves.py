"""Curves and droops in force, for all devices at once, with their open-loop response."""

from dataclasses import dataclass

import numpy as np

from simulators.physics.arrays import Flags, Floats, Integers

MOST_POINTS = 20
# The open-loop response time is the time to 90 % of a step (IEEE 1547-2018 3.1).
TIME_CONSTANTS_TO_90_PCT = float(np.log(10.0))


@dataclass(slots=True)
class Curves:
    """One function's curve of every device; x beyond the ends keeps the last value."""

    enabled: Flags
    x: Floats
    y: Floats
    points: Integers
    reference: Integers
    x_ref: Floats
    response_s: Floats
    reached: Floats
    # Above this x the value only falls (hysteresis); 0 for none.
    hold_until: Floats

    @classmethod
    def of(cls, count: int) -> "Curves":
        return cls(
            enabled=np.zeros(count, dtype=np.bool_),
            x=np.zeros((count, MOST_POINTS)),
            y=np.zeros((count, MOST_POINTS)),
            points=np.zeros(count, dtype=np.int64),
            reference=np.zeros(count, dtype=np.int64),
            x_ref=np.ones(count),
            response_s=np.zeros(count),
            reached=np.full(count, np.nan),
            hold_until=np.zeros(count),
        )

    def put(
        self, row: int, points: list[tuple[float, float]], reference: int, response_s: float
    ) -> None:
        """Take over a curve; the response goes on from where it is."""
        padded = points + [points[-1]] * (MOST_POINTS - len(points))
        self.x[row], self.y[row] = np.array(padded).T
        self.points[row], self.reference[row] = len(points), reference
        self.response_s[row] = response_s

    def enable(self, row: int, *, on: bool) -> None:
        self.enabled[row] = on
        if not on:
            self.reached[row] = np.nan

    def targets(self, rows: Integers, x: Floats) -> Floats:
        """Value of each row's curve at its x."""
        xs, ys = self.x[rows], self.y[rows]
        value = ys[:, 0].copy()
        for k in range(int(self.points[rows].max(initial=1)) - 1):
            left, right = xs[:, k], xs[:, k + 1]
            share = np.clip((x - left) / np.maximum(right - left, 1e-9), 0.0, 1.0)
            value = np.where(x >= left, ys[:, k] + share * (ys[:, k + 1] - ys[:, k]), value)
        return value

    def follow(self, rows: Integers, target: Floats, dt_s: float) -> Floats:
        """Move towards the target as fast as the open-loop response time allows."""
        moved = approach(self.reached[rows], target, self.response_s[rows], dt_s)
        self.reached[rows] = moved
        return moved


@dataclass(slots=True)
class Droops:
    """Frequency-droop of every device (IEEE 1547-2018 6.5.2.7.1): per unit of frequency."""

    enabled: Flags
    dead_over_hz: Floats
    dead_under_hz: Floats
    k_over: Floats
    k_under: Floats
    response_s: Floats
    lowest_share: Floats
    before_w: Floats
    reached: Floats

    @classmethod
    def of(cls, count: int) -> "Droops":
        def row(value: float) -> Floats:
            return np.full(count, value)

        return cls(
            enabled=np.zeros(count, dtype=np.bool_),
            dead_over_hz=row(0.036),
            dead_under_hz=row(0.036),
            k_over=row(0.05),
            k_under=row(0.05),
            response_s=row(5.0),
            lowest_share=row(0.0),
            before_w=row(np.nan),
            reached=row(0.0),
        )

    def enable(self, row: int, *, on: bool) -> None:
        self.enabled[row] = on
        if not on:
            self.before_w[row], self.reached[row] = np.nan, 0.0

    def shift(self, hz: Floats, nominal_hz: float, output_w: Floats, dt_s: float) -> Floats:
        """Per unit of rated power by which each device moves away from what it did before."""
        over = np.maximum(hz - nominal_hz - self.dead_over_hz, 0.0) / (nominal_hz * self.k_over)
        under = np.maximum(nominal_hz - hz - self.dead_under_hz, 0.0) / (nominal_hz * self.k_under)
        target = np.where(self.enabled, under - over, 0.0)
        away = target != 0.0
        self.before_w = np.where(
            away & np.isnan(self.before_w), output_w, np.where(away, self.before_w, np.nan)
        )
        self.reached = approach(self.reached, target, self.response_s, dt_s)
        self.reached[~away] = 0.0
        return self.reached


def approach(reached: Floats, target: Floats, response_s: Floats, dt_s: float) -> Floats:
    """First-order response; a value not yet begun (NaN) or a response of 0 s is there at once."""
    constant = np.maximum(response_s, 1e-9) / TIME_CONSTANTS_TO_90_PCT
    moved = reached + (target - reached) * -np.expm1(-dt_s / constant)
    return np.where(np.isnan(reached) | (response_s <= 0.0), target, moved)
