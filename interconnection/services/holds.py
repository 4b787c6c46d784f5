"""Holds: what waits for a network upgrade is looked at again when it is in service (IC-5).

Screens run at once. Where they do not pass, or a study has been the reason, a study is queued and
its end answers: released, or told why not.
"""

from datetime import datetime

from django.db import transaction

from derms.accounts.models import User
from derms.lib.errors import Conflict, DermsError, Refused
from derms.lib.words import Later
from interconnection.explaining import reasons_said
from interconnection.models import (
    Decision,
    InterconnectionApplication,
    NetworkUpgrade,
    Restudy,
    ScreeningRun,
    Study,
)
from interconnection.services.application_studies import request_study
from interconnection.services.decisions import DecidedMeanwhile, lock_for_decision
from interconnection.services.mirroring import mirror
from interconnection.services.screening import run_screens
from interconnection.services.turns import tell
from interconnection.statuses import (
    STUDY_OPEN,
    ApplicationStatus,
    DecisionStatus,
    DecisionVerdict,
    RestudyCause,
    RestudyOutcome,
    ScreenOutcome,
    StudyStatus,
)

PASSES = frozenset({ScreenOutcome.PASS, ScreenOutcome.NOT_APPLICABLE})


class UpgradeNotInService(Refused):
    """What an application is held for has not been built yet."""

    code = "upgrade_not_in_service"


def put_upgrade_in_service(
    *, upgrade: NetworkUpgrade, at: datetime, by: User
) -> list[InterconnectionApplication]:
    """Record that the work is done and look at all that waited; those released at once."""
    with transaction.atomic():
        upgrade = NetworkUpgrade.objects.select_for_update().get(pk=upgrade.pk)
        if upgrade.in_service_at is not None:
            raise Conflict(f"{upgrade} is already in service. Reload the page.")
        upgrade.in_service_at = at
        upgrade.save(update_fields=["in_service_at"])
        waiting = InterconnectionApplication.objects.filter(
            status=ApplicationStatus.HELD,
            decisions__upgrade=upgrade,
            decisions__status=DecisionStatus.CONFIRMED,
        ).distinct()
        held = [one for one in waiting.order_by("complete_at", "pk") if _waits_for(one, upgrade)]
        marks = [_look_again(lock_for_decision(one), upgrade, at=at, by=by) for one in held]
        return [one.application for one in marks if one.outcome == RestudyOutcome.RELEASED]


def answer_restudies(*, at: datetime, by: str = "computer") -> int:
    """Release, or tell why not, what waited for a study that has ended; how many."""
    waiting = Restudy.objects.filter(
        cause=RestudyCause.UPGRADE, outcome=RestudyOutcome.OPEN, study__isnull=False
    ).exclude(study__status__in=sorted(STUDY_OPEN))
    count = 0
    for pk in waiting.order_by("marked_at", "pk").values_list("pk", flat=True):
        with transaction.atomic():
            mark = (
                Restudy.objects.select_for_update(of=("self",), skip_locked=True)
                .select_related("upgrade", "study")
                .filter(pk=pk, outcome=RestudyOutcome.OPEN)
                .first()
            )
            if mark is not None:
                _answer(mark, at=at, by=by)
                count += 1
    return count


def return_from_hold(
    *, application: InterconnectionApplication, at: datetime, by: User
) -> InterconnectionApplication:
    """Take an application up again, with new screens, once its upgrade is in service."""
    with transaction.atomic():
        application = lock_for_decision(application)
        if application.status != ApplicationStatus.HELD:
            raise DecidedMeanwhile(f"{application} is not on hold any more. Reload the page.")
        upgrade = hold_of(application).upgrade
        if upgrade is None or upgrade.in_service_at is None:
            raise UpgradeNotInService(
                f"{application} waits for {upgrade}, which is not in service yet. "
                "Record it as in service first."
            )
        _release(application, upgrade, at=at, by=by.username)
        application.restudies.filter(upgrade=upgrade, outcome=RestudyOutcome.OPEN).update(
            outcome=RestudyOutcome.RELEASED, words=f"Taken up again by {by}.", answered_at=at
        )
        run_screens(application=application, at=at, by=by.username)
    return application


