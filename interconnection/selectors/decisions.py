"""What Engineering and Operations have before them: queue, proposals, holds (IC-5)."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import Count, Prefetch, Q, QuerySet

from derms.accounts.models import User
from derms.lib.errors import NotFound
from interconnection.models import (
    Decision,
    Finding,
    InterconnectionApplication,
    NetworkUpgrade,
    Restudy,
    ScreeningResult,
    ScreeningRun,
    ServiceConnection,
    Study,
)
from interconnection.selectors.network import FeederLoad, feeder_loads
from interconnection.selectors.places import Place, open_marks, places
from interconnection.statuses import (
    APPLICATION_QUEUED,
    ApplicationStatus,
    DecisionStatus,
    ScreenOutcome,
    StudyStatus,
)

# The username under which the computer proposes.
COMPUTER = "computer"
ENGINEERING_STATUSES = (
    ApplicationStatus.IN_REVIEW,
    ApplicationStatus.DECISION_PROPOSED,
    ApplicationStatus.HELD,
    ApplicationStatus.APPROVED,
    ApplicationStatus.COMMISSIONING,
)


@dataclass(frozen=True, slots=True)
class Mark:
    """One screen in a strip."""

    outcome: str
    title: str
    words: str


@dataclass(frozen=True, slots=True)
class QueueRow:
    """One application in the engineer's queue; network facts are None outside the model."""

    reference: str
    customer: str
    status: str
    status_label: str
    technologies: str
    active_power_w: int
    feeder: str | None
    penetration_pct: float | None
    transformer: str | None
    others_on_transformer: int
    strip: tuple[Mark, ...]
    complete_at: datetime | None
    place: Place | None
    restudy: str
    is_ready: bool


def reviewed() -> QuerySet[InterconnectionApplication]:
    """Applications that have reached Engineering, whatever became of them."""
    return InterconnectionApplication.objects.filter(complete_at__isnull=False)


def reviewed_application(reference: str) -> InterconnectionApplication:
    found = (
        reviewed()
        .select_related(
            "customer",
            "usage_point__location",
            "agreement__tariff_version__tariff",
            "third_party",
        )
        .filter(reference=reference)
        .first()
    )
    if found is None:
        raise NotFound(f"Engineering has no application {reference}. Check the reference.")
    return found


def queue_counts() -> dict[str, int]:
    """How many applications stand at each of Engineering's steps."""
    rows = reviewed().filter(status__in=ENGINEERING_STATUSES)
    return dict(Counter(rows.values_list("status", flat=True)))


def engineering_queue(status: str) -> list[QueueRow]:
    """Applications at one step, first come first; a fixed number of queries."""
    applications = list(
        reviewed()
        .filter(status=status)
        .select_related("customer")
        .prefetch_related("units", "decisions__proposed_by")
        .order_by("complete_at", "pk")
    )
    connections = _connections(applications)
    loads = {load.feeder.pk: load for load in feeder_loads()}
    shared = _applications_by_transformer()
    strips = _strips(applications)
    standing, marks = places(), open_marks()
    rows = [
        _row(application, connections.get(application.usage_point_id), loads, shared, strips)
        for application in applications
    ]
    return [
        replace(row, place=standing.get(one.pk), restudy=_why_again(marks.get(one.pk, [])))
        for one, row in zip(applications, rows, strict=True)
    ]


def history_of(application: InterconnectionApplication) -> list[dict[str, object]]:
    """Moves, newest first, for the timeline."""
    labels = dict(ApplicationStatus.choices)
    return [
        {
            "at": change.at,
            "who": change.by,
            "what": labels.get(change.new_status, change.new_status),
            "reason": change.reason,
        }
        for change in application.status_changes.order_by("-at", "-pk")
    ]


def decisions_on(application: InterconnectionApplication) -> QuerySet[Decision]:
    return _decisions().filter(application=application).order_by("-proposed_at", "-pk")


def findings_on(application: InterconnectionApplication) -> QuerySet[Finding]:
    """What engineers found out about it, newest first."""
    return application.findings.select_related("found_by").order_by("-pk")


def decisions_by(engineer: User, *, most: int = 8) -> QuerySet[Decision]:
    """The engineer's own latest proposals, with what Operations said."""
    return _decisions().filter(proposed_by=engineer).order_by("-proposed_at", "-pk")[:most]


def open_decisions() -> QuerySet[Decision]:
    """What waits for Operations, longest wait first."""
    return (
        _decisions()
        .filter(status=DecisionStatus.PROPOSED)
        .prefetch_related(
            "application__units",
            Prefetch(
                "screening_run__results", queryset=ScreeningResult.objects.order_by("position")
            ),
        )
        .order_by("proposed_at", "pk")
    )


