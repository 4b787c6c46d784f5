"""Two plans, or two capacity maps, of one feeder side by side (IC-9)."""

from dataclasses import dataclass

from derms.lib.errors import InvalidInput
from interconnection.models import Study
from interconnection.powerflow.criteria import Criterion
from interconnection.powerflow.results import Hosting
from interconnection.selectors.capacity_picture import CapacityPicture
from interconnection.selectors.planning import planning_studies
from interconnection.selectors.study_page import pictures_of
from interconnection.selectors.study_picture import Row, ScenarioView
from interconnection.statuses import StudyKind, StudyStatus


@dataclass(frozen=True, slots=True)
class Line:
    """One criterion in both; shares are in % of the limit, None where there is none."""

    scenario: str
    name: str
    unit: str
    limit: float | None
    one: Row | None
    other: Row | None
    one_pct: float | None
    other_pct: float | None


@dataclass(frozen=True, slots=True)
class BusLine:
    """What a bus could host in both, in W; None where a map does not have it."""

    bus: str
    one: Hosting | None
    other: Hosting | None

    @property
    def change_w(self) -> float | None:
        if self.one is None or self.other is None:
            return None
        return self.other.capacity_w - self.one.capacity_w


@dataclass(frozen=True, slots=True)
class Comparison:
    """Criteria and profiles of two plans, or the buses of two maps; never both."""

    one: Study
    other: Study
    lines: tuple[Line, ...] = ()
    views: tuple[tuple[ScenarioView, ScenarioView | None], ...] = ()
    buses: tuple[BusLine, ...] = ()
    maps: tuple[CapacityPicture, CapacityPicture] | None = None


def comparable(name: str) -> list[Study]:
    """Maps and what-ifs of a feeder that have a result, newest first."""
    done = planning_studies(name).filter(status=StudyStatus.DONE)
    return list(done.defer("task", "result", "version__circuit"))


def compare(name: str, first: str, second: str) -> Comparison:
    """Raises InvalidInput in words for what is not two of a kind."""
    known = {str(study.pk): study for study in comparable(name)}
    one, other = known.get(first), known.get(second)
    if one is None or other is None or one.pk == other.pk:
        raise _refused("Choose two different ones of the list: both with a result.")
    if one.kind != other.kind:
        raise _refused("A map is compared with a map, a plan with a plan.")
    if one.kind == StudyKind.CAPACITY:
        return _maps(one, other)
    return _plans(one, other)


def _plans(one: Study, other: Study) -> Comparison:
    first, second = pictures_of(one).study, pictures_of(other).study
    by_title = {view.title: view for view in (second.views if second else ())}
    pairs = tuple((view, by_title.get(view.title)) for view in (first.views if first else ()))
    lines = tuple(line for pair in pairs for line in _lines(*pair))
    return Comparison(one, other, lines, pairs)


def _lines(one: ScenarioView, other: ScenarioView | None) -> list[Line]:
    rows = {row.criterion.name: row for row in (other.rows if other else ())}
    found = []
    for row in one.rows:
        c, against = row.criterion, rows.get(row.criterion.name)
        found.append(
            Line(
                one.title, c.name, c.unit, c.limit, row, against, _share_pct(c),
                _share_pct(against.criterion) if against else None,
            )
        )  # fmt: skip
    return found


def _share_pct(c: Criterion) -> float | None:
    """How much of what is allowed is used; a voltage by its distance from nominal."""
    if c.value is None or not c.limit:
        return None
    if c.unit == "pu" and c.limit != 1.0:
        return max(0.0, 100 * (c.value - 1) / (c.limit - 1))
    return max(0.0, 100 * c.value / c.limit)


def _maps(one: Study, other: Study) -> Comparison:
    first, second = pictures_of(one).capacity, pictures_of(other).capacity
    if first is None or second is None:
        raise _refused("One of them has no map any more. Make it anew.")
    a, b = ({point.bus: point for point in picture.rows} for picture in (first, second))
    buses = [BusLine(bus, a.get(bus), b.get(bus)) for bus in dict.fromkeys((*a, *b))]
    buses.sort(key=lambda line: (-abs(line.change_w or 0.0), line.bus))
    return Comparison(one, other, buses=tuple(buses), maps=(first, second))


def _refused(words: str) -> InvalidInput:
    return InvalidInput(words, fields={"other": [words]})
