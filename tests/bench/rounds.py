"""Rounds that alternate, so that a busy machine does not favour one side."""

import statistics
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Rate:
    """What one round of one variant did."""

    done: int
    cpu_s: float
    wall_s: float

    @property
    def per_cpu_s(self) -> float:
        return self.done / self.cpu_s

    @property
    def cost_us(self) -> float:
        return 1e6 * self.cpu_s / self.done


Rates = dict[str, list[Rate]]


def alternate(variants: Mapping[str, Callable[[], Rate]], rounds: int, what: str) -> Rates:
    """Run every variant once in each round, every second round in the opposite order."""
    rates: Rates = {name: [] for name in variants}
    for number in range(rounds):
        names = list(variants) if number % 2 == 0 else list(variants)[::-1]
        for name in names:
            rate = variants[name]()
            rates[name].append(rate)
            print(
                f"{what}, round {number + 1}, {name}: {rate.done:,} in {rate.wall_s:.1f} s, "
                f"{rate.cpu_s:.2f} s of CPU: {rate.per_cpu_s:,.0f} per CPU-second",
                flush=True,
            )
    return rates


def median(rates: Iterable[Rate]) -> float:
    return statistics.median(rate.per_cpu_s for rate in rates)


def ratio(ours: list[Rate], theirs: list[Rate]) -> tuple[float, tuple[float, float]]:
    """The median of the rounds' own ratios, and the lowest and highest of them."""
    ratios = [a.per_cpu_s / b.per_cpu_s for a, b in zip(ours, theirs, strict=True)]
    return statistics.median(ratios), (min(ratios), max(ratios))


def percentile(values: Iterable[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
