"""What a study judges by: limits with the rule each comes from (IC-4)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """ANSI C84.1 range A at service voltage and above 600 V, IEEE 1547-2018 7.2.2 rapid change.

    Shares of a base in pu, changes and loadings in %. `reverse_w` is how much may flow back into
    the substation; None asks nothing. A voltage that was outside before counts only when the DER
    makes it worse by more than `material_pu`, a loading by more than `material_pct`.
    """

    voltage_high_pu: float = 1.05
    voltage_low_pu: float = 0.95
    primary_voltage_low_pu: float = 0.975
    primary_above_v: float = 600.0
    voltage_change_pct: float = 3.0
    low_voltage_change_pct: float = 5.0
    loading_pct: float = 100.0
    unbalance_pct: float = 3.0
    reverse_w: float | None = None
    material_pu: float = 0.001
    material_pct: float = 0.1


@dataclass(frozen=True, slots=True)
class Moment:
    """A load level the study looks at; `load_share` is of the loads as modelled (the peak)."""

    name: str
    load_share: float
    generation_share: float = 1.0


PEAK = Moment("Peak load", 1.0)
