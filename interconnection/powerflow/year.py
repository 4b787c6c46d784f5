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
SQRT3 = 3**0.5


class _Tally:
    """Arrays that grow with each solved hour."""

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
        self.judged = np.array([rated.get(branch, False) for branch in engine.branches])
        self.worst = np.zeros(len(engine.branches))
        self.head_w: list[float] = []
        self.overloaded = self.steps = 0
        self._taps: dict[str, float] = {}

    def add(self) -> None:
        volts = self.engine.voltages_pu()
        np.minimum(self.lowest, volts, out=self.lowest)
        np.maximum(self.highest, volts, out=self.highest)
        self.hours_low += (volts < self.low_pu) & (volts > 0.1)
        self.hours_high += volts > self.limits.voltage_high_pu
        loading = np.where(self.judged, self.engine.loadings_pct(), 0.0)
        np.maximum(self.worst, loading, out=self.worst)
        self.overloaded += bool((loading > self.limits.loading_pct).any())
        self.head_w.append(round(self.engine.head()[0], 1))
        taps = {tap.transformer: tap.tap for tap in self.engine.taps()}
        self.steps += sum(
            round(abs(tap - self._taps.get(name, tap)) * TAP_STEPS_PER_RATIO)
            for name, tap in taps.items()
        )
        self._taps = taps

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
    for hour, (load, generation) in enumerate(zip(load_shares, generation_shares, strict=True)):
        generators(generation)
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
    worst = int(np.argmax(tally.worst)) if len(tally.worst) else 0
    return Year(
        hours=len(tally.head_w),
        unsolved_hours=unsolved,
        unsettled_hours=unsettled,
        reverse_hours=sum(w < 0 for w in tally.head_w),
        overloaded_hours=tally.overloaded,
        worst_loading_pct=round(float(tally.worst[worst]), 3) if len(tally.worst) else 0.0,
        worst_loading_at=engine.branches[worst][1] if len(tally.worst) else "",
        tap_steps=tally.steps,
        nodes=tally.nodes(),
        head_w=tuple(tally.head_w),
    )
