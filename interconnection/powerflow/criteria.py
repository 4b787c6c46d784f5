"""Judging what a power flow found: each criterion with its value, limit, place and verdict (IC-4).

Pure: compares snapshots without and with the DER. What was broken before counts against the DER
only where it makes it worse; what nobody can tell is inconclusive, never a pass.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from interconnection.powerflow.limits import Limits
from interconnection.powerflow.results import NodeVoltage, Snapshot

SQRT3 = 3**0.5
DEAD_PU = 0.1


class Verdict(StrEnum):
    """What a criterion says; `pre_existing` is broken, and not made worse."""

    PASS = "pass"  # noqa: S105  not a word to enter by
    FAIL = "fail"
    PRE_EXISTING = "pre_existing"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True)
class Criterion:
    """One judgement; `value` and `baseline` in the unit of `limit`, None where nothing is known."""

    name: str
    verdict: Verdict
    value: float | None
    limit: float | None
    baseline: float | None
    unit: str
    where: str
    moment: str
    words: str


@dataclass(frozen=True, slots=True)
class Pair:
    """The same moment without and with the DER."""

    moment: str
    without: Snapshot
    with_der: Snapshot


class Judge:
    """Judges pairs by the limits; `base_v` gives each bus its base to neutral."""

    def __init__(self, limits: Limits, base_v: Mapping[str, float]) -> None:
        self._limits = limits
        self._base_v = base_v

    def voltage(self, pair: Pair) -> list[Criterion]:
        """Highest and lowest voltage against range A."""
        if not (pair.without.is_solved and pair.with_der.is_solved):
            return [_undecided("voltage", pair)]
        before = {(v.bus, v.node): v.voltage_pu for v in pair.without.voltages}
        alive = [v for v in pair.with_der.voltages if v.voltage_pu > DEAD_PU]
        return [self._high(pair, alive, before), self._low(pair, alive, before)]

    def _high(
        self, pair: Pair, alive: list[NodeVoltage], before: Mapping[tuple[str, int], float]
    ) -> Criterion:
        limit = self._limits.voltage_high_pu
        worst = max(alive, key=lambda v: v.voltage_pu)
        broken = [v for v in alive if v.voltage_pu > limit]
        worse = [v for v in broken if self._is_worse(v.voltage_pu, before.get((v.bus, v.node)))]
        shown = max(worse, key=lambda v: v.voltage_pu) if worse else worst
        return self._of("highest voltage", pair, shown, limit, before, bool(broken), bool(worse))

    def _low(
        self, pair: Pair, alive: list[NodeVoltage], before: Mapping[tuple[str, int], float]
    ) -> Criterion:
        worst = min(alive, key=lambda v: v.voltage_pu - self._low_limit(v.bus))
        broken = [v for v in alive if v.voltage_pu < self._low_limit(v.bus)]
        worse = [v for v in broken if self._is_worse(-v.voltage_pu, _minus(before, v))]
        shown = min(worse, key=lambda v: v.voltage_pu) if worse else worst
        limit = self._low_limit(shown.bus)
        return self._of("lowest voltage", pair, shown, limit, before, bool(broken), bool(worse))

    def _is_worse(self, value: float, before: float | None) -> bool:
        return before is None or value > before + self._limits.material_pu

    def _low_limit(self, bus: str) -> float:
        is_primary = self._base_v.get(bus, 0.0) * SQRT3 > self._limits.primary_above_v
        limits = self._limits
        return limits.primary_voltage_low_pu if is_primary else limits.voltage_low_pu

    def _of(
        self,
        name: str,
        pair: Pair,
        shown: NodeVoltage,
        limit: float,
        before: Mapping[tuple[str, int], float],
        broken: bool,  # noqa: FBT001
        worse: bool,  # noqa: FBT001
    ) -> Criterion:
        verdict = Verdict.FAIL if worse else Verdict.PRE_EXISTING if broken else Verdict.PASS
        return Criterion(
            name, verdict, shown.voltage_pu, limit, before.get((shown.bus, shown.node)), "pu",
            _place(shown), pair.moment, "",
        )  # fmt: skip

    def loading(self, pair: Pair) -> Criterion:
        """The most loaded element with a known rating; says how many have none."""
        if not (pair.without.is_solved and pair.with_der.is_solved):
            return _undecided("loading", pair)
        limit = self._limits.loading_pct
        before = {(x.kind, x.name): x.loading_pct for x in pair.without.loadings}
        known = [x for x in pair.with_der.loadings if x.loading_pct is not None]
        unknown = len(pair.with_der.loadings) - len(known)
        words = f"{unknown} elements have no rating and cannot be judged." if unknown else ""
        if not known:
            return Criterion(
                "loading", Verdict.INCONCLUSIVE, None, limit, None, "%", "", pair.moment, words
            )
        broken = [x for x in known if (x.loading_pct or 0) > limit]
        worse = [
            x
            for x in broken
            if (x.loading_pct or 0)
            > (before.get((x.kind, x.name)) or 0) + self._limits.material_pct
        ]
        shown = max(worse or known, key=lambda x: x.loading_pct or 0)
        verdict = Verdict.FAIL if worse else Verdict.PRE_EXISTING if broken else Verdict.PASS
        return Criterion(
            "loading", verdict, shown.loading_pct, limit, before.get((shown.kind, shown.name)),
            "%", shown.name, pair.moment, words,
        )  # fmt: skip

    def reverse_flow(self, pair: Pair) -> Criterion:
        """Power back into the substation."""
        if not (pair.without.is_solved and pair.with_der.is_solved):
            return _undecided("reverse flow", pair)
        back_w, before_w = max(0.0, -pair.with_der.head_w), max(0.0, -pair.without.head_w)
        limit = self._limits.reverse_w
        broken = limit is not None and back_w > limit
        worse = broken and back_w > before_w + 1
        verdict = Verdict.FAIL if worse else Verdict.PRE_EXISTING if broken else Verdict.PASS
        words = "" if limit is not None else "This utility sets no limit on reverse flow."
        return Criterion(
            "reverse flow", verdict, back_w, limit, before_w, "W", "feeder head", pair.moment, words
        )

    def unbalance(self, pair: Pair) -> Criterion:
        """Greatest deviation from the mean of the phases' magnitudes (NEMA), three-phase buses."""
        if not (pair.without.is_solved and pair.with_der.is_solved):
            return _undecided("unbalance", pair)
        before, after = _unbalances(pair.without.voltages), _unbalances(pair.with_der.voltages)
        if not after:
            return Criterion(
                "unbalance", Verdict.PASS, None, self._limits.unbalance_pct, None, "%", "",
                pair.moment, "No bus has three phases.",
            )  # fmt: skip
        limit = self._limits.unbalance_pct
        broken = {bus: pct for bus, pct in after.items() if pct > limit}
        worse = {b: p for b, p in broken.items() if p > before.get(b, 0.0) + 0.05}
        where = max(worse or after, key=lambda bus: after[bus])
        verdict = Verdict.FAIL if worse else Verdict.PRE_EXISTING if broken else Verdict.PASS
        return Criterion(
            "unbalance", verdict, round(after[where], 4), limit, before.get(where), "%", where,
            pair.moment, "",
        )  # fmt: skip

    def change(self, moment: str, settled: Snapshot, tripped: Snapshot) -> Criterion:
        """How far voltages jump when the DER trips and no control has moved yet."""
        if not (settled.is_solved and tripped.is_solved):
            return _undecided("voltage change", Pair(moment, settled, tripped))
        limits = self._limits
        before = {(v.bus, v.node): v.voltage_pu for v in settled.voltages}
        worst, ratio = None, -1.0
        for v in tripped.voltages:
            held = before[v.bus, v.node]
            if held < DEAD_PU:
                continue
            is_primary = self._base_v.get(v.bus, 0.0) * SQRT3 > limits.primary_above_v
            limit = limits.voltage_change_pct if is_primary else limits.low_voltage_change_pct
            jump = abs(v.voltage_pu / held - 1) * 100
            if jump / limit > ratio:
                ratio, worst = jump / limit, (v, jump, limit)
        if worst is None:
            return _undecided("voltage change", Pair(moment, settled, tripped))
        at, jump, limit = worst
        verdict = Verdict.FAIL if jump > limit else Verdict.PASS
        return Criterion(
            "voltage change", verdict, round(jump, 4), limit, None, "%", _place(at), moment,
            "When the DER trips, before regulators and capacitors move.",
        )  # fmt: skip


