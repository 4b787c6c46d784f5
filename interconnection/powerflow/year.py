"""A year in hours: what a snapshot cannot see (IC-4). Runs only in the study's own process."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from interconnection.powerflow.circuit import Circuit
from interconnection.powerflow.engine import Engine
from interconnection.powerflow.limits import Limits
from interconnection.powerflow.results import NodeHours, Outcome, Year

TAP_STEPS_PER_RATIO = 160  # 32 steps of 5/8 % over +-10 %
PROGRESS_EVERY = 240
TOGETHER = 256  # hours judged at once
DEAD_PU = 0.1
SQRT3 = 3**0.5


class _Tally:
    """Hours are kept as they come and judged many at a time."""

    def __init__(self, engine: Engine, limits: Limits) -> None:
        count = len(engine.nodes)
        self.engine, self.limits = engine, limits
        bases_v = engine.bases_v()
        primary = np.array(
            [bases_v[bus] * SQRT3 > limits.primary_above_v for bus, _ in engine.nodes]
        )
        self.low_pu = np.where(primary, limits.primary_voltage_low_pu, limits.voltage_low_pu)
        self.lowest, self.highest = np.full(count, np.inf), np.full(count, -np.inf)
        self.hours_low, self.hours_high = np.zeros(count, int), np.zeros(count, int)
        rated = engine.rated()
        self.judged = np.array([rated.get(branch, False) for branch in engine.branches], dtype=bool)
        self.worst = np.zeros(len(engine.branches))
        self.head_w: list[float] = []
        self.overloaded = self.outside = self.steps = 0
        self._volts = np.empty((TOGETHER, count))
        self._loadings = np.empty((TOGETHER, len(engine.branches)))
        self._waiting = 0
        self._taps = self._tap_positions()

    def add(self) -> None:
        self._volts[self._waiting] = self.engine.solved_pu
        self._loadings[self._waiting] = self.engine.loadings_pct()
        self._waiting += 1
        self.head_w.append(round(self.engine.head()[0], 1))
        if self.engine.has_controlled:
            self._count_steps()
        if self._waiting == TOGETHER:
            self.judge()

    def _count_steps(self) -> None:
        taps = self._tap_positions()
        # The first hour finds the taps where somebody left them: that is no operation of the year.
        if len(self.head_w) > 1:
            self.steps += sum(
                round(abs(tap - self._taps.get(name, tap)) * TAP_STEPS_PER_RATIO)
                for name, tap in taps.items()
            )
        self._taps = taps

    def _tap_positions(self) -> dict[str, float]:
        return {tap.transformer: tap.tap for tap in self.engine.taps()}

    def judge(self) -> None:
        """What waits, counted in."""
        if not self._waiting:
            return
        volts, loadings = self._volts[: self._waiting], self._loadings[: self._waiting]
        low = (volts < self.low_pu) & (volts > DEAD_PU)
        high = volts > self.limits.voltage_high_pu
        np.minimum(self.lowest, volts.min(axis=0), out=self.lowest)
        np.maximum(self.highest, volts.max(axis=0), out=self.highest)
        self.hours_low += low.sum(axis=0)
        self.hours_high += high.sum(axis=0)
        self.outside += int((low.any(axis=1) | high.any(axis=1)).sum())
        loadings[:, ~self.judged] = 0.0
        np.maximum(self.worst, loadings.max(axis=0, initial=0.0), out=self.worst)
        self.overloaded += int((loadings > self.limits.loading_pct).any(axis=1).sum())
        self._waiting = 0

    def nodes(self) -> tuple[NodeHours, ...]:
        columns = zip(
            self.engine.nodes, self.lowest, self.highest, self.hours_low, self.hours_high,
            strict=True,
        )  # fmt: skip
        return tuple(
            NodeHours(bus, node, round(float(low), 6), round(float(high), 6), int(under), int(over))
            for (bus, node), low, high, under, over in columns
        )


def year(
    circuit: Circuit,
    *,
    load_shares: Sequence[float],
    generation_shares: Sequence[float],
    limits: Limits,
    progress: Callable[[float], None] = lambda _: None,
) -> Year:
    """Solve hour after hour; both profiles have one share for each, loads of their modelled power.

    Regulators keep their state from hour to hour, as on the pole. An hour that does not converge
    is counted and left out, and the next one starts from the linear solution.
    """
    engine = Engine(circuit)
    generators = engine.profiled()
    tally = _Tally(engine, limits)
    unsolved = unsettled = 0
    at_share = -1.0
    for hour, (load, generation) in enumerate(zip(load_shares, generation_shares, strict=True)):
        if generation != at_share:
            generators(generation)
            at_share = generation
        outcome = engine.solve(load_share=load)
        if outcome is Outcome.NOT_CONVERGED:
            unsolved += 1
            tally.head_w.append(float("nan"))
            engine.recover()
        else:
            unsettled += outcome is Outcome.CONTROLS_UNSETTLED
            if outcome is Outcome.CONTROLS_UNSETTLED:
                engine.command("set mode=snapshot")
            tally.add()
        if hour % PROGRESS_EVERY == 0:
            progress(hour / len(load_shares))
    tally.judge()
    worst = int(np.argmax(tally.worst)) if len(tally.worst) else 0
    return Year(
        hours=len(tally.head_w),
        unsolved_hours=unsolved,
        unsettled_hours=unsettled,
        reverse_hours=sum(w < 0 for w in tally.head_w),
        overloaded_hours=tally.overloaded,
        outside_hours=tally.outside,
        worst_loading_pct=round(float(tally.worst[worst]), 3) if len(tally.worst) else 0.0,
        worst_loading_at=engine.branches[worst][1] if len(tally.worst) else "",
        tap_steps=tally.steps,
        nodes=tally.nodes(),
        head_w=tuple(tally.head_w),
    )
