"""What the screens are told about an application, and what they last said."""

from dataclasses import dataclass, replace

from django.db.models import Prefetch, QuerySet

from customers.models import UsagePoint
from interconnection.models import (
    ApplicationUnit,
    Bus,
    InterconnectionApplication,
    ReviewPolicy,
    ScreeningResult,
    ScreeningRun,
    ScreenOverride,
    ServiceConnection,
)
from interconnection.screening.case import (
    FeederFacts,
    Judgement,
    NonExport,
    PointFacts,
    Proposed,
    ScreeningCase,
    SectionFacts,
    SubstationFacts,
    TransformerFacts,
)
from interconnection.selectors.network import (
    ONE_LEG_UP_TO_V,
    connection_of,
    generation_at,
    generation_on_phases,
    points_on,
    queue_ahead_of,
    sections_beyond,
    sections_to_substation,
)
from interconnection.statuses import (
    Compensation,
    Export,
    OverrideStatus,
    ScreenOutcome,
    Technology,
)

# Below this a bus lies behind a transformer of the feeder.
PRIMARY_FROM_V = 1_000


def screening_case(application: InterconnectionApplication) -> ScreeningCase:
    """The facts as they are now: nameplates, network, connected DER and the queue ahead."""
    case = case_at(
        application.usage_point,
        with_answers(proposed_of(application.units.select_related("equipment")), application),
        queue_ahead_of(application),
    )
    return replace(case, judgements=_judgements(application))


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
            transformer.network_service,
            transformer.network_peak_load_w,
            transformer.primary_connection,
            transformer.is_centre_tapped,
            transformer.secondary_a,
            transformer.secondary_voltage_v,
        ),
        feeder=FeederFacts(
            feeder.name,
            feeder.rated_capacity_w,
            feeder.hosting_capacity_w,
            generation_at(points_on(transformer__bus__feeder=feeder), queue),
            feeder.is_under_tariff,
            generation_on_phases(feeder, queue),
        ),
        point=_point_facts(transformer.bus),
        substation=SubstationFacts(
            feeder.substation.name,
            feeder.substation.stability,
            feeder.substation.transmission_generation_w,
            generation_at(points_on(transformer__bus__feeder__substation=feeder.substation), queue),
        ),
    )


def _point_facts(bus: Bus) -> PointFacts:
    """A bus on low voltage, behind a transformer of the feeder, counts with the feeder's line."""
    voltage_v = bus.nominal_voltage_v
    if voltage_v < PRIMARY_FROM_V:
        voltage_v = bus.feeder.nominal_voltage_v
    return PointFacts(
        f"bus {bus.name}",
        voltage_v,
        bus.distance_m,
        bus.is_mainline,
        bus.fault_current_a,
        bus.ica_static_grid_w,
        bus.ica_operational_w,
        bus.ica_protection_va,
        bus.ground_fault_a,
    )


def _judgements(application: InterconnectionApplication) -> tuple[Judgement, ...]:
    rows = application.findings.select_related("found_by").order_by("pk")
    return tuple(
        Judgement(row.screen, row.is_fine, row.reason, row.found_by.username) for row in rows
    )


def proposed_of(units: QuerySet[ApplicationUnit]) -> Proposed:
    rows = list(units)
    return Proposed(
        sum(unit.active_power_rating_at_unity_power_factor_w for unit in rows),
        sum(unit.apparent_power_max_rating_va for unit in rows),
        any(unit.technology == Technology.BATTERY for unit in rows),
        is_certified=_is_certified(rows),
        one_leg_va=sum(
            unit.apparent_power_max_rating_va
            for unit in rows
            if unit.ac_voltage_nominal_rating_v <= ONE_LEG_UP_TO_V
        ),
    )


def with_answers(proposed: Proposed, application: InterconnectionApplication) -> Proposed:
    """With what the application form asked beside the nameplates."""
    option = application.non_export_by
    return replace(
        proposed,
        tracks_sun=bool(application.tracks_sun),
        is_net_metered=application.compensation == Compensation.NET_METERING,
        non_export=NonExport(option) if option is not None else None,
        export_w=application.export_limit_w
        if application.export_choice == Export.LIMITED
        else None,
    )


def _is_certified(units: list[ApplicationUnit]) -> bool | None:
    """False when the list has withdrawn one; None when a unit names nothing of the list."""
    chosen = [unit.equipment for unit in units]
    if any(one is not None and one.withdrawn_on_date is not None for one in chosen):
        return False
    return None if any(one is None for one in chosen) else True


def overridden_in(run: ScreeningRun) -> frozenset[str]:
    """Codes of the results that two engineers have set aside."""
    confirmed = ScreenOverride.objects.filter(result__run=run, status=OverrideStatus.CONFIRMED)
    return frozenset(confirmed.values_list("result__code", flat=True))


def policy() -> ReviewPolicy:
    """The rules in force; SGIP, and nothing left to the computer, until somebody sets others."""
    return ReviewPolicy.objects.order_by("pk").last() or ReviewPolicy()


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
            minimum_tracking_load_w=section.minimum_tracking_load_w,
            interrupting_rating_a=section.interrupting_rating_a,
            fault_duty_a=section.fault_duty_a,
            primary_wires=section.primary_wires,
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
    overrides: tuple[ScreenOverride, ...] = ()

    @property
    def may_be_overridden(self) -> bool:
        stands = all(one.status == OverrideStatus.DECLINED for one in self.overrides)
        return stands and self.result.outcome in {ScreenOutcome.FAIL, ScreenOutcome.INCONCLUSIVE}


MARKS = {
    "pass": "pass",
    "fail": "fail",
    "inconclusive": "review",
    "not_applicable": "skipped",
    "skipped": "skipped",
}


def screen_views(run: ScreeningRun | None) -> list[ScreenView]:
    """The screens of a run in their order."""
    if run is None:
        return []
    asked = ScreenOverride.objects.select_related("asked_by", "answered_by").order_by("pk")
    return [
        ScreenView(
            result,
            result.get_outcome_display(),
            MARKS[result.outcome],
            _bar(result),
            tuple(result.overrides.all()),
        )
        for result in run.results.order_by("position").prefetch_related(
            Prefetch("overrides", queryset=asked)
        )
    ]


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
