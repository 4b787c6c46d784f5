"""What the screens are told about an application, and what they last said."""

from dataclasses import dataclass

from django.db.models import QuerySet

from customers.models import UsagePoint
from interconnection.models import (
    ApplicationUnit,
    InterconnectionApplication,
    ScreeningResult,
    ScreeningRun,
    ServiceConnection,
)
from interconnection.screening.case import (
    FeederFacts,
    Proposed,
    ScreeningCase,
    SectionFacts,
    TransformerFacts,
)
from interconnection.selectors.network import (
    connection_of,
    generation_at,
    points_on,
    queue_ahead_of,
    sections_beyond,
    sections_to_substation,
)
from interconnection.statuses import ScreenOutcome, Technology


def screening_case(application: InterconnectionApplication) -> ScreeningCase:
    """The facts as they are now: nameplates, network, connected DER and the queue ahead."""
    return case_at(
        application.usage_point,
        proposed_of(application.units.all()),
        queue_ahead_of(application),
    )


def case_at(
    usage_point: UsagePoint,
    proposed: Proposed,
    queue: QuerySet[InterconnectionApplication],
) -> ScreeningCase:
    """The same for a size that nobody has applied for yet, behind all of `queue`."""
    connection = connection_of(usage_point)
    if connection is None:
        return ScreeningCase(proposed)
    transformer = connection.transformer
    feeder = transformer.bus.feeder
    return ScreeningCase(
        proposed=proposed,
        sections=_section_facts(connection, queue),
        transformer=TransformerFacts(
            transformer.name,
            transformer.rated_va,
            transformer.phases,
            transformer.connections.count(),
            generation_at(points_on(transformer=transformer), queue),
        ),
        feeder=FeederFacts(
            feeder.name,
            feeder.rated_capacity_w,
            feeder.hosting_capacity_w,
            generation_at(points_on(transformer__bus__feeder=feeder), queue),
        ),
    )


def proposed_of(units: QuerySet[ApplicationUnit]) -> Proposed:
    rows = list(units)
    return Proposed(
        sum(unit.active_power_rating_at_unity_power_factor_w for unit in rows),
        sum(unit.apparent_power_max_rating_va for unit in rows),
        any(unit.technology == Technology.BATTERY for unit in rows),
    )


def latest_run(application: InterconnectionApplication) -> ScreeningRun | None:
    return (
        ScreeningRun.objects.filter(application=application)
        .prefetch_related("results")
        .order_by("-performed_at", "-pk")
        .first()
    )


def _section_facts(
    connection: ServiceConnection, queue: QuerySet[InterconnectionApplication]
) -> tuple[SectionFacts, ...]:
    path = sections_to_substation(connection.transformer.bus.section)
    beyond = sections_beyond(connection.transformer.bus.feeder.sections.all())
    return tuple(
        SectionFacts(
            section.name,
            section.head_device,
            section.peak_load_w,
            section.minimum_load_w,
            section.minimum_daytime_load_w,
            generation_at(
                points_on(transformer__bus__section__in=beyond[section.pk]),
                queue,
            ),
        )
        for section in path
    )


@dataclass(frozen=True, slots=True)
class Bar:
    """A screen as a picture: places in percent of the drawing's width."""

    there_pct: float
    queued_pct: float
    proposed_pct: float
    limit_pct: float

    @property
    def asked_from_pct(self) -> float:
        """Where this application's part begins; a thin part stays visible."""
        return min(self.there_pct + self.queued_pct, 100 - self.proposed_shown_pct)

    @property
    def proposed_shown_pct(self) -> float:
        return max(self.proposed_pct, 0.8)


@dataclass(frozen=True, slots=True)
class ScreenView:
    """One result with its picture; None where there are no figures to draw."""

    result: ScreeningResult
    outcome_label: str
    mark: str
    bar: Bar | None


MARKS = {"pass": "pass", "fail": "fail", "inconclusive": "review", "not_applicable": "skipped"}


def screen_views(run: ScreeningRun | None) -> list[ScreenView]:
    """The screens of a run in their order."""
    if run is None:
        return []
    return [
        ScreenView(result, result.get_outcome_display(), MARKS[result.outcome], _bar(result))
        for result in run.results.order_by("position")
    ]


def largest_size_w(run: ScreeningRun | None) -> int | None:
    """The largest size that passes every screen that applies; None when one is undecided."""
    if run is None:
        return None
    deciding = [r for r in run.results.all() if r.outcome != ScreenOutcome.NOT_APPLICABLE]
    sizes = [r.largest_passing_w for r in deciding if r.largest_passing_w is not None]
    return min(sizes) if sizes and len(sizes) == len(deciding) else None


def _bar(result: ScreeningResult) -> Bar | None:
    if result.value is None or result.limit is None:
        return None
    figures = {one["key"]: one["value"] for one in result.inputs}
    proposed = figures.get("proposed") or 0
    queued = figures.get("queued") or 0
    there = result.value - proposed
    if (figures.get("connected") or 0) + queued + proposed != result.value:
        # Another section decides: its own split is not among the inputs.
        queued = 0
    width = max(result.value, result.limit, 1) * 1.08
    return Bar(
        there_pct=100 * (there - queued) / width,
        queued_pct=100 * queued / width,
        proposed_pct=100 * proposed / width,
        limit_pct=100 * result.limit / width,
    )
