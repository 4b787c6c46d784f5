"""The nominal voltage of each bus, carried from the source through lines and windings. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from interconnection.powerflow.circuit import Line, Source, Transformer, Winding

SQRT3 = 3**0.5


def between_phases_v(bank: Transformer, winding: Winding) -> float:
    """A single-phase winding to neutral, or half of a secondary, counts as one of three."""
    if bank.phases == 1 and (0 in winding.terminal.nodes or len(winding.terminal.nodes) == 1):
        return winding.rated_voltage_v * SQRT3
    return winding.rated_voltage_v


def levels_v(
    source: Source, lines: Sequence[Line], transformers: Sequence[Transformer]
) -> dict[str, float]:
    """Between phases, for every bus that the source reaches, open switches included."""
    near: dict[str, list[str]] = {}
    for line in lines:
        one, other = line.sending.bus, line.receiving.bus
        near.setdefault(one, []).append(other)
        near.setdefault(other, []).append(one)
    banks: dict[str, list[Transformer]] = {}
    for bank in transformers:
        for winding in bank.windings:
            banks.setdefault(winding.terminal.bus, []).append(bank)
    found, waiting = {source.bus: source.voltage_v}, [source.bus]
    while waiting:
        here = waiting.pop()
        reached = [(other, found[here]) for other in near.get(here, ())]
        for bank in banks.get(here, ()):
            own = next(w for w in bank.windings if w.terminal.bus == here)
            ratio = found[here] / between_phases_v(bank, own)
            # A winding rated near its bus stands for the nominal voltage, not exactly so.
            exact = 1.0 if 0.9 < ratio < 1.1 else ratio
            reached += [(w.terminal.bus, between_phases_v(bank, w) * exact) for w in bank.windings]
        for bus, level_v in reached:
            if bus not in found:
                found[bus] = level_v
                waiting.append(bus)
    return found
