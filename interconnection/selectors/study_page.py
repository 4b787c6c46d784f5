"""What the page of a study shows, worked out once: a result never changes (IC-4)."""

import json
import zlib
from dataclasses import dataclass, replace
from functools import lru_cache

from derms.lib.wire import WireFault, from_data, to_data
from interconnection.models import Study
from interconnection.powerflow.circuit import Circuit
from interconnection.powerflow.limits import Limits
from interconnection.powerflow.results import Snapshot
from interconnection.powerflow.task import CapacityMap, Scenario, StudyResult
from interconnection.selectors.capacity_picture import CapacityPicture, capacity_picture
from interconnection.selectors.network_picture import SingleLine, single_line
from interconnection.selectors.studies import capacity_of, distances_of, result_of, studied_circuit
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


@dataclass(frozen=True, slots=True)
class Pictures:
    """Of a study the one, of a capacity map the other."""

    study: StudyView | None = None
    capacity: CapacityPicture | None = None


def pictures_of(study: Study) -> Pictures:
    """As the worker has kept them; worked out now for a study that is older than that."""
    if study.pictures is not None:
        try:
            return _kept(bytes(study.pictures))
        except WireFault:
            pass  # they were kept by another version of this program
    return pictures(studied_circuit(study), result_of(study), capacity_of(study))


def packed_pictures(study: Study) -> bytes:
    """What a worker keeps of a study that has just got its result."""
    shown = pictures(studied_circuit(study), result_of(study), capacity_of(study))
    return zlib.compress(json.dumps(to_data(shown), separators=(",", ":")).encode())


def pictures(
    circuit: Circuit, result: StudyResult | None, capacity: CapacityMap | None
) -> Pictures:
    """Everything to be drawn; neither of both where there is no result."""
    return Pictures(
        _study_view(circuit, result) if result is not None else None,
        capacity_picture(circuit, capacity) if capacity is not None else None,
    )


@lru_cache(maxsize=KEPT)
def _kept(packed: bytes) -> Pictures:
    return from_data(Pictures, json.loads(zlib.decompress(packed)))


def _study_view(circuit: Circuit, result: StudyResult) -> StudyView:
    limits, distances_m = Limits(), distances_of(circuit)
    views = scenario_views(
        result, distances_m, (limits.primary_voltage_low_pu, limits.voltage_high_pu)
    )
    return StudyView(
        replace(result, scenarios=(), contingency=(), year_without=None, year_with=None),
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
