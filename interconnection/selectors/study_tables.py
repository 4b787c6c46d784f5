"""The figures behind a study's pictures, all of them, for a spreadsheet (IC-4, IC-9)."""

from collections.abc import Callable, Iterator, Sequence
from math import isfinite
from operator import itemgetter
from typing import Any

from derms.lib.csv_export import Column
from interconnection.models import Study
from interconnection.powerflow.task import Scenario, StudyResult
from interconnection.selectors.studies import capacity_of, distances_of, result_of, studied_circuit

Sheet = tuple[Sequence[Column[Any]], Iterator[tuple[object, ...]]]


def numbered_columns(*headers: str) -> list[Column[Any]]:
    return [Column(header, itemgetter(place)) for place, header in enumerate(headers)]


def _scenarios(result: StudyResult) -> Iterator[tuple[str, Scenario]]:
    for scenario in result.scenarios:
        yield "usual", scenario
    for scenario in result.contingency:
        yield "alternate", scenario


def criteria(study: Study) -> Sheet | None:
    """Every criterion of every scenario."""
    result = result_of(study)
    if result is None:
        return None
    headers = numbered_columns(
        "Fed from", "Moment", "DER", "Criterion", "Verdict", "With the DER", "Limit", "Without",
        "Unit", "Where", "Note",
    )  # fmt: skip
    rows = (
        (side, one.moment, one.mode, c.name, c.verdict.value, c.value, c.limit, c.baseline, c.unit,
         c.where, c.words)
        for side, one in _scenarios(result)
        for c in one.criteria
    )  # fmt: skip
    return headers, rows


def voltages(study: Study) -> Sheet | None:
    """Every conductor of every bus, without and with the DER and after its trip."""
    result = result_of(study)
    if result is None:
        return None
    distances_m = distances_of(studied_circuit(study))
    headers = numbered_columns(
        "Fed from", "Moment", "DER", "Bus", "Conductor", "Distance, m", "Without, pu",
        "With the DER, pu", "After its trip, pu",
    )  # fmt: skip
    return headers, (
        (side, one.moment, one.mode, *row)
        for side, one in _scenarios(result)
        for row in _voltages(one, distances_m)
    )


def _voltages(one: Scenario, distances_m: dict[str, float]) -> Iterator[tuple[object, ...]]:
    without = {(v.bus, v.node): v.voltage_pu for v in one.without.voltages}
    tripped = {(v.bus, v.node): v.voltage_pu for v in one.tripped.voltages}
    for v in one.with_der.voltages:
        key = (v.bus, v.node)
        yield (v.bus, v.node, distances_m.get(v.bus), without.get(key), v.voltage_pu,
               tripped.get(key))  # fmt: skip


def loadings(study: Study) -> Sheet | None:
    """Every line and transformer, in A and in % of a rating that is known."""
    result = result_of(study)
    if result is None:
        return None
    headers = numbered_columns(
        "Fed from", "Moment", "DER", "Class", "Element", "Without, A", "With the DER, A",
        "Without, %", "With the DER, %",
    )  # fmt: skip
    return headers, (
        (side, one.moment, one.mode, *row)
        for side, one in _scenarios(result)
        for row in _loadings(one)
    )


def _loadings(one: Scenario) -> Iterator[tuple[object, ...]]:
    before = {(x.kind, x.name): x for x in one.without.loadings}
    for x in one.with_der.loadings:
        was = before.get((x.kind, x.name))
        yield (x.kind, x.name, was and was.current_a, x.current_a, was and was.loading_pct,
               x.loading_pct)  # fmt: skip


def duration(study: Study) -> Sheet | None:
    """What the head delivers, most first: without and with the DER, each in its own order."""
    result = result_of(study)
    if result is None or result.year_without is None or result.year_with is None:
        return None
    curves = [
        sorted(filter(isfinite, year.head_w), reverse=True)
        for year in (result.year_without, result.year_with)
    ]
    headers = numbered_columns("Hours", "Without, W", "With the DER, W")
    pairs = zip(*curves, strict=False)
    return headers, ((hour, *pair) for hour, pair in enumerate(pairs, start=1))


def capacity(study: Study) -> Sheet | None:
    """What each point could host, and what binds."""
    found = capacity_of(study)
    if found is None:
        return None
    headers = numbered_columns(
        "Bus", "Phases", "Capacity, W", "What binds", "Where", "Value", "Limit", "When"
    )
    rows = (
        (p.bus, "".join("?ABC"[n] for n in p.nodes if n in {1, 2, 3}), p.capacity_w, p.binding,
         p.where, p.value, p.limit, p.moment)
        for p in found.points
    )  # fmt: skip
    return headers, rows


TABLES: dict[str, Callable[[Study], Sheet | None]] = {
    "criteria": criteria,
    "voltages": voltages,
    "loadings": loadings,
    "duration": duration,
    "capacity": capacity,
}