def verdict_of(criteria: Iterable[Criterion]) -> Verdict:
    """Fail before inconclusive before pass: nothing unknown is ever a pass."""
    verdicts = {criterion.verdict for criterion in criteria}
    for verdict in (Verdict.FAIL, Verdict.INCONCLUSIVE):
        if verdict in verdicts:
            return verdict
    return Verdict.PASS if verdicts else Verdict.INCONCLUSIVE


def _minus(before: Mapping[tuple[str, int], float], v: NodeVoltage) -> float | None:
    held = before.get((v.bus, v.node))
    return None if held is None else -held


def _place(voltage: NodeVoltage) -> str:
    return f"{voltage.bus} phase {'?ABC'[voltage.node] if voltage.node < 4 else voltage.node}"


def _undecided(name: str, pair: Pair) -> Criterion:
    failed = pair.without if not pair.without.is_solved else pair.with_der
    which = "without" if failed is pair.without else "with"
    words = f"{failed.outcome.value.replace('_', ' ')} {which} the DER. {failed.words}".strip()
    return Criterion(
        name,
        Verdict.INCONCLUSIVE,
        None,
        None,
        None,
        "",
        "",
        pair.moment,
        words[0].upper() + words[1:],
    )


def _unbalances(voltages: Iterable[NodeVoltage]) -> dict[str, float]:
    by_bus: dict[str, list[float]] = {}
    for v in voltages:
        if v.node in {1, 2, 3} and v.voltage_pu > DEAD_PU:
            by_bus.setdefault(v.bus, []).append(v.voltage_pu)
    return {
        bus: max(abs(pu - sum(three) / 3) for pu in three) / (sum(three) / 3) * 100
        for bus, three in by_bus.items()
        if len(three) == 3
    }
