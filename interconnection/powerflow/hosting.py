"""How much a point can host: iterative, one point at a time, as California's ICA does (IC-4).

Regulators and capacitors settle without the DER and then stand still, so the answer is what the
feeder bears before its controls help. A limit that is already broken binds only where the DER
makes it worse.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from interconnection.powerflow.circuit import Circuit, Terminal
from interconnection.powerflow.engine import Engine
from interconnection.powerflow.limits import Limits, Moment
from interconnection.powerflow.results import Hosting, Outcome

FIRST_W = 50_000.0
PROBE = "generator.probe"
SAME_PU = 1e-4
SQRT3 = 3**0.5


@dataclass(frozen=True, slots=True)
class _Breach:
    criterion: str
    where: str
    value: float
    limit: float


class _Level:
    """One load level, compiled, settled and frozen, with a probe that can be moved about."""

    def __init__(self, circuit: Circuit, moment: Moment, limits: Limits) -> None:
        self.moment = moment
        self._limits = limits
        self.engine = Engine(circuit)
        self.outcome = self.engine.solve(load_share=moment.load_share)
        self._generators = self.engine.generators
        self.engine.command(
            f"new {PROBE} bus1={self.engine.names.ids['bus'][circuit.source.bus]} phases=3"
            f" kv={circuit.source.voltage_v / 1000!r} kw=0 kvar=0 model=1 vminpu=0.5 vmaxpu=1.5"
        )
        self._generators.Name = "probe"
        self.engine.solve(load_share=moment.load_share, controls=False)
        self._base = self.engine.voltages_pu().copy()
        self._alive = self._base > 0.1
        rated = self.engine.rated()
        self._judged = np.array([rated.get(b, False) for b in self.engine.branches], dtype=bool)
        self._base_loading = self.engine.loadings_pct().copy()
        self._low = self._lowest()
        self._change = self._changes()

    def _bases_v(self) -> np.ndarray:
        by_bus = self.engine.bases_v()
        return np.array([by_bus[bus] for bus, _ in self.engine.nodes])

    def _lowest(self) -> np.ndarray:
        limits = self._limits
        is_primary = self._bases_v() * SQRT3 > limits.primary_above_v
        return np.where(is_primary, limits.primary_voltage_low_pu, limits.voltage_low_pu)

    def _changes(self) -> np.ndarray:
        limits = self._limits
        is_primary = self._bases_v() * SQRT3 > limits.primary_above_v
        return np.where(is_primary, limits.voltage_change_pct, limits.low_voltage_change_pct)

    def move_to(self, terminal: Terminal, base_v: float) -> None:
        """`base_v` is to neutral."""
        phases = len(terminal.nodes)
        voltage_v = base_v * SQRT3 if phases > 1 else base_v
        self.engine.command(
            f"{PROBE}.bus1={self.engine.names.bus(terminal)} phases={phases}"
            f" kv={voltage_v / 1000!r} kw=0 kvar=0"
        )
        self._generators.Name = "probe"

    def breach(self, power_w: float) -> _Breach | None:
        """What breaks first at this power, None when nothing does."""
        self._generators.kW = power_w / 1000
        self._generators.kvar = 0.0
        outcome = self.engine.solve(load_share=self.moment.load_share, controls=False)
        if outcome is not Outcome.SOLVED:
            self.engine.recover()
            return _Breach("convergence", "the whole feeder", power_w, power_w)
        return next(self._breaches(), None)

    def _breaches(self) -> Iterator[_Breach]:
        limits, base = self._limits, self._base
        volts = self.engine.solved_pu
        yield from self._worst(
            "over-voltage", volts - limits.voltage_high_pu,
            (volts > limits.voltage_high_pu) & (volts > base + limits.material_pu),
            volts, np.full_like(volts, limits.voltage_high_pu),
        )  # fmt: skip
        yield from self._worst(
            "under-voltage", self._low - volts,
            self._alive & (volts < self._low) & (volts < base - limits.material_pu),
            volts, self._low,
        )  # fmt: skip
        change = np.where(self._alive, np.abs(volts / np.maximum(base, 0.1) - 1) * 100, 0.0)
        yield from self._worst(
            "voltage change", change - self._change, change > self._change, change, self._change
        )
        loading = self.engine.loadings_pct()
        over = loading - limits.loading_pct
        broken = self._judged & (over > 0) & (loading > self._base_loading + limits.material_pct)
        if broken.any():
            at = int(np.argmax(np.where(broken, over, -np.inf)))
            name = self.engine.branches[at][1]
            yield _Breach("thermal", name, float(loading[at]), limits.loading_pct)
        head_w, _ = self.engine.head()
        if limits.reverse_w is not None and head_w < -limits.reverse_w:
            yield _Breach("reverse flow", "the feeder's head", -head_w, limits.reverse_w)

    def _worst(
        self,
        criterion: str,
        excess: np.ndarray,
        broken: np.ndarray,
        values: np.ndarray,
        limit: np.ndarray,
    ) -> Iterator[_Breach]:
        if not broken.any():
            return
        at = int(np.argmax(np.where(broken, excess, -np.inf)))
        bus, node = self.engine.nodes[at]
        yield _Breach(criterion, f"{bus}.{node}", float(values[at]), float(limit[at]))

    def is_as_before(self) -> bool:
        """Whether nothing injected gives the stored starting point again."""
        self._generators.kW = 0.0
        self.engine.solve(load_share=self.moment.load_share, controls=False)
        return bool(np.max(np.abs(self.engine.voltages_pu() - self._base)) < SAME_PU)


class HostingFault(RuntimeError):
    """No hosting capacity can be told; the message says why."""


def hosting(
    circuit: Circuit,
    terminals: Sequence[Terminal],
    moments: Sequence[Moment],
    *,
    limits: Limits,
    largest_w: float,
    step_w: float = 10_000.0,
    progress: Callable[[float], None] = lambda _: None,
) -> tuple[Hosting, ...]:
    """The capacity at each terminal, to `step_w`; raises HostingFault when no base is solved."""
    best: dict[Terminal, Hosting] = {}
    for number, moment in enumerate(moments):
        level = _Level(circuit, moment, limits)
        if level.outcome is not Outcome.SOLVED:
            raise HostingFault(f"{moment.name}: {level.outcome.value} without any DER")
        bases_v = level.engine.bases_v()
        for done, terminal in enumerate(terminals):
            level.move_to(terminal, bases_v[terminal.bus])
            bound = best[terminal].capacity_w if terminal in best else largest_w
            found = _at(level, terminal, bound, largest_w, step_w)
            if terminal not in best or found.capacity_w < best[terminal].capacity_w:
                best[terminal] = found
            if not level.is_as_before():
                level = _Level(circuit, moment, limits)
            progress((number + (done + 1) / len(terminals)) / len(moments))
    return tuple(best[terminal] for terminal in terminals)


def _at(
    level: _Level, terminal: Terminal, bound_w: float, largest_w: float, step_w: float
) -> Hosting:
    """Walk up by doubling, then halve; a level can only lower what another allowed."""
    good_w, bad_w, breach = 0.0, 0.0, None
    power_w = min(FIRST_W, bound_w)
    while bad_w == 0.0:
        breach = level.breach(power_w)
        if breach is not None:
            bad_w = power_w
        elif power_w >= bound_w:
            break
        else:
            good_w, power_w = power_w, min(2 * power_w, bound_w)
    while breach is not None and bad_w - good_w > step_w:
        middle_w = (good_w + bad_w) / 2
        at_middle = level.breach(middle_w)
        if at_middle is None:
            good_w = middle_w
        else:
            bad_w, breach = middle_w, at_middle
    if breach is None:
        return Hosting(terminal.bus, terminal.nodes, bound_w, "none", "", None, None, "")
    capacity_w = max(0.0, good_w // step_w * step_w)
    return Hosting(
        terminal.bus, terminal.nodes, capacity_w, breach.criterion, breach.where,
        round(breach.value, 5), round(breach.limit, 5), level.moment.name,
    )  # fmt: skip
