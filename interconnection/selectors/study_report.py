"""A study on paper: the same words, plots and tables as its page (IC-4)."""

from collections.abc import Iterator, Mapping
from math import isfinite

from django.utils import timezone

from derms.lib.letters import Block, Facts, Heading, Letter, Plot, Series, Table, Text
from interconnection.models import Study
from interconnection.powerflow.criteria import Criterion
from interconnection.powerflow.limits import Limits
from interconnection.powerflow.results import Snapshot
from interconnection.powerflow.task import Scenario, StudyResult
from interconnection.selectors.study_picture import MARKS, scenario_views
from interconnection.selectors.year_picture import year_view
from interconnection.statuses import StudyKind

MOST_DOTS, MOST_ROWS, CURVE_POINTS = 600, 40, 200
UTILITY = "Interconnection engineering"


def heading(study: Study) -> str:
    """What the study is called on its page and on paper."""
    if study.kind == StudyKind.APPLICATION and study.application is not None:
        return f"Study {study.pk} of {study.application.reference}"
    title = f": {study.title}" if study.title else f" of {study.version.name}"
    return f"{study.get_kind_display()} {study.pk}{title}"


def study_letter(study: Study, result: StudyResult, distances_m: Mapping[str, float]) -> Letter:
    ended = timezone.localtime(study.ended_at) if study.ended_at else None
    return Letter(
        title=heading(study),
        sender=UTILITY,
        sender_lines=(),
        recipient_lines=(),
        date=f"{ended:%Y-%m-%d %H:%M}" if ended else "",
        reference=str(study.version),
        blocks=tuple(_blocks(study, result, distances_m)),
    )


def _blocks(study: Study, result: StudyResult, distances_m: Mapping[str, float]) -> Iterator[Block]:
    yield Facts(
        (
            ("Verdict", f"{MARKS[result.verdict][1]}, with the DER at {result.mode}"),
            ("Network", f"{study.version}, {study.version.buses} buses, "
                        f"from {study.version.source_name}"),
            ("Model", study.version.circuit_sha256[:16]),
            ("Engine", result.engine),
            ("Asked for", f"by {study.requested_by}"),
        )
    )  # fmt: skip
    if result.hosting is not None:
        found = result.hosting
        binds = f"; {found.binding} at {found.where} binds first" if found.where else ""
        yield Heading("Room at this point")
        yield Text(f"Bus {found.bus} can host {found.capacity_w / 1000:,.0f} kW{binds}.")
    limits = Limits()
    bounds = (limits.primary_voltage_low_pu, limits.voltage_high_pu)
    for view in scenario_views(result, distances_m, bounds):
        yield Heading(view.title)
        yield from _profile(view.scenario, distances_m, bounds)
        yield Table(
            ("Criterion", "Result", "With", "Limit", "Without", "Unit", "Where"),
            [_criterion(row.criterion, row.word) for row in view.rows],
            frozenset({2, 3, 4}),
        )
    yield from _year(result)
    yield Heading("What was assumed")
    yield Text("\n\n".join(study.assumptions) or "Nothing: every figure is as recorded.")


def _criterion(found: Criterion, word: str) -> tuple[str, ...]:
    figures = (found.value, found.limit, found.baseline)
    shown = (f"{figure:.3f}" if figure is not None else "–" for figure in figures)
    return (found.name.capitalize(), word, *shown, found.unit, found.where)


def _profile(
    scenario: Scenario, distances_m: Mapping[str, float], bounds: tuple[float, float]
) -> Iterator[Block]:
    without, with_der = scenario.without, scenario.with_der
    if not (without.is_solved and with_der.is_solved):
        yield Text(f"No voltages: {with_der.words or without.words}")
        return
    yield Plot(
        "Voltage along the feeder",
        (
            Series("without the DER", _dots(without, distances_m), is_filled=False),
            Series("with it", _dots(with_der, distances_m)),
        ),
        "km", "pu", bounds,
    )  # fmt: skip
    before = {(v.bus, v.node): v.voltage_pu for v in without.voltages}
    moved = [
        (v, v.voltage_pu - before[v.bus, v.node])
        for v in with_der.voltages
        if v.node in {1, 2, 3} and (v.bus, v.node) in before
    ]
    moved.sort(key=lambda one: -abs(one[1]))
    yield Table(
        ("Bus", "Phase", "km", "Without, pu", "With, pu", "Change, %"),
        [
            (v.bus, "?ABC"[v.node], f"{distances_m.get(v.bus, 0.0) / 1000:.2f}",
             f"{v.voltage_pu - change:.4f}", f"{v.voltage_pu:.4f}", f"{100 * change:+.2f}")
            for v, change in moved[:MOST_ROWS]
        ],
        frozenset({2, 3, 4, 5}),
    )  # fmt: skip
    if len(moved) > MOST_ROWS:
        yield Text(f"The {MOST_ROWS} that change most, of {len(moved)}.", is_small=True)


def _dots(snapshot: Snapshot, distances_m: Mapping[str, float]) -> list[tuple[float, float]]:
    found = [
        (distances_m.get(v.bus, 0.0) / 1000, v.voltage_pu)
        for v in snapshot.voltages
        if v.node in {1, 2, 3} and v.voltage_pu > 0.1
    ]
    if len(found) <= MOST_DOTS:
        return found
    # Extremes are what is looked for: they stay, of the others every so many.
    by_volts = sorted(found, key=lambda dot: dot[1])
    edge = MOST_DOTS // 6
    return [*by_volts[:edge], *by_volts[-edge:], *found[:: len(found) // (4 * edge) + 1]]


def _year(result: StudyResult) -> Iterator[Block]:
    view = year_view(result)
    if view is None or result.year_without is None or result.year_with is None:
        return
    yield Heading("A year in hours")
    curves = []
    for name, year in (("without the DER", result.year_without), ("with it", result.year_with)):
        ordered = sorted(filter(isfinite, year.head_w), reverse=True)
        step = max(1, len(ordered) // CURVE_POINTS)
        points = [(n, ordered[n] / 1000) for n in range(0, len(ordered), step)]
        curves.append(Series(name, points, is_filled=year is result.year_with, is_line=True))
    yield Plot(
        "Duration curve of the feeder's head",
        curves,
        "hours",
        "kW",
        (0.0,),
        "below it power flows back",
    )
    yield Table(
        ("Over the year", "Without", "With the DER"),
        [(row.name, row.without, row.with_der) for row in view.rows],
        frozenset({1, 2}),
    )
    yield Table(
        ("Hours", "At least, without, kW", "At least, with, kW"),
        [
            (f"{row.hours:,}", f"{row.without_w / 1000:,.0f}", f"{row.with_w / 1000:,.0f}")
            for row in view.duration
        ],
        frozenset({0, 1, 2}),
    )
