"""Applications to look at again: one ahead of them has gone, or their upgrade is done (IC-1)."""

from datetime import datetime

from django.db.models import Q

from derms.lib.jobs import run_after_commit
from interconnection.models import InterconnectionApplication, Restudy
from interconnection.selectors.network import connection_of, points_on
from interconnection.statuses import STUDY_OPEN, ApplicationStatus, RestudyCause, RestudyOutcome

# What is decided stands; these are still to be decided.
UNDECIDED = (
    ApplicationStatus.IN_REVIEW,
    ApplicationStatus.DECISION_PROPOSED,
    ApplicationStatus.HELD,
)


def mark_those_behind(
    application: InterconnectionApplication, *, at: datetime, by: str
) -> list[Restudy]:
    """Mark who is studied with this application ahead, on its feeder; called when it has gone."""
    connection = connection_of(application.usage_point)
    if application.complete_at is None or connection is None:
        return []
    feeder = connection.transformer.bus.feeder
    behind = InterconnectionApplication.objects.filter(
        Q(complete_at__gt=application.complete_at)
        | Q(complete_at=application.complete_at, pk__gt=application.pk),
        status__in=UNDECIDED,
        usage_point_id__in=points_on(transformer__bus__feeder=feeder),
    )
    run_after_commit("interconnection.tasks.study_again")
    return Restudy.objects.bulk_create(
        [
            Restudy(
                application=one,
                cause=RestudyCause.AHEAD,
                earlier=application,
                marked_at=at,
                marked_by=by,
            )
            for one in behind.order_by("complete_at", "pk")
        ]
    )


def close_marks(application: InterconnectionApplication, *, at: datetime) -> None:
    """The screens have run on the queue as it is; what waits for a study is looked at after it."""
    marks = application.restudies.filter(
        cause__in=(RestudyCause.AHEAD, RestudyCause.NETWORK), outcome=RestudyOutcome.OPEN
    )
    marks.exclude(study__status__in=STUDY_OPEN).update(
        outcome=RestudyOutcome.DONE, answered_at=at, words="The screens have run again."
    )
