"""What the screens are told about an application, and what they last said."""

from django.db.models import QuerySet

from interconnection.models import (
    ApplicationUnit,
    InterconnectionApplication,
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
from interconnection.statuses import Technology


def screening_case(application: InterconnectionApplication) -> ScreeningCase:
    """The facts as they are now: nameplates, network, connected DER and the queue ahead."""
    proposed = proposed_of(application.units.all())
    connection = connection_of(application.usage_point)
    if connection is None:
        return ScreeningCase(proposed)
    queue = queue_ahead_of(application)
    transformer = connection.transformer
    feeder = transformer.bus.feeder
    return ScreeningCase(
        proposed=proposed,
        sections=_section_facts(connection, application),
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
    connection: ServiceConnection, application: InterconnectionApplication
) -> tuple[SectionFacts, ...]:
    path = sections_to_substation(connection.transformer.bus.section)
    beyond = sections_beyond(connection.transformer.bus.feeder.sections.all())
    queue = queue_ahead_of(application)
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