def decision(pk: int) -> Decision:
    found = _decisions().filter(pk=pk).first()
    if found is None:
        raise NotFound(f"There is no decision {pk}.")
    return found


def upgrades() -> QuerySet[NetworkUpgrade]:
    """Network upgrades with the number of applications that wait for each, planned first."""
    return (
        NetworkUpgrade.objects.select_related("feeder")
        .annotate(
            waiting=Count(
                "holds__application",
                filter=Q(
                    holds__status=DecisionStatus.CONFIRMED,
                    holds__application__status=ApplicationStatus.HELD,
                ),
                distinct=True,
            )
        )
        .order_by("in_service_at", "planned_in_service_date", "pk")
    )


def marks(results: Iterable[ScreeningResult]) -> tuple[Mark, ...]:
    labels = dict(ScreenOutcome.choices)
    return tuple(
        Mark(result.outcome, result.title, f"{result.title}: {labels[result.outcome]}")
        for result in results
    )


def _decisions() -> QuerySet[Decision]:
    return Decision.objects.select_related(
        "application__customer",
        "application__usage_point__location",
        "proposed_by",
        "answered_by",
        "upgrade",
        "screening_run",
    ).prefetch_related("terms")


def _connections(
    applications: Iterable[InterconnectionApplication],
) -> dict[int, ServiceConnection]:
    points = [application.usage_point_id for application in applications]
    rows = ServiceConnection.objects.filter(usage_point_id__in=points)
    return {row.usage_point_id: row for row in rows.select_related("transformer__bus__feeder")}


def _applications_by_transformer() -> Mapping[int, int]:
    """How many open, complete applications hang on each transformer."""
    points = list(
        InterconnectionApplication.objects.filter(
            status__in=APPLICATION_QUEUED, complete_at__isnull=False
        ).values_list("usage_point_id", flat=True)
    )
    rows = ServiceConnection.objects.filter(usage_point_id__in=points)
    place = dict(rows.values_list("usage_point_id", "transformer_id"))
    return Counter(place[point] for point in points if point in place)


def _strips(
    applications: Iterable[InterconnectionApplication],
) -> dict[int, tuple[Mark, ...]]:
    runs = (
        ScreeningRun.objects.filter(application__in=list(applications))
        .order_by("application_id", "-performed_at", "-pk")
        .distinct("application_id")
        .prefetch_related(
            Prefetch("results", queryset=ScreeningResult.objects.order_by("position"))
        )
    )
    return {run.application_id: marks(run.results.all()) for run in runs}


def _row(
    application: InterconnectionApplication,
    connection: ServiceConnection | None,
    loads: Mapping[int, FeederLoad],
    shared: Mapping[int, int],
    strips: Mapping[int, tuple[Mark, ...]],
) -> QueueRow:
    units = list(application.units.all())
    load = loads[connection.transformer.bus.feeder_id] if connection else None
    return QueueRow(
        reference=application.reference,
        customer=application.customer.name,
        status=application.status,
        status_label=application.get_status_display(),
        technologies=" + ".join(sorted({unit.get_technology_display() for unit in units})),
        active_power_w=sum(unit.active_power_rating_at_unity_power_factor_w for unit in units),
        feeder=load.feeder.name if load else None,
        penetration_pct=load.penetration_pct if load else None,
        transformer=connection.transformer.name if connection else None,
        others_on_transformer=shared.get(connection.transformer_id, 1) - 1 if connection else 0,
        strip=strips.get(application.pk, ()),
        complete_at=application.complete_at,
        place=None,
        restudy="",
        is_ready=_is_ready(application),
    )


def _is_ready(application: InterconnectionApplication) -> bool:
    """The computer has found all screens passed, and only Operations is left."""
    return application.status == ApplicationStatus.DECISION_PROPOSED and any(
        one.status == DecisionStatus.PROPOSED and one.proposed_by.username == COMPUTER
        for one in application.decisions.all()
    )


def _why_again(marks: Iterable[Restudy]) -> str:
    """In words for a row of the queue, with how far the study is that the computer has queued."""
    return "; ".join(
        f"{mark.earlier.reference} ahead has gone{_how_far(mark.study)}"
        if mark.earlier
        else f"{mark.upgrade or 'its network model'} is done{_how_far(mark.study)}"
        for mark in marks
    )


def _how_far(study: Study | None) -> str:
    if study is None:
        return ""
    done = f" {study.progress_pct} %" if study.status == StudyStatus.RUNNING else ""
    return f" (study {study.pk} {study.get_status_display().lower()}{done})"
