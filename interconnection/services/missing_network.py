"""What waits for the network: looked at again when a model or missing facts come (IC-2)."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from customers.models import UsagePoint
from derms.lib.jobs import run_after_commit
from interconnection.models import (
    Feeder,
    InterconnectionApplication,
    Restudy,
    ScreeningRun,
    ServiceConnection,
    Study,
)
from interconnection.selectors.network import points_on
from interconnection.services.network import connect_usage_point
from interconnection.services.screening import SCREENED_IN
from interconnection.statuses import RestudyCause, RestudyOutcome, ScreenOutcome, StudyStatus

UNDECIDED = Q(standing__isnull=True) | Q(standing__in=("", ScreenOutcome.INCONCLUSIVE))


def facts_have_come(*, feeders: Iterable[str], at: datetime, by: str) -> int:
    """Those on these feeders whose screens could not be decided; how many are marked."""
    points = points_on(transformer__bus__feeder__name__in=list(feeders))
    return _mark(_screened().filter(UNDECIDED, usage_point_id__in=points), at=at, by=by)


def first_model_has_come(*, feeder: str, at: datetime, by: str) -> int:
    """The same, and who could not be studied although the screens did not pass."""
    points = points_on(transformer__bus__feeder__name=feeder)
    studied = Study.objects.filter(application=OuterRef("pk"), status=StudyStatus.DONE)
    failed = Q(standing=ScreenOutcome.FAIL) & ~Exists(studied)
    return _mark(_screened().filter(UNDECIDED | failed, usage_point_id__in=points), at=at, by=by)


def point_is_connected(*, usage_point: UsagePoint, at: datetime, by: str) -> int:
    """Everything at a service point that the model did not have."""
    return _mark(_screened().filter(usage_point=usage_point), at=at, by=by)


def connect_and_look_again(
    *,
    usage_point: UsagePoint,
    feeder: Feeder,
    phases: str,
    transformer: str,
    bus: str,
    at: datetime,
    by: str,
) -> ServiceConnection:
    """Hang a service point on the model; what waited for that is looked at. Raises Refused."""
    with transaction.atomic():
        made = connect_usage_point(
            usage_point=usage_point, feeder=feeder, phases=phases, transformer=transformer, bus=bus
        )
        point_is_connected(usage_point=usage_point, at=at, by=by)
    return made


def _screened() -> QuerySet[InterconnectionApplication]:
    """In review or on hold, with what their latest screens said taken together."""
    latest = ScreeningRun.objects.filter(application=OuterRef("pk")).order_by(
        "-performed_at", "-pk"
    )
    return InterconnectionApplication.objects.filter(status__in=SCREENED_IN).annotate(
        standing=Subquery(latest.values("standing")[:1])
    )


def _mark(waiting: QuerySet[InterconnectionApplication], *, at: datetime, by: str) -> int:
    marks = Restudy.objects.bulk_create(
        [
            Restudy(application=one, cause=RestudyCause.NETWORK, marked_at=at, marked_by=by)
            for one in waiting.exclude(
                restudies__cause=RestudyCause.NETWORK, restudies__outcome=RestudyOutcome.OPEN
            ).order_by("complete_at", "pk")
        ],
        ignore_conflicts=True,
    )
    if marks:
        run_after_commit("interconnection.tasks.study_again")
    return len(marks)