def hold_of(application: InterconnectionApplication) -> Decision:
    """The confirmed hold that an application on hold waits under."""
    return (
        application.decisions.filter(verdict=DecisionVerdict.HOLD, status=DecisionStatus.CONFIRMED)
        .select_related("upgrade")
        .latest("answered_at")
    )


def _waits_for(application: InterconnectionApplication, upgrade: NetworkUpgrade) -> bool:
    return hold_of(application).upgrade_id == upgrade.pk


def _look_again(
    application: InterconnectionApplication, upgrade: NetworkUpgrade, *, at: datetime, by: User
) -> Restudy:
    run = run_screens(application=application, at=at, by=by.username)
    mark = Restudy(
        application=application,
        cause=RestudyCause.UPGRADE,
        upgrade=upgrade,
        marked_at=at,
        marked_by=by.username,
    )
    was_studied = Study.objects.filter(application=application, status=StudyStatus.DONE).exists()
    if run.standing in PASSES and not was_studied:
        _release(application, upgrade, at=at, by=by.username)
        return _close(mark, RestudyOutcome.RELEASED, "All screens pass.", at=at)
    try:
        with transaction.atomic():
            mark.study = request_study(application=application, at=at, by=by.username)
    except DermsError as error:
        why = f"{_not_passed(run)} A study could not be run: {error.message}"
        _tell_why_not(application, upgrade, why, at=at)
        return _close(mark, RestudyOutcome.STILL_HELD, why, at=at)
    mark.words = f"{_not_passed(run)} A study is queued."
    mark.save()
    return mark


def _answer(mark: Restudy, *, at: datetime, by: str) -> None:
    application = lock_for_decision(mark.application)
    upgrade, study = mark.upgrade, mark.study
    if upgrade is None or study is None or application.status != ApplicationStatus.HELD:
        _close(mark, RestudyOutcome.DONE, "It was not on hold any more.", at=at)
    elif study.status == StudyStatus.DONE and study.verdict == ScreenOutcome.PASS:
        _release(application, upgrade, at=at, by=by)
        _close(mark, RestudyOutcome.RELEASED, f"{study} passes.", at=at)
    else:
        found = study.failure or f"its verdict is {study.verdict or study.status}"
        why = f"Study {study.pk} does not release it: {found}"
        _tell_why_not(application, upgrade, why, at=at)
        _close(mark, RestudyOutcome.STILL_HELD, why, at=at)


def _release(
    application: InterconnectionApplication, upgrade: NetworkUpgrade, *, at: datetime, by: str
) -> None:
    application.move(ApplicationStatus.IN_REVIEW, at=at, by=by, reason=f"{upgrade} is in service")
    mirror(application, at=at, by=by)
    tell(application, "application_resumed", at=at, upgrade=upgrade.name)


def _tell_why_not(
    application: InterconnectionApplication, upgrade: NetworkUpgrade, why: str, *, at: datetime
) -> None:
    tell(
        application,
        "application_still_held",
        at=at,
        upgrade=upgrade.name,
        reasons=Later(lambda: reasons_said(why)),
    )


def _close(mark: Restudy, outcome: RestudyOutcome, words: str, *, at: datetime) -> Restudy:
    mark.outcome, mark.words, mark.answered_at = outcome, words, at
    mark.save()
    return mark


def _not_passed(run: ScreeningRun) -> str:
    if run.standing in PASSES:
        return "All screens pass."
    titles = [
        result.title
        for result in run.results.order_by("position")
        if result.outcome in {ScreenOutcome.FAIL, ScreenOutcome.INCONCLUSIVE}
    ]
    return f"Not passed: {', '.join(titles)}."
