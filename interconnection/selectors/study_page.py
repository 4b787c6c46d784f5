"""What the page of a study shows, worked out once: a result never changes (IC-4)."""

from dataclasses import dataclass, replace
from functools import lru_cache

from interconnection.models import Study
from interconnection.powerflow.limits import Limits
from interconnection.powerflow.results import Snapshot
from interconnection.powerflow.task import Scenario, StudyResult
from interconnection.selectors.network_picture import SingleLine, single_line
from interconnection.selectors.studies import distances_of, result_of, studied_circuit
from interconnection.selectors.study_picture import ScenarioView, scenario_views
from interconnection.selectors.year_picture import YearView, year_view

# Of the studies looked at last, for each process; a view has no voltages, so it is small.
KEPT = 16


@dataclass(frozen=True, slots=True)
class StudyView:
    """The pictures and tables; of `result` only what stands outside of its scenarios."""

    result: StudyResult
    year: YearView | None
    line: SingleLine
    views: tuple[ScenarioView, ...]


class _Key:
    """A study for the cache: equal when its task and its result are."""

    def __init__(self, study: Study) -> None:
        self.study = study
        self._bytes = (bytes(study.task), bytes(study.result or b""))

    def __hash__(self) -> int:
        return hash(self._bytes)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and self._bytes == other._bytes


def study_view(study: Study) -> StudyView | None:
    """None while there is no result, and for a capacity map."""
    return _worked_out(_Key(study)) if study.result is not None else None


@lru_cache(maxsize=KEPT)
def _worked_out(key: _Key) -> StudyView | None:
    result = result_of(key.study)
    if result is None:
        return None
    limits, circuit = Limits(), studied_circuit(key.study)
    distances_m = distances_of(circuit)
    views = scenario_views(
        result, distances_m, (limits.primary_voltage_low_pu, limits.voltage_high_pu)
    )
    return StudyView(
        replace(result, scenarios=(), contingency=()),
        year_view(result),
        single_line(circuit, distances_m),
        tuple(replace(view, scenario=_bare(view.scenario)) for view in views),
    )


def _bare(scenario: Scenario) -> Scenario:
    """Without the thousands of voltages that the pictures are made of."""

    def outline(snapshot: Snapshot) -> Snapshot:
        return replace(snapshot, voltages=(), loadings=())

    return replace(
        scenario,
        without=outline(scenario.without),
        with_der=outline(scenario.with_der),
        tripped=outline(scenario.tripped),
    )
