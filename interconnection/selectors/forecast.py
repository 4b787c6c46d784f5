"""Planned construction, and what feeders will carry in 30 and 60 days (IC-8)."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import OuterRef, Prefetch, QuerySet, Subquery, Sum
from django.utils import timezone

from interconnection.models import (
    DER,
    ConstructionPlan,
    Feeder,
    ForecastShift,
    InterconnectionApplication,
    ServiceConnection,
)
from interconnection.screening.coming import Forecast, Project, Stated, Watts, forecast
from interconnection.statuses import APPLICATION_COMING


@dataclass(frozen=True, slots=True)
class FeederForecast:
    """One feeder and its days; projects by their references."""

    feeder: Feeder
    forecast: Forecast
    projects: tuple[Project, ...]

    @property
    def capacity_w(self) -> int:
        return self.feeder.hosting_capacity_w or self.feeder.rated_capacity_w


def coming_applications(
    feeders: Iterable[Feeder] | None = None,
) -> QuerySet[InterconnectionApplication]:
    """Approved and without permission to operate, with units and what was stated of them."""
    place = ServiceConnection.objects.filter(usage_point_id=OuterRef("usage_point_id"))
    coming = InterconnectionApplication.objects.filter(status__in=APPLICATION_COMING).annotate(
        feeder_id=Subquery(place.values("transformer__bus__feeder_id")[:1])
    )
    if feeders is not None:
        coming = coming.filter(feeder_id__in=[one.pk for one in feeders])
    return (
        coming.select_related("customer", "usage_point__location")
        .prefetch_related(
            "units",
            Prefetch("construction_plans", ConstructionPlan.objects.order_by("pk")),
        )
        .order_by("reference")
    )


def feeder_id_of(application: InterconnectionApplication) -> int | None:
    """Of a row of `coming_applications`; None where the service point is on no feeder."""
    found = vars(application).get("feeder_id")
    return found if isinstance(found, int) else None


def feeder_of(application: InterconnectionApplication) -> Feeder | None:
    """Of a row of `coming_applications`."""
    feeder_id = feeder_id_of(application)
    return None if feeder_id is None else Feeder.objects.get(pk=feeder_id)


def project_of(application: InterconnectionApplication) -> Project:
    """Of a row of `coming_applications`; until a plan is stated, the date applied for holds."""
    power_w: dict[str, int] = defaultdict(int)
    for unit in application.units.all():
        power_w[str(unit.technology)] += unit.active_power_rating_at_unity_power_factor_w
    stated = [
        Stated(timezone.localdate(plan.stated_at), plan.finishes_on)
        for plan in application.construction_plans.all()
    ]
    applied_for = application.planned_in_service_date
    if applied_for is not None and application.submitted_at is not None:
        stated.insert(0, Stated(timezone.localdate(application.submitted_at), applied_for))
    return Project(application.reference, dict(power_w), tuple(stated))


def feeder_forecasts(today: date, feeders: Iterable[Feeder] | None = None) -> list[FeederForecast]:
    """Every feeder by name, or these; three questions however many there are."""
    wanted = list(Feeder.objects.order_by("name")) if feeders is None else list(feeders)
    connected = _connected(wanted)
    projects: dict[int | None, list[Project]] = defaultdict(list)
    for application in coming_applications(wanted):
        projects[feeder_id_of(application)].append(project_of(application))
    return [
        FeederForecast(
            one,
            forecast(connected[one.pk], projects[one.pk], today=today),
            tuple(projects[one.pk]),
        )
        for one in wanted
    ]


def shifts() -> QuerySet[ForecastShift]:
    """What moved forecasts, newest first."""
    return ForecastShift.objects.select_related("application", "feeder").order_by("-pk")


def unseen_shifts() -> QuerySet[ForecastShift]:
    return shifts().filter(seen_at=None)


def _connected(feeders: Iterable[Feeder]) -> dict[int, Watts]:
    place = ServiceConnection.objects.filter(usage_point_id=OuterRef("usage_point_id"))
    rows = (
        DER.objects.filter(retired_at__isnull=True)
        .annotate(feeder_id=Subquery(place.values("transformer__bus__feeder_id")[:1]))
        .filter(feeder_id__in=[one.pk for one in feeders])
        .values("feeder_id", "technology")
        .annotate(power_w=Sum("active_power_rating_at_unity_power_factor_w"))
    )
    found: dict[int, dict[str, int]] = defaultdict(dict)
    for row in rows:
        found[row["feeder_id"]][row["technology"]] = row["power_w"]
    return {one.pk: found[one.pk] for one in feeders}
