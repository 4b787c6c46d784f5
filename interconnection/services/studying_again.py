"""Studies that nobody asks for: behind one that has gone, or after the network has come (IC-1).

A mark has at most one study. Marks that come while one runs share the next: the queue is frozen
with each study, so the running one still counts who has gone.
"""

from datetime import datetime

from django.db import transaction

from derms.lib.errors import DermsError
from interconnection.models import InterconnectionApplication, Restudy
from interconnection.selectors.circuits import current_version
from interconnection.selectors.network import connection_of
from interconnection.services.application_studies import StudyUnderWay, request_study
from interconnection.services.screening import SCREENED_IN, run_screens
from interconnection.statuses import STUDY_OPEN, RestudyCause, RestudyOutcome, StudyStatus

COMPUTER = "computer"
BY_COMPUTER = (RestudyCause.AHEAD, RestudyCause.NETWORK)
MOST_AT_ONCE = 50


def study_those_marked(*, at: datetime, by: str = COMPUTER) -> int:
    """Queue a study, with new screens, for each application with a fresh mark; how many."""
    fresh = Restudy.objects.filter(
        cause__in=BY_COMPUTER, outcome=RestudyOutcome.OPEN, study__isnull=True, words="",
        application__status__in=SCREENED_IN,
    ).exclude(application__studies__status__in=STUDY_OPEN)  # fmt: skip
    oldest = fresh.order_by("application__complete_at", "application_id")
    ids = dict.fromkeys(oldest.values_list("application_id", flat=True)[:MOST_AT_ONCE])
    return sum(_study_again(pk, at=at, by=by) for pk in ids)


def settle_studied(*, at: datetime) -> int:
    """Say at each mark what its study has brought; how many."""
    ended = Restudy.objects.filter(
        cause__in=BY_COMPUTER, outcome=RestudyOutcome.OPEN, study__isnull=False, words=""
    ).exclude(study__status__in=STUDY_OPEN)
    count = 0
    for mark in ended.select_related("study").order_by("pk"):
        count += _settle(mark, at=at)
    return count


def _study_again(pk: int, *, at: datetime, by: str) -> bool:
    with transaction.atomic():
        application = (
            InterconnectionApplication.objects.select_for_update(of=("self",), skip_locked=True)
            .select_related("usage_point")
            .filter(pk=pk, status__in=SCREENED_IN)
            .first()
        )
        if application is None:
            return False
        marks = application.restudies.filter(
            cause__in=BY_COMPUTER, outcome=RestudyOutcome.OPEN, study__isnull=True, words=""
        )
        causes = set(marks.values_list("cause", flat=True))
        if not causes:
            return False
        if causes == {RestudyCause.NETWORK} and not _wants_study(application):
            run_screens(application=application, at=at, by=by)  # and closes the mark
            return True
        try:
            with transaction.atomic():
                study = request_study(application=application, at=at, by=by)
        except StudyUnderWay:
            return False  # the next look comes after that one
        except DermsError as error:
            marks.update(words=f"No study was queued: {error.message}"[:2000])
            return False
        marks.update(study=study)
        run_screens(application=application, at=at, by=by)
    return True


def _wants_study(application: InterconnectionApplication) -> bool:
    """Its feeder has a model, and no study of it has ended on that."""
    connection = connection_of(application.usage_point)
    version = current_version(connection.transformer.bus.feeder.name) if connection else None
    done = application.studies.filter(status=StudyStatus.DONE, version=version)
    return version is not None and not done.exists()


def _settle(mark: Restudy, *, at: datetime) -> int:
    """A study without a result leaves the mark open: an engineer has to look."""
    study = mark.study
    if study is None:
        return 0
    open_ones = Restudy.objects.filter(pk=mark.pk, outcome=RestudyOutcome.OPEN)
    if study.status == StudyStatus.DONE:
        words = f"{study} says {study.verdict}."
        return open_ones.update(outcome=RestudyOutcome.DONE, words=words, answered_at=at)
    return open_ones.update(words=f"{study} has no result: {study.failure or study.status}")
