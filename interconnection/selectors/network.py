"""Questions to the network model: who hangs where, and how much generates there."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db.models import F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Length

from customers.models import UsagePoint
from interconnection.models import (
    DER,
    ApplicationUnit,
    Feeder,
    InterconnectionApplication,
    LineSection,
    ServiceConnection,
)
from interconnection.screening.case import Generation
from interconnection.statuses import APPLICATION_QUEUED

# Units of this voltage are between one leg of a 240 V service and its neutral.
ONE_LEG_UP_TO_V = 150
ON_ONE_LEG = Q(ac_voltage_nominal_rating_v__lte=ONE_LEG_UP_TO_V)


@dataclass(frozen=True, slots=True)
class FeederLoad:
    """What generates on a feeder, and what it may carry."""

    feeder: Feeder
    generation: Generation

    @property
    def capacity_w(self) -> int:
        return self.feeder.hosting_capacity_w or self.feeder.rated_capacity_w

    @property
    def penetration_pct(self) -> float:
        return 100 * self.generation.active_power_w / self.capacity_w if self.capacity_w else 0.0


def connection_of(usage_point: UsagePoint) -> ServiceConnection | None:
    """Transformer, bus, section and feeder of a service point; None when it is not modelled."""
    return (
        ServiceConnection.objects.filter(usage_point=usage_point)
        .select_related("transformer__bus__section__feeder", "transformer__bus__feeder__substation")
        .first()
    )


def sections_to_substation(section: LineSection) -> list[LineSection]:
    """The section and all those it is fed through, the substation's last."""
    by_id = {one.pk: one for one in LineSection.objects.filter(feeder_id=section.feeder_id)}
    path = []
    here: LineSection | None = by_id[section.pk]
    while here is not None:
        path.append(here)
        here = by_id.get(here.upstream_id) if here.upstream_id else None
    return path


def sections_beyond(sections: Iterable[LineSection]) -> dict[int, frozenset[int]]:
    """For each section the sections that its head device feeds, itself included."""
    rows = list(sections)
    beyond: dict[int, set[int]] = {row.pk: {row.pk} for row in rows}
    upstream = {row.pk: row.upstream_id for row in rows}
    for pk, first in upstream.items():
        above = first
        while above is not None:
            beyond[above].add(pk)
            above = upstream[above]
    return {pk: frozenset(fed) for pk, fed in beyond.items()}


def queue_ahead_of(
    application: InterconnectionApplication,
) -> QuerySet[InterconnectionApplication]:
    """Applications that count before this one: completeness decides the place in the queue."""
    queued = queue_behind_all(application)
    if application.complete_at is None:
        return queued
    earlier = Q(complete_at__lt=application.complete_at)
    same_moment = Q(complete_at=application.complete_at, pk__lt=application.pk)
    return queued.filter(earlier | same_moment)


def queue_behind_all(
    besides: InterconnectionApplication | None = None,
) -> QuerySet[InterconnectionApplication]:
    """Every application with a place in the queue: what a newcomer would stand behind."""
    queued = InterconnectionApplication.objects.filter(
        status__in=APPLICATION_QUEUED, complete_at__isnull=False
    )
    return queued.exclude(pk=besides.pk) if besides else queued


def generation_at(
    usage_points: QuerySet[ServiceConnection, int],
    queue: QuerySet[InterconnectionApplication],
) -> Generation:
    """Connected and queued nameplates at these service points (their ids)."""
    connected = DER.objects.filter(
        retired_at__isnull=True, usage_point_id__in=usage_points
    ).aggregate(
        w=Sum("active_power_rating_at_unity_power_factor_w"),
        va=Sum("apparent_power_max_rating_va"),
        leg_va=Sum("apparent_power_max_rating_va", filter=ON_ONE_LEG),
    )
    queued = ApplicationUnit.objects.filter(
        application__in=queue, application__usage_point_id__in=usage_points
    ).aggregate(
        w=Sum("active_power_rating_at_unity_power_factor_w"),
        va=Sum("apparent_power_max_rating_va"),
        leg_va=Sum("apparent_power_max_rating_va", filter=ON_ONE_LEG),
    )
    return Generation(
        connected["w"] or 0,
        queued["w"] or 0,
        connected["va"] or 0,
        queued["va"] or 0,
        (connected["leg_va"] or 0) + (queued["leg_va"] or 0),
    )


def generation_on_phases(
    feeder: Feeder, queue: QuerySet[InterconnectionApplication]
) -> tuple[tuple[str, int], ...]:
    """VA connected and queued behind service transformers of fewer than three phases, by these."""
    points = ServiceConnection.objects.filter(transformer__bus__feeder=feeder).annotate(
        count=Length("transformer__phases")
    )
    phases = Subquery(
        points.filter(usage_point=OuterRef("point"), count__lt=3).values("transformer__phases")[:1]
    )
    found: dict[str, int] = {}
    for rows in (
        DER.objects.filter(retired_at__isnull=True).annotate(point=F("usage_point_id")),
        ApplicationUnit.objects.filter(application__in=queue).annotate(
            point=F("application__usage_point_id")
        ),
    ):
        sums = rows.annotate(phases=phases).filter(phases__isnull=False).values_list("phases")
        for name, va in sums.annotate(va=Sum("apparent_power_max_rating_va")):
            found[name] = found.get(name, 0) + va
    return tuple(sorted(found.items()))


def points_on(**where: object) -> QuerySet[ServiceConnection, int]:
    """Ids of the service points whose connection fits, for example `transformer=...`."""
    return ServiceConnection.objects.filter(**where).values_list("usage_point_id", flat=True)


def feeder_loads() -> list[FeederLoad]:
    """Every feeder with what is connected and queued on it, in two sums for all of them."""
    connected = _by_feeder(
        DER.objects.filter(retired_at__isnull=True), usage_point="usage_point_id"
    )
    queued = _by_feeder(
        ApplicationUnit.objects.filter(
            application__status__in=APPLICATION_QUEUED, application__complete_at__isnull=False
        ),
        usage_point="application__usage_point_id",
    )
    loads = []
    for feeder in Feeder.objects.select_related("substation").order_by("name"):
        there_w, there_va = connected.get(feeder.pk, (0, 0))
        queued_w, queued_va = queued.get(feeder.pk, (0, 0))
        loads.append(FeederLoad(feeder, Generation(there_w, queued_w, there_va, queued_va)))
    return loads


def _by_feeder(
    ratings: QuerySet[DER] | QuerySet[ApplicationUnit], *, usage_point: str
) -> Mapping[int, tuple[int, int]]:
    connection = ServiceConnection.objects.filter(usage_point_id=OuterRef(usage_point))
    sums = (
        ratings.annotate(feeder_id=Subquery(connection.values("transformer__bus__feeder_id")[:1]))
        .values("feeder_id")
        .annotate(
            w=Sum("active_power_rating_at_unity_power_factor_w"),
            va=Sum("apparent_power_max_rating_va"),
        )
    )
    return {row["feeder_id"]: (row["w"], row["va"]) for row in sums}
